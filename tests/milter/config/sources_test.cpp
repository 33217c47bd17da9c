#include "milter/config/sources.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;

namespace {

struct LoadedFiles {
  const test::TemporaryDirectory directory;
  const std::string main = directory.write("pams.toml", R"(include = ["rules.d/*.toml"]
[organization]
accepted_domains = ["example.org"]
[pams]
connector = "Zivver"
[[outbound_connector]]
name = "Zivver"
smart_hosts = ["smtp.zivver.com:25"]
)");
  const std::string text = directory.write("rules.d/disclaimer.txt", "text");
  const std::string html = directory.write("rules.d/disclaimer.html", "<p>text</p>");
  const std::string rule = directory.write("rules.d/10.toml", R"([[transport_rule]]
name = "Disclaimer"
[[transport_rule.do]]
apply_html_disclaimer = { location = "append", html_file = "disclaimer.html", text_file = "disclaimer.txt", fallback_action = "wrap" }
)");
  const std::shared_ptr<const Config> config = load_config(main).config;

  std::vector<std::string> changes() const { return changes_since_loaded(config->sources); }
};

using Lines = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configuration_sources, LoadedFiles)

BOOST_AUTO_TEST_CASE(every_file_that_the_configuration_was_made_from_counts) {
  BOOST_TEST_REQUIRE(config != nullptr);
  BOOST_TEST(changes().empty());
  for (const auto& file : {main, text, html, rule}) {
    const auto before = directory / "before";
    std::filesystem::copy_file(file, before, std::filesystem::copy_options::overwrite_existing);
    std::ofstream(file, std::ios::app) << "\n";
    BOOST_TEST((changes() == Lines{file + " has changed"}));
    std::filesystem::rename(before, file);
    BOOST_TEST(changes().empty());  // another file with the same content is no change
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_new_and_one_that_has_gone_count) {
  const auto more = directory.write("rules.d/20.toml", "");
  BOOST_TEST((changes() == Lines{more + " is new"}));
  std::filesystem::remove(more);
  std::filesystem::remove(rule);
  BOOST_TEST((changes() == Lines{rule + ": No such file or directory (it was loaded)"}));
}

BOOST_AUTO_TEST_SUITE_END()
