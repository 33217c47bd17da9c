/// Proof that a step happened; only the step itself can make one. The function that releases a message takes
/// receipts as parameters, so a path that skips a step does not compile. The payload is what the step has
/// learnt, for whoever comes after it.
#pragma once

#include <utility>
#include <variant>

namespace pams::milter {

template <class Issuer, class Payload = std::monostate>
class Receipt {
 public:
  const Payload& payload() const { return payload_; }

 private:
  friend Issuer;
  explicit Receipt(Payload payload = {}) : payload_(std::move(payload)) {}
  Payload payload_;
};

}  // namespace pams::milter
