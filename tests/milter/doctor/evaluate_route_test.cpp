#include "milter/doctor/evaluate_route.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/postfix_site.hpp"

using namespace pams;
using namespace pams::milter::doctor;
using pams::test::PostfixSite;

BOOST_AUTO_TEST_SUITE(route_evaluation, *boost::unit_test::precondition(pams::test::postfix_is_installed))

BOOST_AUTO_TEST_CASE(while_the_flag_may_be_taken_all_mail_waits_and_not_for_other_faults) {
  PostfixSite site;
  site.set_up();
  const auto evaluated = [&] { return evaluate_route(site.config, site.connector(), site.postfix); };
  BOOST_TEST(evaluated().flag_survives.has_value());
  site.append("main.cf", "milter_header_checks =");
  BOOST_TEST(!evaluated().status.has_value());
  BOOST_TEST(evaluated().flag_survives.has_value());
  site.append("main.cf", "message_drop_headers = zivver-relay");
  const auto taken = evaluated();
  BOOST_TEST_REQUIRE(!taken.flag_survives.has_value());
  BOOST_TEST(taken.flag_survives.error().what.find("route check flag_survives fails") != std::string::npos);
  BOOST_TEST(!taken.status.has_value());
}

BOOST_AUTO_TEST_CASE(the_verifier_says_which_check_fails_and_what_to_do) {
  PostfixSite site;
  site.set_up();
  BOOST_TEST(evaluate_route(site.config, site.connector(), site.postfix).status.has_value());
  site.append("main.cf", "milter_header_checks =");
  const auto status = evaluate_route(site.config, site.connector(), site.postfix).status;
  BOOST_TEST_REQUIRE(!status.has_value());
  BOOST_TEST((status.error().failure == Failure::Misconfigured));
  BOOST_TEST(status.error().what.find("route check milter_header_checks fails") != std::string::npos);
  BOOST_TEST(status.error().what.find("remedy: pamsctl setup postfix --apply") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_key_is_not_verified) {
  PostfixSite site;
  site.set_up();
  site.config.settings.seal_key_file += ".gone";
  const auto status = evaluate_route(site.config, site.connector(), site.postfix).status;
  BOOST_TEST_REQUIRE(!status.has_value());
  BOOST_TEST(status.error().what.find("route check seal_key fails") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_table_that_changes_is_noticed_by_the_daemons_verifier) {
  PostfixSite site;
  site.set_up();
  const auto verifier = make_route_verifier(std::make_shared<const milter::Config>(site.config));
  BOOST_TEST(verifier->verified(site.connector()).has_value());
  BOOST_TEST(verifier->verified(site.connector()).has_value());
  site.replace("pams_milter_header_checks", "FILTER", "FILTRE");
  BOOST_TEST(!verifier->verified(site.connector()).has_value());
}

BOOST_AUTO_TEST_CASE(without_postfix_nothing_is_verified) {
  PostfixSite site;
  site.set_up();
  site.config.settings.postfix_config = "/nonexistent";
  const auto verifier = make_route_verifier(std::make_shared<const milter::Config>(site.config));
  BOOST_TEST(!verifier->verified(site.connector()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
