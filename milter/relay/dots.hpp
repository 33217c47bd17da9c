/// The dots of RFC 5321 4.5.2, in both directions, in pieces of any size. One message, one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "milter/base/durable_file.hpp"

namespace pams::milter::relay {

/// What comes after DATA. CR LF . CR LF ends it and nothing else does: with a bare CR or LF somewhere in it
/// the dot is content, so no message can hold a second one.
class DotReader {
 public:
  /// How many of `bytes` belong to the message, its end included; `out` gets the content among them. Fails as
  /// `out` does.
  Result<std::size_t> read(std::string_view bytes, const Sink& out);
  bool has_ended() const { return state_ == State::End; }

 private:
  enum class State { LineBegin, Dot, DotCr, Text, Cr, End };
  State next(char c) const;

  State state_ = State::LineBegin;
};

/// What goes out after DATA. A dot after a bare LF is doubled too: to a server that takes LF for a line's
/// end it must not end the message.
class DotWriter {
 public:
  std::string content(std::string_view bytes);
  /// The line end that the last line may lack, and the final dot.
  std::string end() const;

 private:
  char last_ = '\n', before_ = '\r';
};

}  // namespace pams::milter::relay
