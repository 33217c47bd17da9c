/// Rows of the trace, for people and for spreadsheets; and times as an operator writes them. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/trace/trace_query.hpp"

namespace pams::milter::ctl {

/// Within `width` columns; 0: a line a row.
std::string table_of(const std::vector<trace::StatusRow>& rows, std::size_t width);
std::string csv_of(const std::vector<trace::StatusRow>& rows);

/// "2026-11-23T12:00:00Z", "2026-11-23", or how long ago: "1h", "2 weeks".
std::optional<trace::Instant> moment_in(const std::string& text, trace::Instant now);

/// For a mistake in one: `--since ...`.
std::string moment_help(const std::string& option);

}  // namespace pams::milter::ctl
