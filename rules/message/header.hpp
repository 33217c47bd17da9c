/// Header fields as they came: in order, raw, repeated ones kept. Values; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pams {

struct HeaderField {
  std::string name;   ///< as written, without the colon
  std::string value;  ///< every byte between the colon and the field's last CRLF: leading blank kept, folds
                      ///< as "\r\n "

  /// The value on one line: folds removed (RFC 5322 2.2.3), outer blanks trimmed; RFC 2047 words stay
  /// encoded.
  std::string unfolded() const;
  /// As unfolded, with RFC 2047 words decoded to UTF-8. Never fails: what cannot be decoded stays as it is,
  /// bytes that are no UTF-8 become U+FFFD.
  std::string decoded() const;
};

class Headers {
 public:
  Headers() = default;
  explicit Headers(std::vector<HeaderField> fields) : fields_(std::move(fields)) {}

  const std::vector<HeaderField>& fields() const { return fields_; }
  /// The first field of that name (any letter case); nullptr when there is none.
  const HeaderField* find(std::string_view name) const;
  std::vector<const HeaderField*> find_all(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }

  void append(HeaderField field) { fields_.push_back(std::move(field)); }
  /// Overwrites the first field of that name in its place and removes the others; appends when there is none.
  void set(std::string_view name, std::string value);
  /// How many were removed.
  std::size_t remove(std::string_view name);

  /// All fields as they stand on the wire, each with CRLF; without the blank line that ends a header.
  std::string wire() const;

 private:
  std::vector<HeaderField> fields_;
};

/// A value that may stand in a header field: no CR, LF or NUL of its own, non-ASCII as RFC 2047 words, folded
/// at 78 where there are blanks, with the leading blank. Folds are "\r\n ".
std::string make_header_value(std::string_view utf8);

/// RFC 5322 3.6.8: printable ASCII without colon and blank.
bool is_header_name(std::string_view name);

}  // namespace pams
