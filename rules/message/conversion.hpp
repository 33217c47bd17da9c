/// Conversion to and from UTF-8 by iconv(3), in the two ways that mail needs: exact, for what is written, and
/// forgiving, for what is read. Any thread; one object at a time in one. Linear.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <iconv.h>

namespace pams {

/// Whether iconv knows the charset. What a sender made up is not kept.
bool is_known_to_iconv(const std::string& name);

/// What becomes of a byte that is wrong in its charset.
enum class BadByte {
  Windows1252,  ///< a byte beyond 7F is what windows-1252 says, others U+FFFD
  Replacement,  ///< U+FFFD
};

class Conversion {
 public:
  /// Names as charset_names() gives them; is_open() tells whether iconv has this pair.
  Conversion(const std::string& to, const std::string& from);
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  ~Conversion();

  bool is_open() const;

  /// All of `bytes`, closed with what returns a stateful charset to its first state. Nothing when any of it
  /// does not fit.
  std::optional<std::string> exact(std::string_view bytes);

  /// All of `bytes` as UTF-8, to which it must convert.
  std::string forgiving(std::string_view bytes, BadByte bad_byte);

 private:
  /// Converts on to `out` until iconv stops; errno then, 0 at the end.
  int run(const char** from, std::size_t* left, std::string& out);

  iconv_t handle_;
  bool is_lossy_ = false;  ///< some iconv put one character for another
  std::size_t unit_;       ///< bytes that a wrong character is skipped by
};

/// The character of one byte in windows-1252, as UTF-8. The five bytes that it leaves open are controls, as
/// browsers read them.
std::string windows_1252(unsigned char byte);

}  // namespace pams
