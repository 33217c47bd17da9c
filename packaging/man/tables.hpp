/// The tables of the manual pages, made from what the programs themselves read: a key, condition, check or
/// event that is added in the code is in the manual. The text is markup as in markup.hpp. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace pams::manual {

/// `page` with each line `@NAME@` replaced by its table:
///
///     @keys [trust]@    the keys of a table of the configuration
///     @other_keys@      all tables that have no such line on the page, but rules and journal rules, which
///     pams-rules(5) has
///     @conditions@      @actions@      @events@      @metrics@      @checks@      @commands@
///
/// `commands`: what `pamsctl` says of itself. Throws std::runtime_error for a name that is none of these.
std::string with_tables(std::string_view page, const nlohmann::json& commands);

}  // namespace pams::manual
