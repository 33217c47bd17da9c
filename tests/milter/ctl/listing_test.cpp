/// What pamsctl lists, in words and as JSON.
#include <algorithm>
#include <filesystem>
#include <map>

#include <boost/test/unit_test.hpp>

#include "milter/archive/directory_archive.hpp"
#include "milter/seal/key_ring.hpp"
#include "milter/trace/trace_store.hpp"
#include "rules/base/text.hpp"
#include "tests/support/files.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/pamsctl.hpp"

using namespace pams::test;
using namespace pams::milter;
using nlohmann::json;
using pams::test::Gateway;

namespace {

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

struct Site {
  Gateway gateway{pams::test::kArchiveFlagged};

  std::vector<std::string> with_config(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--config", gateway.settings_file()});
    return arguments;
  }
  mta::Finished run(const std::vector<std::string>& arguments) const {
    return pamsctl(with_config(arguments));
  }
  json ask(const std::vector<std::string>& arguments) const { return pamsctl_json(with_config(arguments)); }

  void make_trace() const {
    const auto path = gateway.services()->config->settings.trace.path;
    BOOST_TEST_REQUIRE(trace::TraceStore::open(path, {}).has_value());
  }
  std::string write_message() const {
    auto path = std::filesystem::path(gateway.settings_file()).replace_filename("message.eml").string();
    write_file(path, "From: ann@example.org\nzivver-relay: relay-1\nSubject: offer\n\nsecret\n");
    return path;
  }
  std::vector<std::string> test_message() const {
    return {"test",        "--eml",          write_message(), "--sender", "ann@example.org",
            "--recipient", "bob@example.net"};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_listing, Site)

BOOST_AUTO_TEST_CASE(connectors_are_told_with_the_one_for_flagged_mail) {
  const auto text = run({"connector", "list"});
  BOOST_TEST(text.exit_code == 0);
  BOOST_TEST(has(text.output, "Zivver  (flagged mail)\n  smart hosts: smtp.zivver.com:25\n"));
  const auto connectors = ask({"connector", "list"}).at("connectors");
  BOOST_TEST_REQUIRE(connectors.size() == 1U);
  BOOST_TEST(connectors.front().at("name") == "Zivver");
  BOOST_TEST(connectors.front().at("smart_hosts") == json({"smtp.zivver.com:25"}));
  BOOST_TEST(connectors.front().at("tls_settings") == "domain_validation");
  BOOST_TEST(connectors.front().at("flagged_mail") == true);
}

BOOST_AUTO_TEST_CASE(a_connector_that_is_not_there_is_a_usage_error) {
  const auto finished = run({"connector", "validate", "Nobody"});
  BOOST_TEST(finished.exit_code == 2);
  BOOST_TEST(finished.output == "");
  BOOST_TEST(has(finished.errors, "'Nobody'"));
}

BOOST_AUTO_TEST_CASE(keys_are_told_by_id_and_time_and_never_themselves) {
  const auto first = ask({"seal", "list"}).at("keys");
  BOOST_TEST_REQUIRE(first.size() == 1U);
  BOOST_TEST(first.front().at("seals") == true);
  const auto rotated = ask({"seal", "rotate"}).at("keys");
  BOOST_TEST_REQUIRE(rotated.size() == 2U);
  BOOST_TEST(rotated.at(0).at("seals") == true);
  BOOST_TEST(rotated.at(1).at("seals") == false);
  BOOST_TEST(rotated.at(1).at("id") == first.front().at("id"));
  const auto listed = run({"seal", "list"});
  BOOST_TEST(listed.exit_code == 0);
  BOOST_TEST(has(listed.output, rotated.at(0).at("id").get<std::string>()));
  const auto ring = pams::milter::seal::KeyRing::read(gateway.key_file()).value();
  for (const auto& key : ring.keys()) {
    std::string hex;
    for (const auto byte : key.secret) {
      constexpr std::string_view kHex = "0123456789abcdef";
      hex += kHex[byte >> 4U];
      hex += kHex[byte & 15U];
    }
    BOOST_TEST(!has(listed.output, hex.substr(0, 32)));
  }
}

BOOST_AUTO_TEST_CASE(keys_that_cannot_be_read_are_something_wrong_in_json_too) {
  std::filesystem::remove(gateway.key_file());
  BOOST_TEST(run({"seal", "list"}).exit_code == 1);
  BOOST_TEST(run({"seal", "list"}).output == "");
  BOOST_TEST(ask({"seal", "list"}).at("error") != "");
}

BOOST_AUTO_TEST_CASE(without_a_trace_that_is_said_and_something_wrong) {
  const auto finished = run({"trace"});
  BOOST_TEST(finished.exit_code == 1);
  BOOST_TEST(finished.output == "");
  BOOST_TEST(finished.errors != "");
}

BOOST_AUTO_TEST_CASE(an_empty_trace_is_told_as_such_and_has_no_leaks) {
  make_trace();
  BOOST_TEST(run({"trace"}).output == "none\n");
  BOOST_TEST(run({"trace"}).exit_code == 0);
  BOOST_TEST(ask({"trace"}) == json::array());
  BOOST_TEST(run({"trace", "leaks"}).output == "none\n");
  BOOST_TEST(run({"trace", "leaks"}).exit_code == 0);
  BOOST_TEST(ask({"trace", "leaks"}) == json({{"leaks", json::array()}, {"gaps", json::array()}}));
  BOOST_TEST(run({"trace", "show", "1"}).exit_code == 1);
}

BOOST_AUTO_TEST_CASE(a_message_is_found_by_domain_age_and_part_and_told_by_a_piece_of_its_id) {
  const auto now = std::chrono::floor<trace::Instant::duration>(std::chrono::system_clock::now());
  auto store = trace::TraceStore::open(gateway.services()->config->settings.trace.path, now).value();
  std::vector<trace::MessageTrace> messages(2);
  for (auto& message : messages) {
    message.received = now;
    message.sender = "ann@example.org";
    message.recipients = {"bob@partner.example"};
    message.subject = "=offer";
  }
  messages[1].received = now - std::chrono::hours(3);
  messages[1].recipients = {"carol@other.example"};
  messages[1].subject = "\x1b]0;offer\x07";
  BOOST_TEST_REQUIRE(store.write({messages.data(), 2}, {}).has_value());
  const auto rows = [&](std::vector<std::string> filter) {
    filter.insert(filter.begin(), "trace");
    return ask(filter).size();
  };
  BOOST_TEST(rows({}) == 2U);
  BOOST_TEST(!has(run({"trace"}).output, "\x1b"));
  BOOST_TEST(rows({"--to", "@partner.example"}) == 1U);
  BOOST_TEST(rows({"--to", "*other.example"}) == 1U);
  BOOST_TEST(rows({"--since", "1h"}) == 1U);
  BOOST_TEST(rows({"--until", "2 h"}) == 1U);
  BOOST_TEST(rows({"offer"}) == 2U);
  BOOST_TEST(has(run({"trace", "--csv"}).output, ",'=offer,"));
  const auto id = ask({"trace"}).at(0).at("id").get<std::string>();
  BOOST_TEST(run({"trace", "show", id}).exit_code == 0);
  const auto several = run({"trace", "show", id.substr(0, 2)});
  BOOST_TEST(several.exit_code == 1);
  BOOST_TEST(has(several.errors, id));
  const auto none = run({"trace", "show", "zzzz"});
  BOOST_TEST(none.exit_code == 1);
  BOOST_TEST(has(none.errors, "'zzzz'"));
}

BOOST_AUTO_TEST_CASE(a_record_is_told_with_all_that_the_contract_names) {
  archive::DirectoryArchive archive({"compliance", gateway.archive()});
  const auto message = pams::parse_message("From: ann@example.org\nSubject: offer\n\nhello\n");
  const std::chrono::sys_seconds time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
  const auto id =
      archive.commit({message, {"ann@example.org", {"bob@example.net"}}, "4Zq1", "Zivver", {"Keep"}, time})
          .value()
          .payload()
          .record_id;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"archive", "list"}, {"archive", "search", "subject:offer"}}) {
    BOOST_TEST(has(run(arguments).output, "offer"));
    const auto rows = ask(arguments);
    BOOST_TEST_REQUIRE(rows.size() == 1U);
    for (const auto* key : {"id", "time", "message_id", "queue_id", "sender", "recipients", "subject", "size",
                            "rules", "connector"})
      BOOST_TEST(rows.front().contains(key), key);
    BOOST_TEST(rows.front().at("id") == id);
  }
  BOOST_TEST(ask({"archive", "search", "subject:nothing"}) == json::array());
}

