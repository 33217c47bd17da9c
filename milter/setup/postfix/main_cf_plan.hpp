/// The main.cf part of the setup. Pure; used by postfix_plan.cpp alone.
#pragma once

#include <string>
#include <vector>

#include "milter/config/config.hpp"
#include "milter/setup/postfix/postfix_site.hpp"
#include "milter/setup/setup_plan.hpp"

namespace pams::milter::setup {

/// The milter's address as every smtpd and cleanup of the site can reach it; a problem when they cannot.
std::string milter_address(const Config& config, const Site& site, std::vector<std::string>& problems);

void plan_main(const Config& config, const std::string& address, const Site& site, SetupPlan& plan);

/// The site's own header_checks tables, without ours.
std::vector<std::string> site_header_tables(const Site& site);

}  // namespace pams::milter::setup
