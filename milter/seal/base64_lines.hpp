/// Base64 of a stream, in lines of 76 with CRLF, both ways at the memory of one block. One object, one
/// stream, one thread.
#pragma once

#include <string>
#include <string_view>

#include "milter/base/durable_file.hpp"

namespace pams::milter::seal {

class Base64Writer {
 public:
  explicit Base64Writer(milter::Sink out) : out_(std::move(out)) {}
  Status add(std::string_view bytes);
  Status finish();

 private:
  Status write(std::string_view bytes);

  milter::Sink out_;
  std::string rest_;  ///< shorter than a line
};

/// Strict: a line is whole groups of four, padding stands at the end of the last one.
class Base64Reader {
 public:
  explicit Base64Reader(milter::Sink out) : out_(std::move(out)) {}
  /// A line without its end. Failure::Refused when it is not base64; otherwise as `out` fails.
  Status add_line(std::string_view line);
  Status finish() { return give(); }

 private:
  Status give();

  milter::Sink out_;
  std::string lines_;
  bool is_padded_ = false;
};

}  // namespace pams::milter::seal
