#include "milter/smart_host/smart_host_probe.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/tls_peer.hpp"

using namespace pams;
using namespace pams::milter;
using pams::test::PeerCertificate;
using pams::test::TlsPeer;

namespace {

/// "resolve ok, connect ok, ehlo ok, ..."
std::string probed(TlsPeer::Script script) {
  const TlsPeer peer(std::move(script));
  rules::OutboundConnector connector;
  connector.smart_hosts = {{"127.0.0.1", peer.port()}};
  connector.tls_domain = pams::test::kPeerName;
  connector.tls_ca_file = peer.ca_file();
  connector.max_message_size = 1'000'000;
  connector.username = "gateway";
  const auto reports = smart_host::probe_smart_hosts(
      connector, {"gateway.test", "s3cret", std::chrono::steady_clock::now() + std::chrono::seconds(60)});
  std::string out;
  for (const auto& stage : reports.at(0).stages)
    out += std::string(out.empty() ? "" : ", ") + std::string(stage.stage) + " " +
           std::string(smart_host::to_string(stage.status));
  return out;
}

TlsPeer::Script with_user() {
  TlsPeer::Script script;
  script.user = "gateway";
  script.password = "s3cret";
  return script;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smart_host_probe)

BOOST_AUTO_TEST_CASE(every_stage_of_a_good_smart_host_is_reported) {
  BOOST_TEST(
      probed(with_user()) ==
      "resolve ok, connect ok, ehlo ok, starttls ok, tls ok, chain ok, name ok, expiry ok, size ok, auth ok");
}

BOOST_AUTO_TEST_CASE(after_a_bad_certificate_all_about_it_is_told_and_nothing_else_is_reached) {
  auto script = with_user();
  script.certificate = PeerCertificate::SelfSigned;
  BOOST_TEST(
      probed(std::move(script)) ==
      "resolve ok, connect ok, ehlo ok, starttls ok, tls ok, chain fail, name ok, expiry ok, size skipped, auth skipped");
}

BOOST_AUTO_TEST_CASE(a_limit_below_max_message_size_is_a_fault_of_the_connector) {
  auto script = with_user();
  script.words = {"SIZE 999999"};
  BOOST_TEST(
      probed(std::move(script)) ==
      "resolve ok, connect ok, ehlo ok, starttls ok, tls ok, chain ok, name ok, expiry ok, size fail, auth skipped");
}

BOOST_AUTO_TEST_SUITE_END()
