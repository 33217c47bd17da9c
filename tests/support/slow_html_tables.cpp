// SlowTree of slow_html.hpp: tables and the elements of the adoption agency.
#include <algorithm>
#include <iterator>

#include "tests/support/slow_html.hpp"
#include "tests/support/slow_html_names.hpp"

namespace pams::test {

// ---- tables

/// In a cell or caption; false when it is as in the body.
bool SlowTree::in_cell(const SlowToken& token) {
  const auto where = mode();
  const auto close = [&] {
    pop_through(where);
    clear_to_marker();
  };
  const bool ends_it =
      token.kind == SlowToken::Start ? lists(kTableParts, token.name)
      : token.kind == SlowToken::End && where != "caption"
          ? lists(" table tbody tfoot thead tr ", token.name) && has_in_scope(token.name, kTableScope)
          : token.kind == SlowToken::End && token.name == "table";
  if (ends_it) {
    close();
    feed(token);
    return true;
  }
  if (token.kind != SlowToken::End ||
      (!lists(" body html table ", token.name) && !lists(kTableParts, token.name)))
    return false;
  if (token.name == where) close();
  return true;
}

void SlowTree::in_table(const SlowToken& token) {
  const auto where = mode();
  if (where == "colgroup" && stack_.back()->name == "colgroup") {
    if (token.kind == SlowToken::Start && token.name == "col") return;
    if (token.kind == SlowToken::Text && is_blank(token.text)) return;
    if (token.kind == SlowToken::End && token.name == "col") return;
    stack_.pop_back();
    if (token.kind == SlowToken::End && token.name == "colgroup") return;
    return feed(token);
  }
  if (token.kind == SlowToken::Text && is_blank(token.text)) return insert_text(token.text);
  if (token.kind == SlowToken::Start &&
      (lists(kTableParts, token.name) || lists(" table style script ", token.name)))
    return start_in_table(token);
  if (token.kind == SlowToken::End && lists(" body caption col colgroup html td th ", token.name)) return;
  if (token.kind == SlowToken::End && lists(" table tbody tfoot thead tr ", token.name)) {
    if (has_in_scope(token.name, kTableScope)) pop_through(token.name);
    return;
  }
  is_fostering_ = true;
  in_body(token);
  is_fostering_ = false;
}

void SlowTree::start_in_table(const SlowToken& token) {
  const auto& name = token.name;
  if (lists(" style script ", name)) {
    insert(token);
  } else if (name == "table") {
    pop_through("table");
    feed(token);
  } else if (lists(" td th ", name)) {
    pop_until(" tr tbody thead tfoot table ");
    if (stack_.back()->name == "table") insert({SlowToken::Start, "tbody", {}, ""});
    if (stack_.back()->name != "tr") insert({SlowToken::Start, "tr", {}, ""});
    insert(token);
    formatting_.push_back(nullptr);
  } else if (name == "tr") {
    pop_until(" tbody thead tfoot table ");
    if (stack_.back()->name == "table") insert({SlowToken::Start, "tbody", {}, ""});
    insert(token);
  } else {
    pop_until(" table ");
    insert(name == "col" ? SlowToken{SlowToken::Start, "colgroup", {}, ""} : token);
    if (name == "caption") formatting_.push_back(nullptr);
  }
}

// ---- formatting elements (13.2.4.3, 13.2.6.4.7)

void SlowTree::reconstruct() {
  auto i = formatting_.size();
  while (i > 0 && formatting_[i - 1] != nullptr && std::ranges::count(stack_, formatting_[i - 1]) == 0) --i;
  for (; i < formatting_.size(); ++i)
    formatting_[i] = insert({SlowToken::Start, formatting_[i]->name, formatting_[i]->attributes, ""});
}

void SlowTree::adopt(const std::string& name) {
  const auto* top = stack_.back();
  if (top->name == name && std::ranges::count(formatting_, top) == 0) {
    stack_.pop_back();
    return;
  }
  for (int i = 0; i < 8 && adopt_once(name); ++i) continue;
}

bool SlowTree::adopt_once(const std::string& name) {
  const auto marker = std::find(formatting_.rbegin(), formatting_.rend(), nullptr);
  const auto found =
      std::find_if(formatting_.rbegin(), marker, [&](auto* node) { return node->name == name; });
  if (found == marker) {
    any_other_end(name);
    return false;
  }
  auto* const formatting = *found;
  const auto open = std::ranges::find(stack_, formatting);
  if (open == stack_.end()) {
    std::erase(formatting_, formatting);
    return false;
  }
  for (auto i = open + 1; i != stack_.end(); ++i)
    if (lists(kScope, (*i)->name)) return false;
  const auto block = std::find_if(open, stack_.end(), [](auto* node) { return lists(kSpecial, node->name); });
  if (block == stack_.end()) {
    stack_.erase(open, stack_.end());
    std::erase(formatting_, formatting);
    return false;
  }
  move_formatting(formatting, *block);
  return true;
}

/// Steps 9 to 20 of the agency's loop.
void SlowTree::move_formatting(SlowNode* formatting, SlowNode* block) {
  auto* const ancestor = *(std::ranges::find(stack_, formatting) - 1);
  auto* last = block;
  Nodes between(std::ranges::find(stack_, formatting) + 1, std::ranges::find(stack_, block));
  SlowNode* bookmark = formatting;  // the new element stands after it in the list
  int inner = 0;
  for (auto node = between.rbegin(); node != between.rend(); ++node) {
    ++inner;
    if (inner > 3) std::erase(formatting_, *node);
    const auto listed = std::ranges::find(formatting_, *node);
    if (listed == formatting_.end()) {
      std::erase(stack_, *node);
      continue;
    }
    auto* const clone = make({SlowToken::Start, (*node)->name, (*node)->attributes, ""});
    *listed = clone;
    *std::ranges::find(stack_, *node) = clone;
    if (last == block) bookmark = clone;
    put(last, clone);
    last = clone;
  }
  put(last, ancestor);
  auto* const clone = make({SlowToken::Start, formatting->name, formatting->attributes, ""});
  for (auto* kid : Nodes(block->kids)) put(kid, clone);
  clone->parent = block;
  block->kids.push_back(clone);
  formatting_.insert(std::ranges::find(formatting_, bookmark) + 1, clone);
  std::erase(formatting_, formatting);
  std::erase(stack_, formatting);
  stack_.insert(std::ranges::find(stack_, block) + 1, clone);
}

}  // namespace pams::test
