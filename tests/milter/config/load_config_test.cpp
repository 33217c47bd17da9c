#include <boost/test/unit_test.hpp>

#include "milter/config/config.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;

namespace {

constexpr const char* kGood = R"(include = ["rules.d/*.toml"]
[organization]
accepted_domains = ["example.org"]
[pams]
connector = "Zivver"
[[outbound_connector]]
name = "Zivver"
smart_hosts = ["smtp.zivver.com:25"]
[[archive]]
name = "compliance"
path = "archive"
)";

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(load_config_file)

BOOST_AUTO_TEST_CASE(relative_paths_are_relative_to_the_file) {
  const test::TemporaryDirectory directory;
  const auto loaded = load_config(directory.write("pams.toml", kGood));
  BOOST_TEST_REQUIRE(loaded.config != nullptr, loaded.diagnostics.text());
  BOOST_TEST(loaded.config->settings.seal_key_file == directory / "seal.key");
  BOOST_TEST(loaded.config->archive("compliance")->path == directory / "archive");
  BOOST_TEST(loaded.config->settings.listen.unix_path == "/var/spool/postfix/pams-milter/pams.sock");
}

BOOST_AUTO_TEST_CASE(whoever_encrypts_an_archive_is_told_that_the_trace_keeps_subjects_in_clear) {
  const test::TemporaryDirectory directory;
  const auto encrypted = std::string(kGood) + "encrypt_to = \"certificate.pem\"\n";
  const auto warned = load_config(directory.write("pams.toml", encrypted));
  BOOST_TEST_REQUIRE(warned.config != nullptr, warned.diagnostics.text());
  BOOST_TEST(
      has(warned.diagnostics.text(), "the trace keeps every subject in clear; set [trace] subjects = false"));
  const auto quiet = load_config(directory.write("pams.toml", encrypted + "[trace]\nsubjects = false\n"));
  BOOST_TEST(!has(quiet.diagnostics.text(), "subject"), quiet.diagnostics.text());
  BOOST_TEST(!quiet.config->settings.trace.subjects);
  BOOST_TEST(!has(load_config(directory.write("pams.toml", kGood)).diagnostics.text(), "subject"));
}

BOOST_AUTO_TEST_CASE(included_rules_follow_in_name_order) {
  const test::TemporaryDirectory directory;
  directory.write("rules.d/20-b.toml",
                  "[[transport_rule]]\nname = \"b\"\n[[transport_rule.do]]\nremove_header = \"X-B\"\n");
  directory.write("rules.d/10-a.toml",
                  "[[transport_rule]]\nname = \"a\"\n[[transport_rule.do]]\nremove_header = \"X-A\"\n");
  const auto loaded = load_config(directory.write("pams.toml", kGood));
  BOOST_TEST_REQUIRE(loaded.config != nullptr, loaded.diagnostics.text());
  BOOST_TEST_REQUIRE(loaded.config->policy.rules.size() == 2U);
  BOOST_TEST(loaded.config->policy.rules[0].name == "a");
}

BOOST_AUTO_TEST_CASE(five_mistakes_in_two_files_are_five_diagnostics_each_at_its_place) {
  const test::TemporaryDirectory directory;
  const auto rules = directory.write("rules.d/10.toml",
                                     "[[transport_rule]]\n"
                                     "name = \"r\"\n"
                                     "[transport_rule.if]\n"
                                     "subjct_contains_words = [\"x\"]\n"
                                     "[[transport_rule.do]]\n"
                                     "archive = { to = \"complaince\" }\n");
  const auto loaded =
      load_config(directory.write("pams.toml", std::string(kGood) + "[milter]\n"
                                                                    "listen = \"8894\"\n"
                                                                    "verify_rout = false\n"
                                                                    "[metrics]\n"
                                                                    "listen = \"0.0.0.0:1\"\n"));
  const auto text = loaded.diagnostics.text();
  BOOST_TEST(loaded.config == nullptr);
  BOOST_TEST(loaded.diagnostics.errors() == 5U, text);
  BOOST_TEST(has(text, "pams.toml:13:10: error: listen: '8894' is none of"), text);
  BOOST_TEST(
      has(text, "pams.toml:14:1: error: unknown key 'verify_rout' in [milter]; did you mean 'verify_route'?"),
      text);
  BOOST_TEST(
      has(text, "pams.toml:16:10: error: listen: metrics are served on loopback or at a unix socket only"),
      text);
  BOOST_TEST(has(text, rules + ":4:1: error: unknown "), text);
  BOOST_TEST(has(text, "did you mean 'subject_contains_words'?"), text);
  BOOST_TEST(has(text, rules + ":6:"), text);
}

BOOST_AUTO_TEST_CASE(metrics_are_served_only_where_the_section_is) {
  const test::TemporaryDirectory directory;
  const auto with = [&](const std::string& more) {
    return load_config(directory.write("pams.toml", std::string(kGood) + more));
  };
  BOOST_TEST(!with("").config->settings.metrics.has_value());
  BOOST_TEST(with("[metrics]\n").config->settings.metrics->for_postfix() == "inet:127.0.0.1:9825");
  BOOST_TEST(with("[metrics]\nlisten = \"[::1]:9826\"\n").config->settings.metrics->for_postfix() ==
             "inet:[::1]:9826");
  BOOST_TEST(with("[metrics]\nlisten = \"unix:/run/m.sock\"\n").config->settings.metrics->unix_path ==
             "/run/m.sock");
}

BOOST_AUTO_TEST_CASE(metrics_never_listen_on_the_network_nor_where_something_else_does) {
  const test::TemporaryDirectory directory;
  const auto text_with = [&](const std::string& listen) {
    return load_config(
               directory.write("pams.toml", std::string(kGood) + "[metrics]\nlisten = \"" + listen + "\"\n"))
        .diagnostics.text();
  };
  for (const auto* listen : {"0.0.0.0:9825", "192.0.2.1:9825", "9825", "localhost:9825", "[::]:9825",
                             "inet:9825", "", "unix:relative", "127.0.0.1:0", "127.0.0.1:70000"})
    BOOST_TEST(has(text_with(listen), "loopback or at a unix socket only"), listen);
  BOOST_TEST(has(text_with("unix:/var/spool/postfix/pams-milter/pams.sock"), "listens there"));
  BOOST_TEST(has(text_with("unix:/var/spool/postfix/pams-milter/relay.sock"), "listens there"));
}

BOOST_AUTO_TEST_CASE(a_section_for_a_later_function_says_so) {
  const test::TemporaryDirectory directory;
  const auto loaded = load_config(directory.write(
      "pams.toml",
      std::string(kGood) + "[directory]\nfile = \"d.toml\"\n[trace]\nretention = \"90 days\"\n"));
  BOOST_TEST(loaded.diagnostics.errors() == 1U, loaded.diagnostics.text());
  BOOST_TEST(
      has(loaded.diagnostics.text(),
          "pams.toml:12:2: error: the directory of sender attributes is not available in this version"),
      loaded.diagnostics.text());
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_error_and_not_an_empty_configuration) {
  const auto loaded = load_config("/nonexistent/pams.toml");
  BOOST_TEST(loaded.config == nullptr);
  BOOST_TEST(has(loaded.diagnostics.text(), "/nonexistent/pams.toml: No such file or directory"));
}

BOOST_AUTO_TEST_SUITE_END()
