/// Names of exported files that a person can read:
/// "2026-11-27_101500_ann@example.org_Annual-report_9f2c41d0e1b2.eml". Letters, digits and . _ - @ + and
/// harmless characters beyond ASCII; at most 200 bytes; never the same name twice for one NameGiver. Belongs
/// to one thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "milter/archive/record.hpp"

namespace pams::milter::archive {

class NameGiver {
 public:
  /// `ending` with its dot.
  std::string name_of(const RecordRow& row, std::string_view ending);

 private:
  std::unordered_set<std::string> taken_;
};

}  // namespace pams::milter::archive
