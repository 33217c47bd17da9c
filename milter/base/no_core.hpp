/// A process that has messages or keys in its memory never writes that memory to a core file.
#pragma once

namespace pams::milter {

/// Before there is anything to hide. What the process starts is not affected.
void never_dump_core() noexcept;

}  // namespace pams::milter
