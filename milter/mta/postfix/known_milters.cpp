#include "milter/mta/postfix/known_milters.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "milter/mta/postfix/postfix_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::mta {
namespace {

constexpr std::array<std::string_view, 3> kSigners{"dkim", "openarc", ":8891"};
constexpr std::array<std::string_view, 2> kRspamd{"rspamd", ":11332"};
constexpr std::array<std::string_view, 6> kScanners{"rspamd", "clam",       "spam",
                                                    "amavis", "mimedefang", ":11332"};

bool is_one_of(const auto& names, std::string_view entry) {
  const auto address = text::to_lower(parse_milter(entry).address);
  return std::ranges::any_of(names, [&](std::string_view name) {
    return name.starts_with(':') ? address.ends_with(name) : address.find(name) != std::string::npos;
  });
}

}  // namespace

bool is_signer(std::string_view milter_entry) { return is_one_of(kSigners, milter_entry); }
bool is_rspamd(std::string_view milter_entry) { return is_one_of(kRspamd, milter_entry); }
bool is_scanner(std::string_view milter_entry) { return is_one_of(kScanners, milter_entry); }

}  // namespace pams::milter::mta
