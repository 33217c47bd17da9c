#include "milter/smart_host/certificate_expiry.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/milter/smart_host/connection_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

auto ask(const SmartHostSite& site, smart_host::Deadline deadline = ample()) {
  return smart_host::ask_certificate_expiry(site.connector, site.connector.smart_hosts[0], "gateway.test",
                                            deadline);
}

TlsPeer::Script with_certificate(PeerCertificate certificate) {
  TlsPeer::Script script;
  script.certificate = certificate;
  return script;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(certificate_expiry)

BOOST_AUTO_TEST_CASE(a_good_certificate_ends_later_and_an_expired_one_has_ended) {
  const auto now = std::chrono::system_clock::now();
  BOOST_TEST((ask(SmartHostSite()).value() > now));
  const auto ended = ask(SmartHostSite(with_certificate(PeerCertificate::Expired))).value();
  BOOST_TEST((ended < now && ended > now - std::chrono::days(3)));
}

BOOST_AUTO_TEST_CASE(whoever_vouches_for_it) {
  for (const auto kind :
       {PeerCertificate::OtherAuthority, PeerCertificate::SelfSigned, PeerCertificate::WrongName})
    BOOST_TEST(ask(SmartHostSite(with_certificate(kind))).has_value());
}

BOOST_AUTO_TEST_CASE(no_mail_and_no_password_is_shown) {
  SmartHostSite site(with_user());
  site.connector.username = "gateway";
  BOOST_TEST(ask(site).has_value());
  BOOST_TEST(site.peer.told_in_clear() == (std::vector<std::string>{"EHLO gateway.test", "STARTTLS"}),
             boost::test_tools::per_element());
  BOOST_TEST(site.peer.told_over_tls() == std::vector<std::string>{"QUIT"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_is_not_known) {
  TlsPeer::Script without_tls;
  without_tls.clear_words = {"SIZE"};
  BOOST_TEST(!ask(SmartHostSite(without_tls)).has_value());
  BOOST_TEST(!ask(SmartHostSite(at(Stage::Handshake, {.reply = "no TLS"}))).has_value());
  BOOST_TEST(!ask(SmartHostSite(at(Stage::Greeting, {.reply = "", .then = Then::Close}))).has_value());
}

BOOST_AUTO_TEST_CASE(who_hangs_is_left_at_the_deadline) {
  for (const auto stage : {Stage::Greeting, Stage::StartTls, Stage::Handshake})
    BOOST_TEST(
        !ask(SmartHostSite(at(stage, {.reply = "", .then = Then::Hang})), in(std::chrono::milliseconds(100)))
             .has_value());
}

BOOST_AUTO_TEST_SUITE_END()
