#include "rules/policy/difference.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/policy/flag.hpp"

namespace pams::rules {
namespace {

using Fields = std::vector<const HeaderField*>;

std::map<std::string, Fields> by_name(const Headers& headers) {
  std::map<std::string, Fields> groups;
  for (const auto& field : headers.fields()) groups[header_key(field.name)].push_back(&field);
  return groups;
}

std::size_t common(const Fields& a, const Fields& b) {
  std::size_t n = 0;
  while (n < a.size() && n < b.size() && a[n]->value == b[n]->value) ++n;
  return n;
}

/// How many at the end are equal, after the first `front`.
std::size_t common_tail(const Fields& a, const Fields& b, std::size_t front) {
  std::size_t n = 0;
  while (n + front < std::min(a.size(), b.size()) && a[a.size() - 1 - n]->value == b[b.size() - 1 - n]->value)
    ++n;
  return n;
}

/// The fields of one name. What is new goes to the end: an MTA can put a field nowhere else reliably.
void diff_group(const Fields& received, const Fields& wanted, std::vector<Effect>& effects) {
  const auto front = common(received, wanted);
  const auto tail = wanted.size() <= received.size() ? common_tail(received, wanted, front) : 0;
  const auto old_end = received.size() - tail;
  const auto new_end = wanted.size() - tail;
  const auto name_of = [](const HeaderField* field) { return std::string(text::trim(field->name)); };
  auto i = front;
  for (; i < old_end && i < new_end; ++i)
    if (received[i]->value != wanted[i]->value)
      effects.emplace_back(
          ChangeHeader{name_of(received[i]), static_cast<unsigned>(i + 1), wanted[i]->value});
  for (auto last = old_end; last > i; --last)
    effects.emplace_back(
        ChangeHeader{name_of(received[last - 1]), static_cast<unsigned>(last), std::nullopt});
  for (; i < new_end; ++i) effects.emplace_back(AddHeader{wanted[i]->name, wanted[i]->value});
}

/// Received fields with the changes made; deleted ones are marked by an empty name.
class Replay {
 public:
  explicit Replay(const Headers& received) : fields_(received.fields()) {
    for (std::size_t i = 0; i < fields_.size(); ++i) places_[header_key(fields_[i].name)].push_back(i);
  }
  void change(const ChangeHeader& change) {
    auto& field = fields_.at(places_.at(header_key(change.name)).at(change.index - 1));
    field = change.value ? HeaderField{change.name, *change.value} : HeaderField{};
  }
  void add(const AddHeader& added) { fields_.push_back({added.name, added.value}); }
  void insert(const InsertHeader& inserted) {
    on_top_.insert(on_top_.begin(), {inserted.name, inserted.value});
  }
  Headers finish() {
    std::erase_if(fields_, [](const HeaderField& field) { return field.name.empty(); });
    fields_.insert(fields_.begin(), on_top_.begin(), on_top_.end());
    return Headers(std::move(fields_));
  }

 private:
  std::vector<HeaderField> fields_;
  std::vector<HeaderField> on_top_;
  std::map<std::string, std::vector<std::size_t>> places_;
};

}  // namespace

std::vector<Effect> difference(const Message& received, const Message& wanted) {
  const auto before = by_name(received.headers);
  const auto after = by_name(wanted.headers);
  static const Fields kNone;
  const auto in = [](const auto& groups, const std::string& key) -> const Fields& {
    const auto found = groups.find(key);
    return found == groups.end() ? kNone : found->second;
  };
  std::vector<Effect> effects;
  std::set<std::string> done;
  // In the order of the message, so that a reader of the plan finds his way.
  for (const auto* headers : {&received.headers, &wanted.headers})
    for (const auto& field : headers->fields())
      if (const auto key = header_key(field.name); done.insert(key).second)
        diff_group(in(before, key), in(after, key), effects);
  if (received.body.view() != wanted.body.view())
    effects.emplace_back(ReplaceBody{wanted.body, wanted.header_end});
  return effects;
}

Message carry_out(const Message& received, std::span<const Effect> effects) {
  Replay header(received.headers);
  auto body = received.body;
  auto header_end = received.header_end;
  for (const auto& effect : effects)
    std::visit(overloaded{
                   [&](const ChangeHeader& e) { header.change(e); },
                   [&](const AddHeader& e) { header.add(e); },
                   [&](const InsertHeader& e) { header.insert(e); },
                   [&](const ReplaceBody& e) {
                     body = e.body;
                     header_end = e.header_end;
                   },
                   [](const ReturnHeadersOnly&) {},
                   [](const AddRecipient&) {},
               },
               effect);
  return {header.finish(), std::move(body), header_end};
}

}  // namespace pams::rules
