/// The header of a carrier as it comes, line by line: what the reader wants of it. The caller bounds its
/// size. One object, one carrier, one thread.
#pragma once

#include <optional>
#include <string>

#include "milter/seal/carrier.hpp"

namespace pams::milter::seal {

class CarrierHeader {
 public:
  /// A line without its end, not empty. Failure::Refused when it is neither a field nor a continuation.
  Status add_line(const std::string& line);
  /// At the blank line. Failure::Refused unless there was exactly one X-PAMS-Sealed, and a good one.
  Result<CarrierReader::Header> finish();

 private:
  enum class Field { None, Received, Sealed, Other };
  Status begin_field(const std::string& line);

  Field field_ = Field::None;
  std::string received_;
  std::optional<std::string> sealed_;
};

}  // namespace pams::milter::seal
