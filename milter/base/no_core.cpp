#include "milter/base/no_core.hpp"

#include <sys/prctl.h>

namespace pams::milter {

// Unlike RLIMIT_CORE this holds for programs too that kernel.core_pattern names.
void never_dump_core() noexcept { (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

}  // namespace pams::milter
