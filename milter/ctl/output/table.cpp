#include "milter/ctl/output/table.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams::milter::ctl::output {
namespace {

constexpr std::size_t kBetween = 2, kIndent = 2;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

/// Characters, as far as counting UTF-8 sequences tells.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

/// How many bytes of `text` fill at most `columns`: up to a blank where there is one in the second half.
std::size_t bytes_that_fit(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end)
    if (begins_character(text[end]) && ++seen > columns) break;
  if (end == text.size()) return end;
  const auto blank = text.substr(0, end).rfind(' ');
  return blank != std::string_view::npos && blank > end / 2 ? blank + 1 : end;
}

/// A column's place: in which of a row's lines, and how wide.
struct Place {
  std::size_t line = 0, width = 0;
};

class Layout {
 public:
  Layout(std::vector<std::size_t> widths, std::size_t width) : width_(width) {
    std::size_t line = 0;
    std::size_t used = 0;
    for (const auto natural : widths) {
      const auto wanted = width == 0 ? natural : std::min(natural, room(line + 1));
      if (width != 0 && used != 0 && used + kBetween + wanted > room(line)) {
        ++line;
        used = 0;
      }
      used += wanted + (used == 0 ? 0 : kBetween);
      places_.push_back({line, wanted});
    }
  }

  std::string row(const std::vector<Cell>& cells) const {
    std::string out;
    for (std::size_t line = 0; line <= places_.back().line; ++line) {
      const auto text = line_of(cells, line);
      if (!text.empty()) out += std::string(indent(line), ' ') + text;
    }
    return out;
  }

 private:
  static std::size_t indent(std::size_t line) { return line == 0 ? 0 : kIndent; }
  std::size_t room(std::size_t line) const { return std::max<std::size_t>(width_, 20) - indent(line); }

  /// The cells of one line; one that is too wide for its column has it for itself, and goes on below.
  std::string line_of(const std::vector<Cell>& cells, std::size_t line) const {
    std::string out;
    std::size_t missing = 0;  // blanks that the next cell needs before it
    bool is_empty = true;
    for (std::size_t i = 0; i < places_.size() && i < cells.size(); ++i) {
      if (places_[i].line != line) continue;
      out += std::string(missing, ' ') + folded(cells[i], places_[i].width, indent(line));
      const auto columns = columns_of(cells[i].text);
      missing = kBetween + places_[i].width - std::min(columns, places_[i].width);
      is_empty = is_empty && cells[i].text.empty();
    }
    return is_empty ? "" : std::string(text::trim_right(out)) + "\n";
  }
  static std::string folded(const Cell& cell, std::size_t width, std::size_t indent) {
    std::string out;
    std::string_view rest = cell.text;
    while (columns_of(rest) > width && width > 0) {
      const auto end = bytes_that_fit(rest, width);
      out += coloured(rest.substr(0, end), cell.colour) + "\n" + std::string(indent, ' ');
      rest.remove_prefix(end);
    }
    return out + (rest.empty() ? "" : coloured(rest, cell.colour));
  }

  const std::size_t width_;
  std::vector<Place> places_;
};

}  // namespace

std::string Table::text(std::size_t width) const { return text(width, true); }

std::string Table::next_part(std::size_t width) {
  auto part = rows_.empty() ? "" : text(width, !titles_are_told_);
  titles_are_told_ = titles_are_told_ || !rows_.empty();
  rows_.clear();
  return part;
}

std::string Table::text(std::size_t width, bool with_titles) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    auto widest = columns_of(titles_[i]);
    for (const auto& row : rows_)
      if (i < row.size()) widest = std::max(widest, columns_of(row[i].text));
    widths.push_back(widest);
  }
  const Layout layout(std::move(widths), width);
  std::vector<Cell> titles;
  for (const auto& title : titles_) titles.push_back({title, Colour::None});
  auto out = with_titles ? layout.row(titles) : "";
  for (const auto& row : rows_) out += layout.row(row);
  return out;
}

std::size_t table_width(bool is_wide) { return is_wide ? 0 : terminal_width().value_or(0); }

}  // namespace pams::milter::ctl::output
