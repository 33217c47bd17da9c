/// The Postfix instances of this machine, by their configuration directories. Any thread.
#pragma once

#include <string>
#include <vector>

namespace pams::milter::doctor {

/// All but `ours` that have a main.cf: those that run (only root sees which), the default one, and those that
/// either names as multi_instance_directories. Each once.
std::vector<std::string> other_instances(const std::string& ours);

}  // namespace pams::milter::doctor
