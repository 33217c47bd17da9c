#include "milter/routing/sendmail_feature.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams;
using namespace pams::milter;

namespace {

Config config_with(const std::string& relay_socket, unsigned relay_port = 0) {
  Config config;
  config.settings.listen.unix_path = "/run/pams-milter/pams.sock";
  config.settings.relay.listen.unix_path = relay_socket;
  config.settings.relay.listen.host = relay_port == 0 ? "" : "127.0.0.1";
  config.settings.relay.listen.port = relay_port;
  rules::OutboundConnector connector;
  connector.name = "Zivver";
  connector.transport = "pams";
  connector.smart_hosts = {{"smtp.zivver.example", 25}};
  config.policy.connectors = {connector};
  return config;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(sendmail_feature_file)

BOOST_AUTO_TEST_CASE(the_mailer_speaks_lmtp_to_the_relays_socket) {
  const auto file = routing::sendmail_feature(config_with("/run/pams-milter/relay.sock"));
  BOOST_TEST(holds(file, "Mpams,\t\tP=[IPC], F=mzX8uhk, "));
  BOOST_TEST(holds(file, "A=FILE /run/pams-milter/relay.sock\n"));
  BOOST_TEST(!holds(file, "smtp.zivver.example"));  // who the smart host is, the relay alone knows
}

BOOST_AUTO_TEST_CASE(a_relay_on_a_port_is_spoken_to_there) {
  BOOST_TEST(routing::sendmail_relay(config_with("", 10025)) == "TCP [127.0.0.1] 10025");
  auto config = config_with("", 10025);
  config.settings.relay.listen.host = "::1";
  config.settings.relay.listen.ipv6 = true;
  BOOST_TEST(routing::sendmail_relay(config) == "TCP [IPv6:::1] 10025");
}

BOOST_AUTO_TEST_CASE(the_milter_defers_all_mail_while_it_is_down) {
  BOOST_TEST(
      holds(routing::sendmail_feature(config_with("/r")), "`S=unix:/run/pams-milter/pams.sock, F=T, "));
}

BOOST_AUTO_TEST_CASE(a_name_that_m4_or_sendmail_would_read_as_its_own_is_an_obstacle) {
  BOOST_TEST(routing::sendmail_obstacles(config_with("/run/pams-milter/relay.sock")).empty());
  for (const auto* odd : {"/run/a b", "/run/a,b", "/run/a`b", "/run/a'b", "/run/$a", "/run/#a"})
    BOOST_TEST(routing::sendmail_obstacles(config_with(odd)).size() == 1U, odd);
  auto config = config_with("/run/pams-milter/relay.sock");
  config.policy.connectors.front().transport = "to-zivver";
  BOOST_TEST(routing::sendmail_obstacles(config).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
