#include "rules/html/open_elements.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/html/element_traits.hpp"
#include "rules/html/html_attributes.hpp"
#include "rules/html/visibility.hpp"

namespace pams {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

/// Elements in which a disclaimer would not be shown as text, or not to all.
bool is_no_place(std::string_view name) {
  return is_one_of(name, {"svg", "math", "select", "button", "object", "applet", "video", "audio", "canvas",
                          "details", "dialog", "noscript", "marquee", "template", "datalist", "rp"});
}

}  // namespace

OpenElements::Name& OpenElements::name_of(std::string_view name) {
  auto lower = text::to_lower(name);
  const auto traits = html_traits(lower);
  const auto [at, is_new] = names_.try_emplace(lower);
  if (is_new) at->second = {std::move(lower), traits, {}, false};
  return at->second;
}

OpenElements::Index OpenElements::top() const { return stack_.empty() ? Index{} : Index{stack_.size() - 1}; }

std::string_view OpenElements::top_name() const {
  return stack_.empty() ? std::string_view{} : std::string_view(stack_.back().name->name);
}

OpenElements::Index OpenElements::nearest(Name& name) {
  while (!name.open.empty() && stack_[name.open.back()].is_dead) name.open.pop_back();
  return name.open.empty() ? Index{} : Index{name.open.back()};
}

OpenElements::Index OpenElements::nearest_of(std::initializer_list<std::string_view> names) {
  Index found;
  for (const auto name : names) found = std::max(found, nearest(name));
  return found;
}

bool OpenElements::is_in_table() const {
  if (stack_.empty() || !stack_.back().part) return false;
  return !is_one_of(stack_[*stack_.back().part].name->name, {"td", "th", "caption", "template"});
}

bool OpenElements::is_moved_out() const {
  return no_place_ && is_in_table() && *stack_.back().table <= no_place_->element;
}

void OpenElements::push(Name& name, const HtmlToken* tag) {
  Element element;
  if (!stack_.empty()) element = stack_.back();
  element.name = &name;
  element.is_dead = false;
  const auto here = stack_.size();
  const auto traits = name.traits;
  const bool is_foreign = is_one_of(name.name, {"svg", "math"});
  element.hides = tag != nullptr && note_no_place(name, *tag);
  if ((traits & kBarrier) != 0) {
    element.barrier = element.list = here;
    element.p.reset();
  }
  if (name.name == "p") element.p = here;
  if (name.name == "button") element.p.reset();
  if ((traits & kList) != 0) element.list = here;
  if ((traits & kSpecial) != 0) element.special = here;
  if ((traits & kSpecial) != 0 && !is_one_of(name.name, {"address", "div", "p"}))
    element.other_special = here;
  if (is_one_of(name.name, {"table", "template"})) element.table = here;
  if ((traits & kTablePart) != 0 || is_one_of(name.name, {"table", "template"})) element.part = here;
  if (name.name == "select") element.select = here;
  if (is_foreign) element.foreign = here;
  if (is_foreign || is_one_of(name.name, {"select", "template"})) element.two_ways = here;
  stack_.push_back(element);
  name.open.push_back(here);
}

/// Whether the tag's own attributes hide it, or may do so.
bool OpenElements::note_no_place(const Name& name, const HtmlToken& tag) {
  const auto visibility = html_visibility(tag.inside);
  const bool is_shown = visibility == HtmlVisibility::Shown;
  if (no_place_ || (is_shown && !is_no_place(name.name))) return !is_shown;
  const bool is_hidden =
      visibility == HtmlVisibility::Hidden || is_one_of(name.name, {"template", "datalist", "rp"});
  no_place_ = {stack_.size(), tag.begin, is_hidden, is_in_table()};
  return !is_shown;
}

/// Pops `element` and all above it.
void OpenElements::pop_to(std::size_t element, bool by_own_tag) {
  if (no_place_ && no_place_->element >= element) no_place_.reset();
  while (stack_.size() > element) {
    const bool is_own = by_own_tag && stack_.size() == element + 1;
    if (!is_own && !stack_.back().is_dead) cut_off(stack_.back());
    auto& open = stack_.back().name->open;
    if (!open.empty() && open.back() == stack_.size() - 1) open.pop_back();
    stack_.pop_back();
  }
  shrink();
}

/// A formatting element that its own end tag did not close is opened again by what follows, and goes on
/// hiding.
void OpenElements::cut_off(const Element& element) {
  if ((element.name->traits & kFormatting) == 0) return;
  element.name->may_be_reopened = is_any_cut_off_ = true;
  if (element.hides) is_doubtful_ = true;
}

/// Takes `element` from the middle of the stack.
void OpenElements::take_out(std::size_t element) {
  if (no_place_ && no_place_->element == element) {
    is_doubtful_ = true;
    no_place_.reset();
  }
  cut_off(stack_[element]);
  stack_[element].is_dead = true;
  shrink();
}

/// The top is never dead.
void OpenElements::shrink() {
  while (!stack_.empty() && stack_.back().is_dead) {
    auto& open = stack_.back().name->open;
    if (!open.empty() && open.back() == stack_.size() - 1) open.pop_back();
    stack_.pop_back();
  }
}

void OpenElements::other(const HtmlToken& token, std::string_view bytes) {
  if (is_in_head_ && token.kind == HtmlKind::Text && !std::ranges::all_of(bytes, is_html_blank)) {
    is_in_head_ = false;
    if (!stack_.empty()) is_doubtful_ = true;  // text in a noscript ends the head
  }
  if (stack_.empty()) return;
  const auto& top = stack_.back();
  const bool is_raw = token.kind == HtmlKind::Rcdata || token.kind == HtmlKind::RawText;
  if (top.two_ways && is_raw && bytes.find('<') != std::string_view::npos) is_doubtful_ = true;
  if (top.foreign && token.is_cdata() && !bytes.ends_with("]]>")) is_doubtful_ = true;
}

}  // namespace pams
