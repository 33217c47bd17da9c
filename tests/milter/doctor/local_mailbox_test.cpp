#include "milter/doctor/local_mailbox.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/postfix_site.hpp"

using namespace pams;
using namespace pams::milter::doctor;
using pams::tests::PostfixSite;

namespace {

const std::string kAddress = "journal@here.example";

/// "" when the mailbox is local in a Postfix with these lines behind its own.
std::string seen(const std::string& lines) {
  const PostfixSite site;
  site.append("master.cf", "virtual unix - n n - - virtual\nlmtp unix - - y - - lmtp\n");
  site.append("main.cf", "mydestination = gateway.example\n" + lines + "\n");
  const auto status = is_local_mailbox(site.postfix, kAddress);
  return status ? "" : status.error().what;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(local_mailbox, *boost::unit_test::precondition(pams::tests::postfix_is_installed))

BOOST_AUTO_TEST_CASE(local_is_what_local_virtual_or_a_socket_of_this_machine_delivers) {
  BOOST_TEST(seen("mydestination = $myhostname, Here.example") == "");
  BOOST_TEST(seen("virtual_mailbox_domains = inline:{ here.example=x }") == "");
  BOOST_TEST(seen("virtual_mailbox_domains = here.example\nvirtual_transport = lmtp:unix:private/dovecot") ==
             "");
}

BOOST_AUTO_TEST_CASE(whatever_could_lead_elsewhere_is_not) {
  const std::string is_local = "virtual_mailbox_domains = here.example\n";
  BOOST_TEST(has(seen("relay_domains = here.example"), "neither in mydestination nor"));
  BOOST_TEST(has(seen(is_local + "virtual_transport = smtp:[192.0.2.1]"), "smtp:[192.0.2.1]"));
  BOOST_TEST(has(seen(is_local + "virtual_transport = lmtp:inet:192.0.2.1:24"), "lmtp:inet"));
  for (const auto* key : {"here.example", "journal@here.example", ".example", "*"})
    BOOST_TEST(
        has(seen(is_local + "transport_maps = inline:{ " + key + "=smtp:[192.0.2.1] }"), "smtp:[192.0.2.1]"),
        key);
  BOOST_TEST(has(seen(is_local + "virtual_alias_maps = inline:{ journal@here.example=eve@example.net }"),
                 "alias of eve@example.net"));
  BOOST_TEST(
      has(seen("mydestination = here.example\nmailbox_transport = smtp:[192.0.2.1]"), "mailbox_transport"));
}

BOOST_AUTO_TEST_SUITE_END()
