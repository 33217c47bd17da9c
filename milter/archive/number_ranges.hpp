/// Sets of entry numbers, written short: "1-5,7,9-20". Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pams::milter::archive {

class NumberRanges {
 public:
  /// `number` must be greater than every one before.
  void add(std::int64_t number);
  /// Adds what `text` lists, in any order; what is no list adds nothing.
  void add_all(std::string_view text);
  bool contains(std::int64_t number) const;
  std::string text() const;

 private:
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges_;  ///< first, last
};

}  // namespace pams::milter::archive
