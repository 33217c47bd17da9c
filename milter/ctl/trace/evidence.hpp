/// `pamsctl trace evidence`: what is known of one message, for an auditor, signed.
#pragma once

#include <string>

#include "milter/config/config.hpp"
#include "milter/trace/trace_query.hpp"

namespace pams::milter::ctl {

/// The three files, the command that proves them, and what to compare; for --help.
std::string evidence_help();

/// Prints the document, unsigned, or with `output` writes it there, signed, with OUTPUT.p7s and OUTPUT.pem
/// beside it. An exit code.
int give_evidence(const Config& config, trace::TraceQuery& query, const std::string& id,
                  const std::string& output);

}  // namespace pams::milter::ctl
