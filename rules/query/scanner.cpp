#include "rules/query/scanner.hpp"

#include <algorithm>
#include <cstdint>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "rules/base/text.hpp"
#include "rules/query/complaint.hpp"

namespace pams::query {
namespace {

/// Documents and input methods put other blanks (U+00A0, U+3000) where a typist sees an ordinary one.
std::string with_plain_blanks(std::string_view asked) {
  std::string out(asked);
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(asked.data());
  const auto size = static_cast<std::int32_t>(asked.size());
  for (std::int32_t at = 0; at < size;) {
    const auto begin = at;
    UChar32 character = 0;
    U8_NEXT_OR_FFFD(bytes, at, size, character);
    if (u_isUWhiteSpace(character) != 0) std::fill(out.begin() + begin, out.begin() + at, ' ');
  }
  return out;
}

}  // namespace

Scanner::Scanner(std::string_view asked) : asked_(asked), text_(with_plain_blanks(asked)) {}

bool Scanner::is_at_border() const {
  return is_over() || text_[at_] == ' ' || text_[at_] == '(' || text_[at_] == ')';
}

void Scanner::skip_blanks() {
  while (at_ < text_.size() && text_[at_] == ' ') ++at_;
}

std::string_view Scanner::take_bare() {
  const auto bare = rest().substr(0, rest().find_first_of(" ()\""));
  at_ += bare.size();
  return bare;
}

Result<std::string_view> Scanner::take_quoted() {
  const auto close = text_.find('"', at_ + 1);
  if (close == std::string::npos) return complain(at_, "a closing quote is missing");
  const auto inside = std::string_view(text_).substr(at_ + 1, close - at_ - 1);
  at_ = close + 1;
  return inside;
}

bool Scanner::next_is(std::string_view name) {
  skip_blanks();
  if (!is_at(name)) return false;
  const auto after = at_ + name.size();
  return after == text_.size() || text_[after] == ' ' || text_[after] == '(' || text_[after] == ')';
}

bool Scanner::take(std::string_view name) {
  if (!next_is(name)) return false;
  at_ += name.size();
  return true;
}

tl::unexpected<Error> Scanner::complain(std::size_t at, const std::string& what) const {
  return complaint(asked_, at, what);
}

}  // namespace pams::query
