/// Whether a message that comes in pieces is flagged: looks at its header and keeps what it has seen of it.
/// One message, one thread.
#pragma once

#include <string>
#include <string_view>

namespace pams::milter::relay {

class FlagFinder {
 public:
  /// `name`: of the field that flags mail.
  explicit FlagFinder(std::string name) : name_(std::move(name)) {}

  /// True when the header is over: then is_flagged() is known. Not to be called again after that.
  bool add(std::string_view bytes);
  bool is_flagged() const { return is_flagged_; }
  /// Everything that came.
  const std::string& seen() const { return seen_; }

 private:
  bool is_flag(std::string_view line) const;

  const std::string name_;
  std::string seen_;
  std::size_t line_ = 0;  ///< where the first line begins that has not ended
  bool is_flagged_ = false;
};

}  // namespace pams::milter::relay
