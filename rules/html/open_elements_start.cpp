// Start tags of open_elements.hpp: WHATWG 13.2.6.4.7 ("in body") and the table modes after it.
#include <algorithm>

#include "rules/html/element_traits.hpp"
#include "rules/html/html_attributes.hpp"
#include "rules/html/open_elements.hpp"

namespace pams {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_self_closing(const HtmlToken& tag) {
  HtmlAttributes attributes(tag.inside);
  while (attributes.next()) continue;
  return attributes.is_self_closing();
}

}  // namespace

void OpenElements::start(const HtmlToken& tag) {
  auto& name = name_of(tag.name);
  note_head(name);
  if ((name.traits & kIgnored) != 0) return;
  const auto before = no_place_;
  const bool was_in_table = is_in_table();
  read_start(name, tag);
  if (!no_place_ || no_place_->begin != tag.begin) return;
  // What the tag closes is still open before it.
  no_place_->is_in_table = was_in_table;
  if (!before) return;
  no_place_->begin = before->begin;
  no_place_->is_in_table = before->is_in_table;
  no_place_->is_hidden = no_place_->is_hidden && before->is_hidden;
}

/// In the head a noscript ends where anything begins that belongs to the body.
void OpenElements::note_head(const Name& name) {
  if (!is_in_head_ || is_one_of(name.name, {"html", "head", "base", "basefont", "bgsound", "link", "meta",
                                            "title", "style", "script", "noframes", "template"}))
    return;
  if (stack_.empty() && name.name == "noscript") return;
  is_in_head_ = false;
  if (!stack_.empty()) is_doubtful_ = true;
}

void OpenElements::read_start(Name& name, const HtmlToken& tag) {
  if (name.name == "frameset") is_doubtful_ = true;
  if (start_in_select(name) || start_in_foreign(name, tag)) return;
  if (top_name() == "colgroup" && !is_one_of(name.name, {"col", "template"})) pop_to(*top());
  if ((name.traits & kTablePart) != 0) {
    if (start_table_part(name, tag)) return;
  }
  if (name.name == "form" && has_form_) return;
  close_before(name);
  if ((name.traits & (kVoid | kRaw)) != 0) return;
  if (is_one_of(name.name, {"svg", "math"}) && is_self_closing(tag)) return;
  if (name.name == "form") has_form_ = true;
  if (name.name == "form" && is_in_table()) return;  // it is closed at once
  push(name, &tag);
}

/// Browsers of before 2025 ignore most tags in a select, later ones do not.
bool OpenElements::start_in_select(const Name& name) {
  if (stack_.empty() || !stack_.back().select) return false;
  if (is_one_of(name.name, {"hr", "script", "style"})) return true;
  if (!is_one_of(name.name, {"option", "optgroup"})) is_doubtful_ = true;
  return false;
}

/// Whether `name` is an element of svg or math, whose rules are XML's (13.2.6.5).
bool OpenElements::start_in_foreign(const Name& name, const HtmlToken& tag) {
  if (stack_.empty() || !stack_.back().foreign) return false;
  const bool is_raw = (name.traits & kRaw) != 0;
  if ((name.traits & kBreaksOut) != 0 || (!is_raw && (name.traits & kSpecial) != 0) ||
      is_one_of(name.name, {"font", "foreignobject", "annotation-xml"}))
    is_doubtful_ = true;
  if (is_raw) return true;
  if (!is_self_closing(tag)) push(name_of(name.name), &tag);
  return true;
}

/// Whether that was all: the tag of a part without a table means nothing.
bool OpenElements::start_table_part(Name& name, const HtmlToken& tag) {
  const auto table = stack_.empty() ? Index{} : stack_.back().table;
  if (!table) return true;
  if (stack_[*table].name->name == "template") {
    push(name, &tag);
    return true;
  }
  if (name.name == "col" && top_name() == "colgroup") return true;
  if (is_one_of(name.name, {"td", "th", "tr"})) {
    clear_to(name.name == "tr"
                 ? std::initializer_list<std::string_view>{"tbody", "thead", "tfoot", "table"}
                 : std::initializer_list<std::string_view>{"tr", "tbody", "thead", "tfoot", "table"});
    if (top_name() == "table") push(name_of("tbody"), nullptr);
    if (name.name != "tr" && top_name() != "tr") push(name_of("tr"), nullptr);
  } else {
    clear_to({"table"});
  }
  push(name.name == "col" ? name_of("colgroup") : name, name.name == "col" ? nullptr : &tag);
  return true;
}

/// Pops down to the nearest of `names`, one of which is open.
void OpenElements::clear_to(std::initializer_list<std::string_view> names) {
  const auto context = nearest_of(names);
  if (context && *context + 1 < stack_.size()) pop_to(*context + 1);
}

/// What the start tag of `name` closes.
void OpenElements::close_before(Name& name) {
  if ((name.traits & kItem) != 0 && !stack_.empty() && stack_.back().other_special) {
    const auto item = *stack_.back().other_special;
    const auto& open = stack_[item].name->name;
    const bool is_same = name.name == "li" ? open == "li" : is_one_of(open, {"dd", "dt"});
    if (is_same) pop_to(item);
  }
  if ((name.traits & kClosesP) != 0) close_p();
  // With a doctype a table closes a p, without one it does not.
  if (name.name == "table") {
    if (const auto p = stack_.empty() ? Index{} : stack_.back().p; p && no_place_ && no_place_->element >= *p)
      is_doubtful_ = true;
    if (is_in_table()) pop_to(*nearest("table"));
  }
  if (closes_top(name)) {
    // Unless a formatting element that was cut off has been opened again in it.
    if (is_any_cut_off_ && no_place_ && no_place_->element == stack_.size() - 1) is_doubtful_ = true;
    pop_to(*top());
  }
  if (is_one_of(name.name, {"button", "a", "nobr"})) close_same(name);
}

/// What is closed only where it is the innermost element.
bool OpenElements::closes_top(const Name& name) const {
  if (stack_.empty()) return false;
  if ((name.traits & kHeading) != 0) return (stack_.back().name->traits & kHeading) != 0;
  if (is_one_of(name.name, {"option", "optgroup"})) return top_name() == "option";
  return is_one_of(name.name, {"rp", "rt", "rb", "rtc"}) && is_one_of(top_name(), {"rp", "rt", "rb"});
}

/// A button in a button, a link in a link.
void OpenElements::close_same(Name& name) {
  const auto open = nearest(name);
  if (name.name != "button") note_reopened(name, open);
  if (!open) return;
  if (is_cut(*open, stack_.back().barrier)) {
    if (no_place_ && no_place_->element == *open) is_doubtful_ = true;
    return;
  }
  name.name == "button" ? pop_to(*open) : end_formatting(name);
}

void OpenElements::close_p() {
  if (!stack_.empty() && stack_.back().p) pop_to(*stack_.back().p);
}

}  // namespace pams
