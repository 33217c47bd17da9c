/// A milter that runs with numbered configurations and is asked to reload them.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "milter/control/control_socket.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/milter_client.hpp"
#include "tests/support/running_milter.hpp"

namespace pams::test {
using namespace pams::milter;

inline constexpr std::chrono::seconds kTimeout(60);
inline constexpr std::string_view kPlainMail = "Subject: hello\n\nhello\n";
inline constexpr std::string_view kSecretMail = "zivver-relay: relay-1\n\nsecret\n";

/// Two rules that mark a message with the configuration's number: one message must never carry two numbers.
inline std::string numbered(const std::string& number, const std::string& more = "") {
  return R"(
[[transport_rule]]
name = "First"
[[transport_rule.do]]
set_header = { name = "X-First", value = ")" +
         number + R"(" }
)" + more +
         R"(
[[transport_rule]]
name = "Last"
[[transport_rule.do]]
set_header = { name = "X-Last", value = ")" +
         number + R"(" }
)";
}

inline const std::string kLooksAtBodies = R"(
[[transport_rule]]
name = "Looks at bodies"
[transport_rule.if]
subject_or_body_contains_words = ["the word"]
[[transport_rule.do]]
reject_message = { reason_text = "not that word" }
)";

/// What a milter gets in the real daemon; only the MTA's routing is a word of the test.
inline daemon::Wire real_wiring() {
  return [wiring = std::make_shared<daemon::Wiring>()](std::shared_ptr<const Config> config) {
    auto wired = wiring->wire(std::move(config));
    auto services = std::make_shared<session::Services>(*wired.services);
    services->route_guard = std::make_shared<RoutingIs>(true);
    return daemon::Wired{std::move(services), wired.remarks};
  };
}

struct ReloadFixture {
  const Gateway gateway{numbered("1")};
  RunningMilter milter{gateway.services()->config, real_wiring(), gateway.control_socket()};

  control::ControlAnswer reload() const {
    const auto answer = control::ask_to_reload(gateway.control_socket(), gateway.settings_file(), kTimeout);
    BOOST_TEST_REQUIRE(answer.has_value(), (answer ? "" : answer.error().what));
    return *answer;
  }
  void reload_with(const std::string& rules) const {
    gateway.write_settings(rules);
    const auto answer = reload();
    BOOST_TEST(answer.reloaded, answer.text);
  }
};

inline std::string value_of(const Ending& ending, const std::string& header) {
  for (const auto& one : ending.modifications) {
    const auto at = one.data.find(header + "|");
    if (one.kind == 'h' && at != std::string::npos) {
      const auto value = one.data.substr(at + header.size() + 1);
      return value.substr(value.find_first_not_of(' '));
    }
  }
  return "";
}

/// Both marks, which must be the same.
inline std::string configuration_of(const Ending& ending) {
  const auto first = value_of(ending, "X-First");
  BOOST_TEST(first == value_of(ending, "X-Last"));
  return first;
}

struct Connection : MilterClient {
  explicit Connection(const Gateway& gateway, Offer offer = {}) : MilterClient(gateway.socket(), offer) {
    connect();
  }
  Ending send_one(std::string_view eml = kPlainMail) {
    return send("ann@example.org", {"bob@example.net"}, eml);
  }
  void begin(const std::string& name, const std::string& value) {
    mail("ann@example.org");
    recipient("bob@example.net");
    header(name, value);
    end_of_header();
  }
};

}  // namespace pams::test
