/// A whole configuration in a folder of its own, and the services that a milter gets from it: real rules, a
/// real archive and token file; only the MTA's routing is a word of the test.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "milter/session/services.hpp"
#include "tests/support/temporary_folder.hpp"

namespace pams::milter::test {

inline const std::string kToken = "0123456789abcdef0123456789abcdef";

class RoutingIs : public RouteGuard {
 public:
  explicit RoutingIs(bool fine) : fine_(fine) {}
  Status verified(const rules::OutboundConnector&) override {
    if (fine_) return {};
    return fail(Failure::Misconfigured, "milter_header_checks is not set");
  }
  Status flag_survives(const rules::OutboundConnector&) override { return {}; }

 private:
  bool fine_;
};

/// Keeps disclaimers and archives out of the way: flagged mail is archived in "compliance".
inline const std::string kArchiveFlagged = R"(
[[transport_rule]]
name = "Keep secure mail"
[transport_rule.if]
header_matches_patterns = { header = "zivver-relay", patterns = [".*"] }
[[transport_rule.do]]
archive = { to = "compliance" }
)";

class Gateway {
 public:
  explicit Gateway(const std::string& rules = "");

  /// Writes the configuration file again; `replace` changes a text of it.
  void write_settings(const std::string& rules,
                      const std::pair<std::string, std::string>& replace = {}) const;
  std::string settings_file() const { return folder_ / "pams-milter.toml"; }
  std::string control_socket() const { return folder_ / "control"; }
  std::string socket() const { return folder_ / "pams.sock"; }
  std::string archive() const { return folder_ / "archive"; }
  std::string token_file() const { return folder_ / "route.token"; }
  /// A copy that the test may change before it starts a milter.
  std::shared_ptr<Services> services() const { return std::make_shared<Services>(services_); }

 private:
  pams::test::TemporaryFolder folder_;
  Services services_;
};

}  // namespace pams::milter::test
