#pragma once

namespace pams {

/// std::visit(overloaded{[](const A&) {...}, [](const B&) {...}}, variant) without a catch-all:
/// a new alternative does not compile until every visitor has handled it.
template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;  // clang 14 cannot deduce aggregates

}  // namespace pams
