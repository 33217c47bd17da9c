#include "milter/routing/route.hpp"

#include <boost/test/unit_test.hpp>

#include "milter/doctor/checks/sendmail_answers.hpp"
#include "milter/setup/sendmail/sendmail_setup.hpp"

using namespace pams::milter;

namespace {
const std::string kSuffix = ".pams.pams-route.invalid";
std::string routed(const std::string& address) {
  return routing::routed_address(address, kSuffix).value_or("deferred");
}
}  // namespace

BOOST_AUTO_TEST_SUITE(route)

BOOST_AUTO_TEST_CASE(a_plain_recipient_is_given_the_suffix) {
  BOOST_TEST(routed("bob@client.example") == "bob@client.example.pams.pams-route.invalid");
  BOOST_TEST(routed("o'neil+tag=x@a-b.example") == "o'neil+tag=x@a-b.example.pams.pams-route.invalid");
}

BOOST_AUTO_TEST_CASE(what_sendmail_might_drop_or_read_as_a_route_is_deferred) {
  for (const std::string odd :
       {"", "bob", "@client.example", "bob@", "a b@client.example", "\"a b\"@client.example",
        "a%b@client.example", "a!b@client.example", "a@b@client.example", "bob@[192.0.2.1]",
        "bob@client..example", ".bob@client.example", "b\xc3\xb6@client.example", "bob@client.example\r\n",
        "bob@x.PAMS-Route.INVALID"})
    BOOST_TEST(routed(odd) == "deferred", odd);
}

BOOST_AUTO_TEST_CASE(a_recipient_too_long_with_the_suffix_is_deferred) {
  const auto room = 254 - kSuffix.size() - std::string("@client.example").size();
  BOOST_TEST(routed(std::string(room, 'a') + "@client.example") != "deferred");
  BOOST_TEST(routed(std::string(room + 1, 'a') + "@client.example") == "deferred");
}

BOOST_AUTO_TEST_CASE(the_include_stands_once_and_directly_behind_ostype) {
  const std::string mc = "divert(0)dnl\nOSTYPE(`debian')dnl\nMAILER(`smtp')dnl\n";
  const auto once = setup::with_include(mc, "LINE").value();
  BOOST_TEST(once == "divert(0)dnl\nOSTYPE(`debian')dnl\nLINE\nMAILER(`smtp')dnl\n");
  BOOST_TEST(setup::with_include(once, "LINE").value() == once);
  BOOST_TEST(!setup::with_include("MAILER(`smtp')dnl\n", "LINE").has_value());
}

BOOST_AUTO_TEST_CASE(sendmails_definitions_are_read_over_their_continuation_lines) {
  const auto lines =
      doctor::cf_lines("# O A=0\nO A=1\nO A=2\nMpams,\t\tP=[IPC], F=m,\n\t\tA=TCP $h 25\nMpams2,\tA=x\n");
  BOOST_TEST(doctor::cf_option(lines, "a") == "2");
  BOOST_TEST(doctor::equate(doctor::cf_definition(lines, "Mpams"), 'A') == "TCP $h 25");
  BOOST_TEST(doctor::cf_definition(lines, "Mother").empty());
}

BOOST_AUTO_TEST_CASE(sendmails_answers_are_told_apart_by_ruleset) {
  const std::string output =
      "> > tls_server         input: OK\nPams_tls         returns: $# error\n"
      "tls_server       returns: OK\n> tls_server       returns: $# error $@ 4.7.5\n";
  BOOST_TEST(doctor::all_returned(output, "tls_server").size() == 2U);
  BOOST_TEST(doctor::returned(output, "tls_server") == "$# error $@ 4.7.5");
}

BOOST_AUTO_TEST_SUITE_END()
