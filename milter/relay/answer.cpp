#include "milter/relay/answer.hpp"

#include "rules/base/text.hpp"

namespace pams::milter::relay {
namespace {

/// RFC 5321 4.5.3.1.5.
constexpr std::size_t kLongestText = 490;

/// "2.0.0" at the front of a reply's text, when it is a status of the code's class.
std::string status_in(std::string_view words, int code_class) {
  const auto word = words.substr(0, words.find(' '));
  const auto parts = text::split(word, '.');
  if (parts.size() != 3 || parts[0] != std::to_string(code_class)) return "";
  for (const auto part : parts)
    if (part.empty() || part.size() > 3 || part.find_first_not_of("0123456789") != std::string_view::npos)
      return "";
  return std::string(word);
}

/// RFC 4954 6, RFC 3207 4: who says so has not looked at the message, and may take it once the smart host or
/// the connector is set right.
bool demands_another_conversation(int code) {
  return code == 503 || code == 530 || code == 534 || code == 535 || code == 538;
}

}  // namespace

std::string Answer::line() const {
  auto words = text::printable(text, kLongestText - status.size());
  for (char& c : words)
    if (!text::is_ascii(c)) c = '?';
  return std::to_string(code) + " " + status + " " + words.substr(0, kLongestText);
}

std::string whole_text(const smart_host::SmtpReply& reply) {
  auto out = std::to_string(reply.code);
  for (const auto& line : reply.lines)
    if (!line.empty()) out += " " + line;
  return out;
}

Answer passed_on(const std::string& host, const smart_host::SmtpReply& reply) {
  const int code_class = reply.code / 100;
  Answer answer{451, "4.5.0", host + ": " + whole_text(reply)};
  if (code_class != 2 && code_class != 4 && code_class != 5) return answer;
  answer.code = code_class == 2 ? 250 : reply.code == 421 ? 451 : reply.code;
  answer.status = reply.lines.empty() ? "" : status_in(reply.lines.front(), code_class);
  if (answer.status.empty()) answer.status = std::to_string(code_class) + ".0.0";
  if (demands_another_conversation(reply.code)) {
    answer.code = 451;
    answer.status.front() = '4';
  }
  return answer;
}

}  // namespace pams::milter::relay
