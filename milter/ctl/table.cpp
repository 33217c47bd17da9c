#include "milter/ctl/command.hpp"

namespace pams::milter::ctl {

#define COMMAND(id) extern const Command id;
#include "milter/ctl/table.def"
#undef COMMAND

namespace {
constexpr const Command* kAll[] = {
#define COMMAND(id) &id,
#include "milter/ctl/table.def"
#undef COMMAND
};
}  // namespace

std::span<const Command* const> commands() { return kAll; }

}  // namespace pams::milter::ctl
