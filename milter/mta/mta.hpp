/// The seam to the MTA's own configuration tools. Real: Postfix's postconf and postmap as child processes (no
/// shell). Fake in tests only for what the real thing cannot be made to show. Any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/result.hpp"

namespace pams::milter::mta {

class Mta {
 public:
  virtual ~Mta() = default;
  /// Effective value of a main.cf parameter, macros expanded (`postconf -c DIR -x -h NAME`).
  virtual Result<std::string> parameter(const std::string& name) const = 0;
  /// The same for many in one question, as they hold under a service's own `-o`: `overrides` are
  /// "name=value". Unknown names are missing in the answer.
  virtual Result<std::map<std::string, std::string>> parameters(
      const std::vector<std::string>& names, const std::vector<std::string>& overrides) const = 0;
  /// master.cf services, one line each as `postconf -M` prints them.
  virtual Result<std::vector<std::string>> services() const = 0;
  /// `postconf -P`: "service/type/parameter = value" lines, macros not expanded.
  virtual Result<std::vector<std::string>> service_parameters() const = 0;
  /// `postmap -q KEY MAP`; nullopt when the map has no answer. An unreadable or unknown map is an error.
  virtual Result<std::optional<std::string>> lookup(const std::string& map, const std::string& key) const = 0;
  /// Map types this MTA knows (`postconf -m`).
  virtual Result<std::vector<std::string>> map_types() const = 0;
  /// The directory of main.cf.
  virtual const std::string& config_directory() const = 0;
};

}  // namespace pams::milter::mta
