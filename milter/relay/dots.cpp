#include "milter/relay/dots.hpp"

namespace pams::milter::relay {

DotReader::State DotReader::next(char c) const {
  if (c == '\n' && state_ == State::DotCr) return State::End;
  if (c == '\n' && state_ == State::Cr) return State::LineBegin;
  if (c == '.' && state_ == State::LineBegin) return State::Dot;
  if (c == '\r') return state_ == State::Dot ? State::DotCr : State::Cr;
  return State::Text;
}

Result<std::size_t> DotReader::read(std::string_view bytes, const Sink& out) {
  std::size_t begin = 0;  // of what is content and not yet given out
  for (std::size_t at = 0; at < bytes.size() && !has_ended(); ++at) {
    const auto former = state_;
    state_ = next(bytes[at]);
    // The dot at a line's begin, and a CR after it, are held back until it is clear what they are.
    const bool held = state_ == State::Dot || state_ == State::DotCr || state_ == State::End;
    if (held) {
      if (begin < at)
        if (const auto given = out(bytes.substr(begin, at - begin)); !given)
          return tl::unexpected(given.error());
      begin = at + 1;
      if (has_ended()) return at + 1;
    } else if (former == State::DotCr) {
      if (const auto given = out("\r"); !given) return tl::unexpected(given.error());
    }
  }
  if (begin < bytes.size())
    if (const auto given = out(bytes.substr(begin)); !given) return tl::unexpected(given.error());
  return bytes.size();
}

std::string DotWriter::content(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 64 + 1);
  for (const char c : bytes) {
    if (c == '.' && last_ == '\n') out += '.';
    out += c;
    before_ = last_;
    last_ = c;
  }
  return out;
}

std::string DotWriter::end() const { return before_ == '\r' && last_ == '\n' ? ".\r\n" : "\r\n.\r\n"; }

}  // namespace pams::milter::relay
