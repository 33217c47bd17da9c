/// What `check` sees beyond each value: files, directories, sizes, and what a broken line leaves open.
#include "milter/config/check_config.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/support/has.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;
using pams::test::has;

namespace {

constexpr const char* kSound = R"([organization]
accepted_domains = ["example.org"]
[trust]
networks = ["127.0.0.1"]
[pams]
connector = "Zivver"
[[outbound_connector]]
name = "Zivver"
smart_hosts = ["smtp.zivver.com:25"]
[[archive]]
name = "compliance"
)";
constexpr const char* kHosts = R"(:25"])";  // the end of the connector, where keys can be added

constexpr const char* kArchiving =
    "[[transport_rule]]\nname = \"a\"\n[[transport_rule.do]]\narchive = { to = \"compliance\" }\n";

/// The sound file with an archive that is there, and one edit.
struct Site {
  test::TemporaryDirectory directory;
  std::string path = "path = \"" + (directory / "archive") + "\"\n";

  Loaded check(const std::string& from, const std::string& to, const std::string& after = "") const {
    return check_config(directory.write("pams.toml", text::replace_all(kSound, from, to) + path + after));
  }
  Loaded check(const std::string& after) const { return check("[pams]", "[pams]", after); }
};

void told(const Loaded& loaded, std::size_t errors, std::size_t warnings, const std::string& words) {
  const auto text = loaded.diagnostics.text();
  BOOST_TEST(has(text, words), words << " is not in\n" << text);
  BOOST_TEST(loaded.diagnostics.errors() == errors, text);
  BOOST_TEST(loaded.diagnostics.all().size() == errors + warnings, text);
}

/// One edit of the sound file, and what is said about it.
struct Edit {
  const char* from;
  const char* to;
  const char* told = "";
};

}  // namespace

BOOST_AUTO_TEST_SUITE(check_config_file)

BOOST_AUTO_TEST_CASE(a_sound_file_is_told_nothing_about) { told(Site().check(""), 0, 0, ""); }

BOOST_AUTO_TEST_CASE(what_can_be_read_and_is_still_unwise_is_a_warning_at_its_place) {
  const Edit kEdits[] = {
      {R"(["127.0.0.1"])", "[]", "pams.toml:4:12: warning: networks: no server is trusted by its address"},
      {R"(["127.0.0.1"])", "[]\nauthenticated = false", "networks: nobody is trusted"},
      {kHosts, ":25\"]\nmax_message_size = 50",
       "toml:10:20: warning: max_message_size: flagged messages of more than 50 bytes"},
      {"[pams]", "[limits]\nheader_bytes = 1\n[pams]", "pams.toml:6:16: warning: header_bytes: "},
      {"[organization]", "include = [\"rules.d/*.toml\"]\n[organization]",
       "pams.toml:1:11: warning: include: no file matches /"},
  };
  const Site site;
  for (const auto& edit : kEdits) told(site.check(edit.from, edit.to), 0, 1, edit.told);
}

BOOST_AUTO_TEST_CASE(a_relative_path_says_where_it_leads_when_nothing_is_there) {
  Site site;
  site.path = "path = \"archive\"\n";
  told(site.check(""), 0, 1, "this leads to " + (site.directory / "archive") + ", which does not exist");
  std::filesystem::create_directory(site.directory / "archive");
  told(site.check(""), 0, 0, "");
}

BOOST_AUTO_TEST_CASE(a_directory_of_which_not_even_the_parent_exists_is_a_warning) {
  Site site;
  site.path = "path = \"" + (site.directory / "a/b/c") + "\"\n";
  told(site.check(""), 0, 1,
       "pams.toml:12:8: warning: path: " + (site.directory / "a/b/c") + " cannot be made");
}

