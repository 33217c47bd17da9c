// SlowTree of slow_html.hpp: WHATWG 13.2.6.
#include <algorithm>

#include "tests/support/slow_html.hpp"
#include "tests/support/slow_html_names.hpp"

namespace pams::test {
SlowTree::SlowTree(std::string_view html, bool is_quirky) : is_quirky_(is_quirky) {
  all_.push_back(std::make_unique<SlowNode>(SlowNode{"body", "", {}, nullptr, {}}));
  stack_.push_back(all_.back().get());
  for (const auto& token : slow_tokens(html)) {
    if (token.kind == SlowToken::Other) continue;
    // The head: its elements go nowhere, an end tag means nothing.
    if (!is_in_body_ && token.kind == SlowToken::Text && is_blank(token.text)) continue;
    const bool is_head_end = token.kind == SlowToken::End && !lists(" body html br ", token.name);
    const bool is_head_start = token.kind == SlowToken::Start && lists(" html head ", token.name);
    if (!is_in_body_ && (is_head_end || is_head_start)) {
      if (stack_.size() > 1) stack_.pop_back();
      continue;
    }
    const bool is_in_raw = stack_.size() > 1 && lists(kHead, stack_.back()->name);
    if (!is_in_raw && !(token.kind == SlowToken::Start && lists(kHead, token.name))) is_in_body_ = true;
    feed(token);
  }
}

std::string SlowTree::mode() const {
  for (auto i = stack_.size(); i-- > 0;)
    if (lists(" td th tr tbody thead tfoot caption colgroup table ", stack_[i]->name)) return stack_[i]->name;
  return "";
}

void SlowTree::feed(const SlowToken& token) {
  if (lists(" textarea xmp iframe noembed plaintext title style script noframes ", stack_.back()->name)) {
    if (token.kind == SlowToken::Text) return insert_text(token.text);
    stack_.pop_back();
    return;
  }
  if (const auto where = mode(); where.empty()) {
    in_body(token);
  } else if (lists(" td th caption ", where)) {
    if (!in_cell(token)) in_body(token);
  } else {
    in_table(token);
  }
}

// ---- in body

void SlowTree::in_body(const SlowToken& token) {
  if (token.kind == SlowToken::Start) return start_in_body(token);
  if (token.kind == SlowToken::End) return end_in_body(token);
  reconstruct();
  insert_text(token.text);
}

void SlowTree::start_in_body(const SlowToken& token) {
  const auto& name = token.name;
  if (lists(" html head body ", name) || lists(kTableParts, name)) return;
  if (lists(kHead, name)) {
    insert(token);
    if (lists(kVoid, name)) stack_.pop_back();
    return;
  }
  if (lists(" li dd dt ", name)) return start_item(token);
  if (lists(kBlocks, name) || lists(kHeadings, name) || lists(" p hr xmp plaintext ", name)) close_p();
  if (lists(kHeadings, name) && lists(kHeadings, stack_.back()->name)) stack_.pop_back();
  if (name == "button" && has_in_scope(name, kScope)) pop_through(name);
  if (name == "table" && !is_quirky_) close_p();
  if (name == "a") {
    const auto marker = std::find(formatting_.rbegin(), formatting_.rend(), nullptr).base();
    const auto open = std::find_if(marker, formatting_.end(), [](auto* node) { return node->name == "a"; });
    if (open != formatting_.end()) {
      auto* const node = *open;
      adopt("a");
      std::erase(formatting_, node);
      std::erase(stack_, node);
    }
  }
  if (name == "nobr") {
    reconstruct();
    if (has_in_scope(name, kScope)) adopt(name);
  }
  const bool is_block = lists(kBlocks, name) || lists(kHeadings, name) ||
                        lists(" p hr table plaintext textarea iframe noembed ", name);
  if (!is_block) reconstruct();
  auto* const node = insert(token);
  if (lists(kFormatting, name)) formatting_.push_back(node);
  if (lists(" object marquee ", name)) formatting_.push_back(nullptr);
  if (lists(kVoid, name)) stack_.pop_back();
}

void SlowTree::start_item(const SlowToken& token) {
  const std::string_view same = token.name == "li" ? " li " : " dd dt ";
  for (auto i = stack_.size(); i-- > 0;) {
    const auto name = stack_[i]->name;
    if (lists(same, name)) {
      pop_through(name);
      break;
    }
    if (lists(kSpecial, name) && !lists(" address div p ", name)) break;
  }
  close_p();
  insert(token);
}

void SlowTree::end_in_body(const SlowToken& token) {
  const auto& name = token.name;
  if (lists(" body html head ", name) || lists(kTableParts, name) || name == "table") return;
  if (name == "br") {
    reconstruct();
    insert({SlowToken::Start, "br", {}, ""});
    stack_.pop_back();
  } else if (name == "p") {
    if (!has_in_scope("p", kButtonScope)) insert({SlowToken::Start, "p", {}, ""});
    pop_through("p");
  } else if (lists(kHeadings, name)) {
    for (const std::string one : {"h1", "h2", "h3", "h4", "h5", "h6"}) {
      if (!has_in_scope(one, kScope)) continue;
      while (!lists(kHeadings, stack_.back()->name)) stack_.pop_back();
      stack_.pop_back();
      return;
    }
  } else if (lists(kBlocks, name) || lists(" button dd dt object marquee ", name)) {
    if (!has_in_scope(name, kScope)) return;
    pop_through(name);
    if (lists(" object marquee ", name)) clear_to_marker();
  } else if (name == "li") {
    if (has_in_scope(name, kListScope)) pop_through(name);
  } else if (lists(kFormatting, name)) {
    adopt(name);
  } else {
    any_other_end(name);
  }
}

void SlowTree::any_other_end(const std::string& name) {
  for (auto i = stack_.size(); i-- > 0;) {
    if (stack_[i]->name == name) {
      stack_.resize(i);
      return;
    }
    if (lists(kSpecial, stack_[i]->name)) return;
  }
}

// ---- nodes and stack

SlowNode* SlowTree::make(const SlowToken& token) {
  all_.push_back(std::make_unique<SlowNode>(SlowNode{token.name, "", token.attributes, nullptr, {}}));
  return all_.back().get();
}

SlowNode* SlowTree::insert(const SlowToken& token) {
  auto* const node = make(token);
  put(node, stack_.back());
  stack_.push_back(node);
  return node;
}

void SlowTree::insert_text(const std::string& text) {
  auto* const node = make({});
  node->text = text;
  put(node, stack_.back());
}

/// The appropriate place for inserting a node, where `target` would be its parent (13.2.6.1).
void SlowTree::put(SlowNode* node, SlowNode* target) {
  if (node->parent != nullptr) std::erase(node->parent->kids, node);
  auto at = target->kids.end();
  const bool is_moved = std::ranges::any_of(stack_, [](auto* one) { return one->name == "table"; }) &&
                        is_fostering_ && lists(" table tbody tfoot thead tr ", target->name);
  if (is_moved) {
    const auto table =
        std::find_if(stack_.rbegin(), stack_.rend(), [](auto* one) { return one->name == "table"; });
    auto* const above = *(table + 1);
    target = (*table)->parent != nullptr ? (*table)->parent : above;
    at = (*table)->parent != nullptr ? std::ranges::find(target->kids, *table) : target->kids.end();
  }
  node->parent = target;
  target->kids.insert(at, node);
}

bool SlowTree::has_in_scope(const std::string& name, std::string_view barriers) const {
  for (auto i = stack_.size(); i-- > 0;) {
    if (stack_[i]->name == name) return true;
    if (lists(barriers, stack_[i]->name)) return false;
  }
  return false;
}

void SlowTree::pop_through(const std::string& name) {
  while (stack_.back()->name != name) stack_.pop_back();
  stack_.pop_back();
}

void SlowTree::pop_until(std::string_view names) {
  while (!lists(names, stack_.back()->name)) stack_.pop_back();
}

void SlowTree::clear_to_marker() {
  while (!formatting_.empty() && formatting_.back() != nullptr) formatting_.pop_back();
  if (!formatting_.empty()) formatting_.pop_back();
}

void SlowTree::close_p() {
  if (has_in_scope("p", kButtonScope)) pop_through("p");
}

}  // namespace pams::test
