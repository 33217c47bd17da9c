/// What must change in a Postfix so that it carries the routing: the site as it is in, changes as data out.
/// The site's own milters, tables and settings stay. Pure (the reading is in postfix_setup.hpp); any thread.
#pragma once

#include <string>
#include <vector>

#include "milter/config/config.hpp"
#include "milter/setup/postfix/postfix_site.hpp"
#include "milter/setup/setup_plan.hpp"

namespace pams::milter::setup {

/// The main.cf parameters that a Site must hold for `policy`.
std::vector<std::string> parameters_of_interest(const rules::Policy& policy);

/// `outbound`: the listeners whose mail gets the guard rules, by name ("submission") or name and type
/// ("smtp/inet"). Empty: no listener is moved; those with a cleanup of ours keep it.
SetupPlan plan_setup(const Config& config, const std::vector<std::string>& outbound, const Site& site);

}  // namespace pams::milter::setup
