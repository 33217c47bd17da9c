// End tags of open_elements.hpp: WHATWG 13.2.6.4.7 ("in body") and the table modes after it.
#include <algorithm>
#include <utility>

#include "rules/html/element_traits.hpp"
#include "rules/html/open_elements.hpp"

namespace pams {
namespace {

/// So many elements are looked at for one end tag that is out of order; more are not read, to stay linear.
constexpr std::size_t kFarthest = 100;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

void OpenElements::end(const HtmlToken& tag) {
  auto& name = name_of(tag.name);
  if ((name.traits & (kIgnored | kVoid | kRaw)) != 0 || stack_.empty()) return;
  if (end_in_foreign(name) || end_in_select(name)) return;
  if (name.name == "template") {
    if (const auto open = nearest(name)) pop_to(*open, true);
  } else if (name.name == "table" || (name.traits & kTablePart) != 0) {
    end_table_part(name);
  } else if (name.name == "p") {
    if (stack_.back().p) pop_to(*stack_.back().p, true);
  } else if (name.name == "form") {
    end_form();
  } else if ((name.traits & (kBlockEnd | kItem | kHeading)) != 0) {
    end_block(name);
  } else if ((name.traits & kFormatting) != 0) {
    end_formatting(name);
  } else {
    end_any_other(name);
  }
}

/// Whether the tag closes an element of svg or math.
bool OpenElements::end_in_foreign(Name& name) {
  const auto foreign = stack_.back().foreign;
  if (!foreign) return false;
  const auto open = nearest(name);
  if (open && *open >= *foreign) {
    pop_to(*open, true);
    return true;
  }
  if (open || name.name == "p" || (name.traits & kHeading) != 0) is_doubtful_ = true;
  return true;
}

bool OpenElements::end_in_select(const Name& name) {
  const auto select = stack_.back().select;
  if (!select) return false;
  if (name.name == "select") {
    pop_to(*select, true);
    return true;
  }
  if (!is_one_of(name.name, {"option", "optgroup"})) is_doubtful_ = true;
  return false;
}

void OpenElements::end_table_part(Name& name) {
  const auto open = nearest(name);
  const auto table = stack_.back().table;
  if (!open || name.name == "col" || !table || *table > *open) return;
  if (name.name == "colgroup" && top_name() != "colgroup") return;
  // A caption ends the scope of what is around it.
  const auto caption = nearest("caption");
  const bool is_cut_off = caption && *caption > *table && !is_one_of(name.name, {"caption", "table"});
  if (!is_cut_off) pop_to(*open, true);
}

void OpenElements::end_block(Name& name) {
  auto open = nearest(name);
  if ((name.traits & kHeading) != 0) open = nearest_of({"h1", "h2", "h3", "h4", "h5", "h6"});
  const auto by = name.name == "li" ? stack_.back().list : stack_.back().barrier;
  if (open && !is_cut(*open, by)) pop_to(*open, true);
}

/// One that was cut off may have been opened again, around all of this.
void OpenElements::note_reopened(const Name& name, const Index& open) {
  const bool is_exposed = no_place_ && (stack_[no_place_->element].name->traits & kSpecial) == 0;
  if (is_exposed && name.may_be_reopened && (!open || *open <= no_place_->element)) is_doubtful_ = true;
}

/// The adoption agency (13.2.6.4.7): blocks in the element stay open, what is in the innermost does not.
void OpenElements::end_formatting(Name& name) {
  const auto open = nearest(name);
  note_reopened(name, open);
  if (!open || is_cut(*open, stack_.back().barrier)) return;
  if (name.may_be_reopened && stack_[*open].hides) is_doubtful_ = true;
  adopt(*open);
}

/// Takes out what is not special from `from` on, block after block, and all after the last block.
void OpenElements::adopt(std::size_t from) {
  constexpr int kMaxBlocks = 8;  // the standard's limit
  for (int blocks = 0; blocks < kMaxBlocks; ++blocks) {
    const auto special = stack_.empty() ? Index{} : stack_.back().special;
    if (!special || *special < from) {
      if (from < stack_.size()) pop_to(from, blocks == 0);
      return;
    }
    const auto end = std::min(stack_.size(), from + kFarthest);
    auto block = from + (blocks == 0 ? 1 : 0);
    while (block < end && (stack_[block].is_dead || (stack_[block].name->traits & kSpecial) == 0)) ++block;
    if (block == end) break;
    for (auto i = block; i-- > from;)
      if (!stack_[i].is_dead) take_out(i);
    from = block + 1;
  }
  is_doubtful_ = true;
}

void OpenElements::end_any_other(Name& name) {
  const auto open = nearest(name);
  if (open && !is_cut(*open, stack_.back().special)) pop_to(*open, true);
}

void OpenElements::end_form() {
  const auto open = nearest("form");
  const bool had_form = std::exchange(has_form_, false);
  if (!had_form || !open || is_cut(*open, stack_.back().barrier)) return;
  if (*open + 1 == stack_.size()) return pop_to(*open, true);
  take_out(*open);
  // What its start tag stopped is not stopped any more.
  if (no_place_) is_doubtful_ = true;
}

}  // namespace pams
