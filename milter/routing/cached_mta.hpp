/// An Mta that asks each question once, within one timeout for all, and knows which files the answers came
/// from. For one evaluation of the checks: they all see one state of the MTA. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <set>

#include "milter/base/file_stamp.hpp"
#include "milter/mta/mta.hpp"

namespace pams::milter::routing {

class CachedMta final : public mta::Mta {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  /// Questions after `timeout` fail: a slow Postfix means "not verified", not a session that hangs.
  CachedMta(const mta::Mta& mta, std::chrono::seconds timeout, Clock clock);

  Result<std::string> parameter(const std::string& name) const override;
  Result<std::map<std::string, std::string>> parameters(
      const std::vector<std::string>& names, const std::vector<std::string>& overrides) const override;
  Result<std::vector<std::string>> services() const override;
  Result<std::vector<std::string>> service_parameters() const override;
  Result<std::optional<std::string>> lookup(const std::string& map, const std::string& key) const override;
  Result<std::vector<std::string>> map_types() const override;
  const std::string& config_directory() const override { return mta_.config_directory(); }

  /// Taken before the file was first read, so that a change in between is noticed.
  const std::vector<FileStamp>& files() const { return files_; }
  void watch(const std::string& path) const;
  /// A table was asked that is no file (LDAP, a socket): its answers can change unseen.
  bool asked_beyond_files() const { return beyond_files_; }

 private:
  void watch_map(std::string_view map) const;
  bool is_late() const { return clock_() >= deadline_; }

  const mta::Mta& mta_;
  Clock clock_;
  std::chrono::steady_clock::time_point deadline_;
  mutable std::vector<FileStamp> files_;
  mutable std::set<std::string> watched_;
  mutable bool beyond_files_ = false;
  mutable std::optional<Result<std::vector<std::string>>> services_, service_parameters_;
  mutable std::map<std::string, Result<std::map<std::string, std::string>>> parameters_;
  mutable std::map<std::string, Result<std::optional<std::string>>> lookups_;
};

}  // namespace pams::milter::routing
