#include "rules/base/diagnostic.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams {
namespace {

constexpr std::size_t kLongestText = 2000;

std::string_view line_of(std::string_view text, std::size_t line) {
  for (; line > 1; --line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// A broken file can hold anything, also what a terminal obeys.
std::string shown(std::string_view line) {
  constexpr std::size_t kLongestLine = 200;
  std::string out;
  for (const auto piece : text::split(line, '\t')) {
    if (piece.data() != line.data()) out += '\t';
    out += text::printable(piece, kLongestLine);
  }
  return out;
}

/// The caret's indent: tabs stay tabs, so that it lands under the column in any terminal.
std::string indent(std::string_view line, std::size_t column) {
  std::string out;
  for (std::size_t i = 0; i + 1 < column; ++i) out += i < line.size() && line[i] == '\t' ? '\t' : ' ';
  return out;
}

}  // namespace

std::string format(const Diagnostic& diagnostic) {
  const auto* const word = diagnostic.severity == Severity::Error ? "error: " : "warning: ";
  const auto& at = diagnostic.at;
  if (at.source == nullptr) return word + text::printable(diagnostic.text, kLongestText) + "\n";
  auto out = at.source->name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + word +
             text::printable(diagnostic.text, kLongestText) + "\n";
  const auto line = line_of(at.source->text, at.line);
  if (!line.empty())
    out.append("    ").append(shown(line)).append("\n    ").append(indent(line, at.column)).append("^\n");
  return out;
}

std::size_t Diagnostics::errors() const {
  return static_cast<std::size_t>(std::ranges::count(all_, Severity::Error, &Diagnostic::severity));
}

bool Diagnostics::has_errors() const { return errors() > 0; }

std::string Diagnostics::text() const {
  std::vector<const Source*> files;
  for (const auto& d : all_)
    if (std::ranges::find(files, d.at.source.get()) == files.end()) files.push_back(d.at.source.get());
  auto sorted = all_;
  std::ranges::stable_sort(sorted, [&](const Diagnostic& a, const Diagnostic& b) {
    const auto file = [&](const Diagnostic& d) {
      return std::ranges::find(files, d.at.source.get()) - files.begin();
    };
    return std::tuple(file(a), a.at.line, a.at.column) < std::tuple(file(b), b.at.line, b.at.column);
  });
  std::string out;
  for (const auto& d : sorted) out += format(d);
  return out;
}

}  // namespace pams
