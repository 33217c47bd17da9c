/// Comma-separated values (RFC 4180: CRLF, quotes doubled), for spreadsheets. Pure.
///
/// A spreadsheet runs a cell that begins with = + - @ as a formula, also one in quotes, and senders choose
/// what stands in a subject. So text that begins with one of these, with a tab, a line break or with ' gets a
/// ' in front. Nothing is lost: a reader takes one ' from the front of a cell that has one. Control
/// characters and broken UTF-8 become \xNN.
#pragma once

#include <string>
#include <vector>

namespace pams::milter {

std::string csv_line(const std::vector<std::string>& cells);

}  // namespace pams::milter
