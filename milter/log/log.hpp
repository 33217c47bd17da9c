/// One line per event, `key=value` or JSON, on standard error. Values are made safe for terminals and log
/// readers (control characters, broken UTF-8 and bidi overrides are escaped; long values are cut). Never give
/// it bodies, subjects or credentials. Any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pams::milter::log {

enum class Level { Debug, Info, Warning, Error, Critical };

/// One row of events.def: what can be logged, what it means, what to do.
struct Event {
  std::string_view name;
  Level level;
  std::string_view meaning;
  std::string_view remedy;  ///< "" when nothing is to be done
};

#define EVENT(id, level, meaning, remedy) extern const Event id;
#include "milter/log/events.def"
#undef EVENT

const std::vector<const Event*>& events();

using Field = std::pair<std::string_view, std::string>;

/// Chooses format and least level; before that: text, info. Again at any time.
void configure(std::string_view level, bool json);

void write(const Event& event, std::initializer_list<Field> fields);
void write(const Event& event, const std::vector<Field>& fields);

}  // namespace pams::milter::log
