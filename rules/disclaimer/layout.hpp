/// What exactly is inserted, still as UTF-8: the disclaimer with the line breaks that set it apart from the
/// text beside it. Pure; any thread. Linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rules/base/result.hpp"
#include "rules/disclaimer/disclaimer.hpp"

namespace pams::disclaimer {

struct Insertion {
  std::size_t at = 0;  ///< offset in the part's decoded text
  std::string utf8;
};

/// `text` is what the part says now, in any charset that extends ASCII.
Insertion lay_out_text(std::string_view text, const Disclaimer& disclaimer, bool is_flowed,
                       std::string_view line_end);
/// Failure::Refused when the HTML has no place for it (html_place).
Result<Insertion> lay_out_html(std::string_view html, const Disclaimer& disclaimer,
                               std::string_view line_end);

/// Characters beyond ASCII as "&#8364;".
std::string with_entities(std::string_view utf8);

}  // namespace pams::disclaimer
