// Reloads of a running daemon: by HUP, and as pamsctl asks for it.
#include <csignal>
#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "milter/archive/archive_database.hpp"
#include "tests/milter/daemon/reload_fixture.hpp"
#include "tests/support/opened_carrier.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

BOOST_FIXTURE_TEST_SUITE(reload, ReloadFixture)

BOOST_AUTO_TEST_CASE(a_message_in_work_keeps_its_configuration_and_the_next_one_gets_the_new) {
  Connection client(gateway);
  client.begin("Subject", "hello");
  reload_with(numbered("2"));
  BOOST_TEST(configuration_of(client.end_of_message()) == "1");
  BOOST_TEST(configuration_of(client.send_one()) == "2");
}

BOOST_AUTO_TEST_CASE(a_file_with_errors_is_refused_and_every_error_is_named) {
  gateway.write_settings(numbered("2") + "[[transport_rule]]\nnmae = \"x\"\n[trsut]\n");
  const auto answer = reload();
  BOOST_TEST(!answer.reloaded);
  for (const auto* named :
       {"nmae", "trsut", "pams-milter.toml:", "goes on with the configuration that it has"})
    BOOST_TEST(answer.text.find(named) != std::string::npos, answer.text);
  for (const auto* named : {"trsut", "nmae"})
    BOOST_TEST(milter.line_with(named).find("event=configuration_error at=" + gateway.settings_file()) !=
               std::string::npos);
  BOOST_TEST(!milter.line_with("event=reload_refused").empty());
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "1");
  reload_with(numbered("3"));
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "3");
}

BOOST_AUTO_TEST_CASE(a_file_that_has_gone_is_refused) {
  std::filesystem::remove(gateway.settings_file());
  const auto answer = reload();
  BOOST_TEST(!answer.reloaded);
  BOOST_TEST(answer.text.find("No such file") != std::string::npos, answer.text);
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "1");
}

BOOST_AUTO_TEST_CASE(hup_reloads_and_never_stops_the_milter) {
  Connection client(gateway);
  for (const std::string number : {"2", "3", "4"}) {
    gateway.write_settings(numbered(number));
    milter.signal(SIGHUP);
    BOOST_REQUIRE(!milter.line_with("event=reloaded").empty());
    BOOST_TEST(configuration_of(client.send_one()) == number);
  }
  for (int i = 0; i < 5000; ++i) milter.signal(SIGHUP);
  BOOST_TEST(configuration_of(client.send_one()) == "4");
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "4");
}

BOOST_AUTO_TEST_CASE(a_stop_in_the_middle_of_reloads_is_a_clean_one) {
  std::thread asking([&] {
    while (control::ask_to_reload(gateway.control_socket(), gateway.settings_file(), kTimeout)) continue;
  });
  for (int i = 0; i < 5; ++i) BOOST_TEST(!milter.line_with("event=reloaded").empty());
  milter.signal(SIGTERM);
  milter.signal(SIGTERM);
  asking.join();
  BOOST_TEST(!milter.line_with("event=stopped").empty());
  BOOST_TEST(milter.exit_code() == 0);
  BOOST_TEST(!std::filesystem::exists(gateway.control_socket()));
}

BOOST_AUTO_TEST_CASE(a_connection_that_skipped_bodies_sends_them_when_a_rule_begins_to_need_them) {
  Connection client(gateway);
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x')) == 's');
  BOOST_TEST(configuration_of(client.end_of_message()) == "1");
  reload_with(numbered("2", kLooksAtBodies));
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x') + " the word\r\n") == 'c');
  BOOST_TEST(client.end_of_message().kind == 'y');
  reload_with(numbered("3"));
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x') + " the word\r\n") == 's');
  BOOST_TEST(configuration_of(client.end_of_message()) == "3");
}

BOOST_AUTO_TEST_CASE(a_message_that_skipped_its_body_before_the_reload_is_not_judged_by_the_new_rules) {
  Connection client(gateway);
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x')) == 's');
  reload_with(numbered("2", kLooksAtBodies));
  BOOST_TEST(configuration_of(client.end_of_message()) == "1");
}

BOOST_AUTO_TEST_CASE(a_connection_without_answers_to_bodies_stays_in_step_when_no_rule_needs_them_any_more) {
  reload_with(numbered("2", kLooksAtBodies));
  Connection client(gateway);
  reload_with(numbered("3"));
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x') + " the word\r\n") == 'c');
  BOOST_TEST(configuration_of(client.end_of_message()) == "3");
  reload_with(numbered("4", kLooksAtBodies));
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x') + " the word\r\n") == 'c');
  BOOST_TEST(client.end_of_message().kind == 'y');
  BOOST_TEST(is_sealed(client.send_one(kSecretMail)));
}

BOOST_AUTO_TEST_CASE(an_archive_that_was_removed_still_takes_the_messages_that_began_with_it) {
  reload_with(numbered("2", kArchiveFlagged));
  Connection client(gateway);
  client.begin("zivver-relay", "relay-1");
  gateway.write_settings(numbered("3"),
                         {"[[archive]]\nname = \"compliance\"", "[[archive]]\nname = \"other\""});
  BOOST_TEST(reload().reloaded);
  BOOST_TEST(open_carrier(client.end_of_message(), gateway.key_file()).field("X-First") == "2");
  auto database = archive::ArchiveDatabase::open(gateway.archive(), sqlite::Access::ReadOnly);
  BOOST_REQUIRE(database.has_value());
  BOOST_TEST(database->tip().value().number == 1);
}

BOOST_AUTO_TEST_CASE(another_address_to_listen_at_is_named_and_the_rest_applies) {
  gateway.write_settings(numbered("2"), {"pams.sock", "other.sock"});
  const auto answer = reload();
  BOOST_TEST(answer.reloaded);
  BOOST_TEST(
      answer.text.find("restart needed: milter.listen stays unix:" + gateway.socket()) != std::string::npos,
      answer.text);
  BOOST_TEST(!milter.line_with("event=restart_needed").empty());
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "2");
}

BOOST_AUTO_TEST_CASE(level_and_format_of_the_log_change) {
  gateway.write_settings(numbered("2") + "[log]\nformat = \"json\"\n");
  BOOST_TEST(reload().reloaded);
  BOOST_TEST(milter.line_with("reloaded").front() == '{');
}

BOOST_AUTO_TEST_SUITE_END()
