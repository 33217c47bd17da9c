/// Proof that a step happened; only the step itself can make one. The function that releases a message takes
/// receipts as parameters, so a path that skips a step does not compile.
#pragma once

#include <string>
#include <utility>

namespace pams::milter {

template <class Issuer>
class Receipt {
 public:
  const std::string& id() const { return id_; }

 private:
  friend Issuer;
  explicit Receipt(std::string id) : id_(std::move(id)) {}
  std::string id_;
};

}  // namespace pams::milter
