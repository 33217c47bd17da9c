/// [[transport_rule.do]]. Internal to the loader; any thread.
#pragma once

#include "rules/load/sections.hpp"

namespace pams::rules {

/// Adds the actions of the rule `table`, whose properties have been read, to `rule`. What they name must
/// exist, none may touch what decides the route, and with the rules before them (`names`) they must make
/// sense.
void read_actions(const schema::Value& table, const Reading& reading, Names& names, TransportRule& rule);

}  // namespace pams::rules
