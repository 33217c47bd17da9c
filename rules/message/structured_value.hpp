/// Values with parameters: Content-Type, Content-Disposition. Reads what RFC 2045 5.1 and RFC 2231 define,
/// and what mail has instead, the way most mail programs do: comments dropped, the first of two parameters of
/// one name, an unquoted value up to the ";" even with blanks in it. (GMime drops what stands after damage,
/// and does not tell of contradictions.) Pure; any thread. Linear; nothing fails.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pams {

/// `value` without comments outside quoted strings; as it is when a comment or a quote stays open.
std::string without_comments(std::string_view value);

class StructuredValue {
 public:
  explicit StructuredValue(std::string_view unfolded);

  /// What stands before the first ";", trimmed, in lower case, up to a blank: "text/plain".
  const std::string& head() const { return head_; }
  /// "" when there is none. RFC 2231 pieces (name*0*=, name*1=) are joined and read as UTF-8.
  std::string get(std::string_view name) const;
  /// Whether the parameter is there more than once and readers may take either.
  bool is_contradictory(std::string_view name) const;

 private:
  std::string extended(std::string_view name) const;

  std::string head_;
  std::vector<std::pair<std::string, std::string>> parameters_;  ///< in order; names in lower case
};

}  // namespace pams
