/// A whole configuration in a directory of its own, and the services that a milter gets from it: real rules,
/// a real archive and token file; only the MTA's routing is a word of the test.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "milter/session/services.hpp"
#include "tests/support/temporary_directory.hpp"

namespace pams::test {
using namespace pams::milter;

class RoutingIs : public routing::RouteGuard {
 public:
  explicit RoutingIs(bool fine, bool flag_survives = true) : fine_(fine), flag_survives_(flag_survives) {}
  Status verified(const rules::OutboundConnector&) override {
    if (fine_) return {};
    return fail(Failure::Misconfigured, "milter_header_checks is not set");
  }
  Status flag_survives(const rules::OutboundConnector&) override {
    if (flag_survives_) return {};
    return fail(Failure::Misconfigured, "a rule of header_checks removes the flag");
  }

 private:
  bool fine_;
  bool flag_survives_;
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
  /// As write_settings().
  explicit Gateway(const std::string& rules = "", const std::pair<std::string, std::string>& replace = {});

  /// Writes the configuration file again; `replace` changes a text of it.
  void write_settings(const std::string& rules,
                      const std::pair<std::string, std::string>& replace = {}) const;
  std::string settings_file() const { return directory_ / "pams-milter.toml"; }
  std::string control_socket() const { return directory_ / "control"; }
  std::string socket() const { return directory_ / "pams.sock"; }
  std::string archive() const { return directory_ / "archive"; }
  std::string key_file() const { return directory_ / "seal.key"; }
  /// A copy that the test may change before it starts a milter.
  std::shared_ptr<session::Services> services() const {
    return std::make_shared<session::Services>(services_);
  }

 private:
  pams::test::TemporaryDirectory directory_;
  session::Services services_;
};

}  // namespace pams::test
