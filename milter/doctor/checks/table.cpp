#include "milter/doctor/check.hpp"

namespace pams::milter::doctor {

#define CHECK(id) extern const Check id;
#include "milter/doctor/checks/table.def"
#undef CHECK

namespace {
constexpr const Check* kAll[] = {
#define CHECK(id) &id,
#include "milter/doctor/checks/table.def"
#undef CHECK
};
}  // namespace

std::span<const Check* const> checks() { return kAll; }

}  // namespace pams::milter::doctor