BOOST_AUTO_TEST_CASE(a_missing_archive_is_something_wrong_and_a_wrong_query_is_named_all_the_same) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"archive", "list"},
                                                    {"archive", "search", "from:ann"},
                                                    {"archive", "show", "1"}}) {
    const auto finished = run(arguments);
    BOOST_TEST(finished.exit_code == 1);
    BOOST_TEST(finished.output == "");
    BOOST_TEST(has(finished.errors, gateway.archive() + ": there is no archive"));
  }
  const auto misspelt = run({"archive", "search", "form:ann"});
  BOOST_TEST(misspelt.exit_code == 2);
  BOOST_TEST(has(misspelt.errors, "did you mean 'from'?"));
}

BOOST_AUTO_TEST_CASE(lists_are_csv_for_a_spreadsheet_and_lines_on_a_pipe) {
  archive::DirectoryArchive archive({"compliance", gateway.archive()});
  const std::string longest = std::string(90, 'r') + "@example.net";
  for (const auto* subject : {"=1+1", "plain"})
    BOOST_TEST_REQUIRE(archive
                           .commit({pams::parse_message("Subject: " + std::string(subject) + "\n\nx\n"),
                                    {"ann@example.org", {longest}},
                                    "4Zq1",
                                    "",
                                    {},
                                    {}})
                           .has_value());
  const auto csv = run({"archive", "list", "--csv"}).output;
  BOOST_TEST(csv.starts_with("id,time,message_id,"));
  BOOST_TEST(has(csv, ",'=1+1,"));
  const auto lines = run({"archive", "list"}).output;
  BOOST_TEST(std::ranges::count(lines, '\n') == 3);
  const auto line = "pamsctl archive list --config " + gateway.settings_file();
  const auto table = on_terminal(line, 80, {"PAGER=cat"});
  BOOST_TEST(table.exit_code == 0);
  std::string joined;  // the address goes on in the next line, and nothing of it is missing
  for (const auto part : pams::text::split(table.output, '\n')) {
    BOOST_TEST(part.size() <= 81U, part);  // a terminal adds CR
    joined += pams::text::trim(part);
  }
  BOOST_TEST(has(joined, longest));
}

