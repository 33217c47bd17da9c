/// Standard output of pamsctl: what std::cout writes goes through here, so that a full disk or a closed pipe
/// is an exit code, and a long answer on a terminal goes through a pager. For the program's one thread.
#pragma once

namespace pams::milter::ctl::output {

/// Takes std::cout over, for the whole process. A write error is then kept and not a signal.
void take_standard_output();

/// From here on through $PAGER, or `less -FRX` where that is; does nothing unless standard output is a
/// terminal.
void page();

/// Whether anybody still reads: a long list may stop when not.
bool is_open();

/// Writes what is left and waits for the pager. `code`, or 1 with a line on standard error when not all was
/// written; whoever leaves the pager early has seen enough, which is no error.
int finish(int code);

}  // namespace pams::milter::ctl::output
