/// Postfix as the Mta: its own postconf and postmap answer, on the configuration in one directory. Besides
/// the seam's questions it edits that configuration, for `pamsctl setup`. It never reloads Postfix. Any
/// thread; an edit is one writer's at a time (postconf replaces the file as a whole).
#pragma once

#include <chrono>
#include <span>

#include "milter/mta/mta.hpp"

namespace pams::milter::mta {

class Postfix final : public Mta {
 public:
  explicit Postfix(std::string config_directory,
                   std::chrono::milliseconds timeout = std::chrono::seconds(10));

  Result<std::string> parameter(const std::string& name) const override;
  Result<std::map<std::string, std::string>> parameters(
      const std::vector<std::string>& names, const std::vector<std::string>& overrides) const override;
  Result<std::vector<std::string>> services() const override;
  Result<std::vector<std::string>> service_parameters() const override;
  Result<std::optional<std::string>> lookup(const std::string& map, const std::string& key) const override;
  Result<std::vector<std::string>> map_types() const override;
  const std::string& config_directory() const override { return config_directory_; }

  /// As written in main.cf, or the default: macros not expanded. Unknown names are missing in the answer.
  Result<std::map<std::string, std::string>> written(const std::vector<std::string>& names) const;

  /// `postconf -e`: "name=value" each. All of them or none.
  Status set_parameters(const std::vector<std::string>& assignments) const;
  /// `postconf -M`: writes a whole service, "name/type" -> its line. Makes it when it is not there.
  Status set_service(const std::string& key, const std::string& line) const;

  /// `postconf -P`: "service/type/name=value"; the value has no blanks.
  Status set_service_parameter(const std::string& assignment) const;

 private:
  Result<std::string> ask(const std::string& program, const std::vector<std::string>& arguments) const;

  std::string config_directory_;
  std::chrono::milliseconds timeout_;
  std::string postconf_;
  std::string postmap_;
};

}  // namespace pams::milter::mta
