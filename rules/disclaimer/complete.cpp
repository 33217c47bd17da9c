#include "rules/base/text.hpp"
#include "rules/disclaimer/disclaimer.hpp"
#include "rules/html/html_text.hpp"
#include "rules/message/charset_exact.hpp"

namespace pams::disclaimer {
namespace {

/// Files written on Windows begin with a byte order mark and end lines with CRLF.
std::string without_file_marks(std::string_view file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (file.starts_with(kByteOrderMark)) file.remove_prefix(kByteOrderMark.size());
  return text::replace_all(text::replace_all(file, "\r\n", "\n"), "\r", "\n");
}

/// Without blanks at line ends, where format=flowed and quoted-printable give them a meaning; the signature
/// mark "-- " keeps its own.
std::string tidy_lines(std::string_view lines) {
  std::string out;
  for (const auto line : text::split(lines, '\n')) {
    if (!out.empty()) out += '\n';
    out += line == "-- " ? line : text::trim_right(line);
  }
  while (out.starts_with('\n')) out.erase(0, 1);
  return out.substr(0, out.find_last_not_of("\n") + 1);
}

std::string as_html(std::string_view lines) {
  auto out = text::replace_all(lines, "&", "&amp;");
  out = text::replace_all(out, "<", "&lt;");
  out = text::replace_all(out, ">", "&gt;");
  return "<p>" + text::replace_all(out, "\n", "<br>\n") + "</p>";
}

bool is_text(std::string_view bytes) { return is_utf8(bytes) && bytes.find('\0') == std::string_view::npos; }

}  // namespace

Result<Disclaimer> complete(Disclaimer disclaimer) {
  if (!is_text(disclaimer.html) || !is_text(disclaimer.text))
    return fail(Failure::Misconfigured, "the disclaimer is not UTF-8 text");
  disclaimer.html = text::trim(without_file_marks(disclaimer.html));
  disclaimer.text = tidy_lines(without_file_marks(disclaimer.text));
  if (disclaimer.text.empty()) disclaimer.text = tidy_lines(html_to_text(disclaimer.html));
  if (disclaimer.html.empty() && !disclaimer.text.empty()) disclaimer.html = as_html(disclaimer.text);
  if (disclaimer.html.empty()) return fail(Failure::Misconfigured, "the disclaimer is empty");
  return disclaimer;
}

}  // namespace pams::disclaimer
