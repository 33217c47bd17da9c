/// Which rules of a header_checks(5) or body_checks(5) table make Postfix write the line that they match to
/// its log. Run on 3.7.11: every action does but IGNORE, DUNNO, OK and DELAY. Read from the table's text,
/// for nobody can guess what a pattern is for. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "milter/mta/postfix/table_name.hpp"

namespace pams::milter::doctor {

struct LoggingRule {
  std::string text;            ///< the rule, on one line
  std::size_t first_line = 0;  ///< in the table's file, from 1; 0 where the rules stand in main.cf
  std::size_t last_line = 0;
};

/// The rules of `table`, whose file (or whose { } in main.cf) holds `content`, that log what they match. Left
/// out are rules for one header field by name that is in `harmless` (names in lower case; one that ends in
/// "-" stands for all that begin so).
std::vector<LoggingRule> logging_rules(const mta::TableName& table, std::string_view content,
                                       const std::vector<std::string>& harmless);

}  // namespace pams::milter::doctor