BOOST_AUTO_TEST_CASE(an_id_that_several_records_begin_with_lists_them) {
  archive::DirectoryArchive archive({"compliance", gateway.archive()});
  for (int number = 0; number < 17; ++number)  // of 17 ids two begin with the same digit
    BOOST_TEST_REQUIRE(archive
                           .commit({pams::parse_message("Subject: " + std::to_string(number) + "\n\nx\n"),
                                    {"ann@example.org", {"bob@example.net"}},
                                    "1",
                                    "",
                                    {},
                                    {}})
                           .has_value());
  std::map<char, std::vector<std::string>> by_digit;
  for (const auto& row : ask({"archive", "list"})) {
    const auto id = row.at("id").get<std::string>();
    by_digit[id.front()].push_back(id);
  }
  const auto twice = std::ranges::find_if(by_digit, [](const auto& one) { return one.second.size() > 1; });
  BOOST_TEST_REQUIRE((twice != by_digit.end()));
  const auto finished = run({"archive", "show", std::string(1, twice->first)});
  BOOST_TEST(finished.exit_code == 1);
  for (const auto& id : twice->second) BOOST_TEST(has(finished.errors, id.substr(0, 16)));
  BOOST_TEST(run({"archive", "show", twice->second.front()}).exit_code == 0);
}

BOOST_AUTO_TEST_CASE(a_purge_takes_months_and_years) {
  archive::DirectoryArchive archive({"compliance", gateway.archive()});
  BOOST_TEST_REQUIRE(
      archive.commit({pams::parse_message("\n"), {"a@example.org", {"b@example.net"}}, "1", "", {}, {}})
          .has_value());
  BOOST_TEST(ask({"archive", "purge", "--older-than", "10 years"}).at("records") == 1);
  BOOST_TEST(ask({"archive", "purge", "--older-than", "100 years"}).at("records") == 0);
  const auto wrong = run({"archive", "purge", "--older-than", "10 m"});
  BOOST_TEST(wrong.exit_code == 2);
  BOOST_TEST(has(wrong.errors, "months, years"));
}

BOOST_AUTO_TEST_CASE(a_query_that_makes_no_sense_is_a_usage_error) {
  archive::DirectoryArchive archive({"compliance", gateway.archive()});
  BOOST_TEST_REQUIRE(
      archive.commit({pams::parse_message("\n"), {"a@example.org", {"b@example.net"}}, "1", "", {}, {}})
          .has_value());
  const auto finished = run({"archive", "search", "form:ann"});
  BOOST_TEST(finished.exit_code == 2);
  BOOST_TEST(finished.output == "");
  BOOST_TEST(has(finished.errors, "did you mean 'from'?"));
}

BOOST_AUTO_TEST_CASE(a_tested_message_is_told_with_class_rules_effects_route_and_verdict) {
  const auto text = run(test_message());
  BOOST_TEST(text.exit_code == 0);
  for (const auto* line : {"class    flagged", "rule     Keep secure mail: matches",
                           "route    connector Zivver", "verdict  accept"})
    BOOST_TEST(has(text.output, line), line);
  const auto answer = ask(test_message());
  BOOST_TEST(answer.at("class") == "flagged");
  BOOST_TEST(answer.at("verdict") == "accept");
  BOOST_TEST(answer.at("route") == json({{"connector", "Zivver"}}));
  const auto& rule = answer.at("rules").at(0);
  BOOST_TEST(rule.at("name") == "Keep secure mail");
  BOOST_TEST(rule.at("matched") == true);
  BOOST_TEST(rule.at("mode") == "enforce");
  BOOST_TEST(rule.at("conditions").size() == 1U);
  BOOST_TEST(rule.at("actions").size() == 1U);
  BOOST_TEST(answer.at("effects").is_array());
  BOOST_TEST(answer.contains("reply"));
}

BOOST_AUTO_TEST_CASE(testing_a_message_leaves_nothing_behind_but_what_out_names) {
  const auto out = gateway.archive() + ".eml";
  auto arguments = test_message();
  arguments.insert(arguments.end(), {"--out", out});
  BOOST_TEST(run(arguments).exit_code == 0);
  BOOST_TEST(!std::filesystem::exists(gateway.archive() + "/archive.db"));
  const auto message = read_file(out);
  BOOST_TEST(has(message, "\r\n\r\nsecret\r\n"));
  BOOST_TEST(has(message, "zivver-relay: relay-1\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()
