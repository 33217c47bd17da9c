#include "milter/base/csv.hpp"

#include "rules/base/text.hpp"

namespace pams::milter {
namespace {

std::string harmless(const std::string& cell) {
  const bool is_formula =
      !cell.empty() && std::string_view("=+-@\t\r\n'").find(cell.front()) != std::string_view::npos;
  return (is_formula ? "'" : "") + text::printable(cell, std::string::npos);
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos && text::trim(cell) == cell) return cell;
  return "\"" + text::replace_all(cell, "\"", "\"\"") + "\"";
}

}  // namespace

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : ",") + quoted(harmless(cells[i]));
  return line + "\r\n";
}

}  // namespace pams::milter
