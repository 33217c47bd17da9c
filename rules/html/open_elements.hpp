/// Which elements are open at a place in HTML: the stack of open elements of the standard's tree construction
/// (WHATWG 13.2.6), without a tree. It is for one question: is something open here that hides what would be
/// put here, or shows it elsewhere? Where the standard's readers differ, or its rules go beyond the stack,
/// and the answer depends on it, it says is_doubtful(). Linear in time. One thread.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/html/html_scan.hpp"

namespace pams {

/// An element in which nothing may be put: the outermost one that is open.
struct NoPlace {
  std::size_t element = 0;  ///< its index on the stack
  std::size_t begin = 0;    ///< offset of its start tag
  bool is_hidden =
      false;  ///< what is in it is not shown; otherwise (svg, select, button...) some of it may be
  bool is_in_table = false;  ///< its start tag stands in a table, outside the cells
};

class OpenElements {
 public:
  void start(const HtmlToken& tag);
  void end(const HtmlToken& tag);
  /// Any other token, too: what is inside svg or select may be no raw text, no comment for a browser.
  void other(const HtmlToken& token, std::string_view bytes);

  const std::optional<NoPlace>& no_place() const { return no_place_; }
  /// In a table, outside its cells and caption: a browser shows what is put here above the table.
  bool is_in_table() const;
  /// The same, and the table is the one that no_place() is, or is in: what is shown there is not in
  /// no_place().
  bool is_moved_out() const;
  bool is_doubtful() const { return is_doubtful_; }

 private:
  using Index = std::optional<std::size_t>;
  struct Name {
    std::string name;  ///< lower case
    std::uint32_t traits = 0;
    std::vector<std::size_t> open;  ///< ascending; some may be dead
    bool may_be_reopened = false;   ///< a formatting element that was cut off
  };
  struct Element {
    Name* name = nullptr;
    bool is_dead = false;  ///< taken from the middle of the stack
    bool hides = false;
    // The nearest at or below this one.
    Index p, barrier, list, special, other_special, table, part, select, foreign, two_ways;
  };

  Name& name_of(std::string_view name);
  Index top() const;
  Index nearest(Name& name);
  Index nearest(std::string_view name) { return nearest(name_of(name)); }
  Index nearest_of(std::initializer_list<std::string_view> names);
  bool is_cut(std::size_t element, const Index& by) const { return by && *by > element; }
  std::string_view top_name() const;

  void note_head(const Name& name);
  void read_start(Name& name, const HtmlToken& tag);
  void push(Name& name, const HtmlToken* tag);
  bool note_no_place(const Name& name, const HtmlToken& tag);
  void pop_to(std::size_t element, bool by_own_tag = false);
  void take_out(std::size_t element);
  void cut_off(const Element& element);
  void shrink();
  void close_p();
  void clear_to(std::initializer_list<std::string_view> names);

  bool start_in_select(const Name& name);
  bool start_in_foreign(const Name& name, const HtmlToken& tag);
  bool start_table_part(Name& name, const HtmlToken& tag);
  void close_before(Name& name);
  bool closes_top(const Name& name) const;
  void close_same(Name& name);
  bool end_in_foreign(Name& name);
  bool end_in_select(const Name& name);
  void end_table_part(Name& name);
  void end_block(Name& name);
  void end_formatting(Name& name);
  void note_reopened(const Name& name, const Index& open);
  void adopt(std::size_t from);
  void end_any_other(Name& name);
  void end_form();

  std::unordered_map<std::string, Name> names_;
  std::vector<Element> stack_;
  std::optional<NoPlace> no_place_;
  bool has_form_ = false;   ///< the standard's form element pointer: another form does not begin
  bool is_in_head_ = true;  ///< or before it
  bool is_any_cut_off_ = false;
  bool is_doubtful_ = false;
};

}  // namespace pams
