/// Rows in columns, for people. Nothing is cut: what does not fit beside the other columns stands in a second
/// line below them, indented, and a cell that is wider than the terminal goes on in the next one. Pure.
#pragma once

#include <string>
#include <vector>

#include "milter/ctl/output/terminal.hpp"

namespace pams::milter::ctl::output {

struct Cell {
  std::string text;  // harmless already: text::printable
  Colour colour = Colour::None;
};

class Table {
 public:
  explicit Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}
  void add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  std::size_t rows() const { return rows_.size(); }
  /// Within `width` columns; 0: each row is one line, however long.
  std::string text(std::size_t width) const;
  /// The text of all rows added since the last call; titles only the first time. For lists that are too long
  /// to keep.
  std::string next_part(std::size_t width);

 private:
  std::string text(std::size_t width, bool with_titles) const;

  std::vector<std::string> titles_;
  std::vector<std::vector<Cell>> rows_;
  bool titles_are_told_ = false;
};

/// The width to give a table: that of the terminal; 0 on a pipe, where a row must be a line, and when
/// `is_wide`.
std::size_t table_width(bool is_wide);

}  // namespace pams::milter::ctl::output