BOOST_AUTO_TEST_CASE(a_pem_file_that_is_absent_or_holds_something_else_is_an_error) {
  const Site site;
  site.directory.write("text.pem", "nothing\n");
  site.directory.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  for (const std::string file : {"absent.pem", "text.pem", "broken.pem"}) {
    told(site.check(kHosts, kHosts + ("\ntls_ca_file = \"" + file + "\"")), 1, 0,
         "pams.toml:10:15: error: tls_ca_file: " + (site.directory / file));
    for (const std::string key : {"encrypt_to", "checkpoint_key"})
      told(site.check(key + " = \"" + file + "\"\n[trace]\nsubjects = false\n"), 1, 0,
           "error: " + key + ": " + (site.directory / file));
  }
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_an_error) {
  Site site;
  site.directory.write("file", "x");
  told(
      site.check(
          "[journal]\npath = \"file/journal\"\n[[journal_rule]]\nname = \"All\"\njournal_email_address = \"j@example.org\"\n"),
      1, 0, "cannot be made: " + (site.directory / "file") + " is not a directory");
  site.path = "path = \"file\"\n";
  told(site.check(""), 1, 0,
       "pams.toml:12:8: error: path: " + (site.directory / "file") + " is not a directory");
}

BOOST_AUTO_TEST_CASE(the_daemon_starts_without_the_files_that_check_looks_at) {
  const test::TemporaryDirectory directory;
  const auto toml = text::replace_all(kSound, kHosts, ":25\"]\ntls_ca_file = \"absent.pem\"");
  const auto loaded = load_config(directory.write("pams.toml", toml));
  BOOST_TEST((loaded.config != nullptr), loaded.diagnostics.text());
}

BOOST_AUTO_TEST_CASE(a_whole_html_document_is_no_fragment) {
  const Site site;
  site.directory.write("d.html", "<!DOCTYPE html>\n<html><body><p>Confidential</p></body></html>\n");
  const auto disclaimer = [&](const std::string& value) {
    return site.check("[[transport_rule]]\nname = \"d\"\n[[transport_rule.do]]\napply_html_disclaimer = { " +
                      value + " }\n");
  };
  told(disclaimer("html_file = \"d.html\""), 0, 1, "html_file: a whole HTML document");
  told(disclaimer("html = \"<p>a</p><BODY>b\""), 0, 1, "html: a whole HTML document");
  told(disclaimer("html = \"<p>header, body</p>\""), 0, 0, "");
}

BOOST_AUTO_TEST_CASE(what_a_broken_line_has_taken_away_is_not_said_to_be_missing) {
  const Edit kEdits[] = {
      {R"(connector = "Zivver")", "connector = Zivver"},
      {R"(= ["example.org"])", R"(= ["example.org")"},
      {"[[outbound_connector]]", "[[outbound_connector]"},
      {R"(name = "Zivver")", R"(name = "Zivver)"},
      {"smart_hosts = ", "smart_hosts == "},
      {"[[archive]]", "[archive]]"},
  };
  const Site site;
  for (const auto& edit : kEdits) {
    const auto loaded = site.check(edit.from, edit.to, kArchiving);
    const auto text = loaded.diagnostics.text();
    BOOST_TEST((loaded.config == nullptr), text);
    for (const auto& one : loaded.diagnostics.all()) BOOST_TEST(has(one.text, "not valid TOML"), text);
  }
}

BOOST_AUTO_TEST_CASE(a_broken_line_does_not_hide_what_is_wrong_elsewhere) {
  const auto loaded =
      Site().check("connector = \"Zivver\"", "connector = Zivver", std::string(kArchiving) + "modus = 1\n");
  BOOST_TEST(has(loaded.diagnostics.text(), "[[transport_rule.do]] holds exactly one action"),
             loaded.diagnostics.text());
}

BOOST_AUTO_TEST_CASE(an_included_file_that_is_broken_takes_nothing_away_either) {
  const Site site;
  site.directory.write("rules.d/1.toml", "[[archive]]\nname = \"other\npath = \"/var/x\"\n");
  const auto loaded = site.check("[organization]", "include = [\"rules.d/*.toml\"]\n[organization]",
                                 text::replace_all(kArchiving, "compliance", "other"));
  for (const auto& one : loaded.diagnostics.all())
    BOOST_TEST(has(one.text, "not valid TOML"), loaded.diagnostics.text());
}

BOOST_AUTO_TEST_SUITE_END()
