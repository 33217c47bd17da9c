/// `pamsctl setup postfix --remove`.
#pragma once

#include "milter/config/config.hpp"
#include "milter/mta/postfix/postfix.hpp"

namespace pams::milter::ctl {

struct RemovalOptions {
  bool apply = false;
  bool json = false;
  bool with_guard_rules = false;
};

/// The exit code.
int run_removal(const RemovalOptions& options, const Config& config, const mta::Postfix& postfix,
                const std::string& now_utc);

}  // namespace pams::milter::ctl
