/// What starting a program takes: a pipe, and its arguments as the kernel wants them. Any thread.
#pragma once

#include <string>
#include <vector>

#include "milter/base/fd.hpp"
#include "rules/base/result.hpp"

namespace pams::milter {

struct Pipe {
  Fd read;
  Fd write;
};
/// Both ends close on exec. Failure::Temporary when there are no descriptors.
Result<Pipe> open_pipe();

/// For argv and environ: pointers into `strings`, which must outlive them, and a null pointer at the end.
std::vector<char*> c_strings(const std::vector<std::string>& strings);

}  // namespace pams::milter
