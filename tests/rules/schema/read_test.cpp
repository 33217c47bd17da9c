#include "rules/schema/read.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/support/has.hpp"

using namespace pams;
using namespace pams::schema;
using pams::test::has;

namespace {

constexpr std::string_view kModes[] = {"enforce", "audit"};
constexpr Param kParams[] = {
    {.key = "name", .type = Type::Text, .doc = "A name.", .required = true},
    {.key = "mode", .type = Type::Choice, .doc = "A mode.", .fallback = "\"enforce\"", .choices = kModes},
    {.key = "size", .type = Type::Size, .doc = "A size.", .fallback = "\"50 MB\""},
    {.key = "time", .type = Type::Duration, .doc = "A time.", .fallback = "\"30 s\""},
    {.key = "who", .type = Type::Addresses, .doc = "Addresses."},
    {.key = "metrics", .type = Type::Text, .doc = "Later.", .fallback = "\"\"", .later = "metrics"},
};

struct Read {
  std::optional<Args> args;
  std::string text;
  std::size_t errors;
};

Read read(std::string toml) {
  Diagnostics diagnostics;
  const auto source = std::make_shared<const Source>(Source{"a.toml", std::move(toml)});
  const auto tree = parse(source, diagnostics);
  auto args = read_table(tree, kParams, "[thing]", no_files(), diagnostics);
  return {std::move(args), diagnostics.text(), diagnostics.errors()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_read)

BOOST_AUTO_TEST_CASE(defaults_fill_what_was_not_written) {
  const auto r = read("name = \"x\"\n");
  BOOST_TEST_REQUIRE(r.args.has_value());
  BOOST_TEST(r.args->text("mode") == "enforce");
  BOOST_TEST(r.args->number("size") == 50U * 1024 * 1024);
  BOOST_TEST(r.args->number("time") == 30U);
  BOOST_TEST(!r.args->has("who"));
}

BOOST_AUTO_TEST_CASE(every_mistake_is_reported_at_its_own_place) {
  const auto r =
      read("nmae = \"x\"\nmode = \"audti\"\nsize = \"5 parsecs\"\nwho = [\"a@b.c\", \"nobody\"]\n");
  BOOST_TEST(!r.args.has_value());
  BOOST_TEST(r.errors == 5U);
  BOOST_TEST(
      has(r.text,
          "a.toml:1:1: error: unknown key 'nmae' in [thing]; did you mean 'name'?\n    nmae = \"x\"\n    ^"));
  BOOST_TEST(
      has(r.text, "a.toml:2:8: error: mode: 'audti' is none of: enforce, audit; did you mean 'audit'?"));
  BOOST_TEST(has(r.text, "a.toml:3:8: error: size: '5 parsecs' is not of the form"));
  BOOST_TEST(has(r.text, "a.toml:4:17: error: who: 'nobody' is not an address"));
  BOOST_TEST(has(r.text, "needs the key 'name'"));
}

BOOST_AUTO_TEST_CASE(every_wrong_element_of_a_list_is_told_where_it_stands) {
  const auto r = read("name = \"x\"\nwho = [\n  \"a@b.c\",\n  \"nobody\",\n  7,\n]\n");
  BOOST_TEST(r.errors == 2U, r.text);
  BOOST_TEST(has(r.text, "a.toml:4:3: error: who: 'nobody'"), r.text);
  BOOST_TEST(has(r.text, "a.toml:5:3: error: who: must be a list of strings"), r.text);
}

BOOST_AUTO_TEST_CASE(a_mistake_in_one_key_leaves_the_others_to_be_looked_at) {
  const auto r = read("name = \"x\"\nmode = 1\nsize = \"7 MB\"\nfoo = 1\n");
  BOOST_TEST(r.errors == 2U, r.text);
  BOOST_TEST_REQUIRE(r.args.has_value());
  BOOST_TEST(r.args->text("mode") == "enforce");
  BOOST_TEST(r.args->number("size") == 7U << 20U);
}

BOOST_AUTO_TEST_CASE(a_broken_header_takes_its_own_keys_out_and_no_others) {
  const auto r = read("name = \"x\"\n[[other]\nsurprise = 1\n");
  BOOST_TEST(r.errors == 1U, r.text);
}

BOOST_AUTO_TEST_CASE(a_broken_file_cannot_write_to_the_terminal) {
  const auto r = read("name = \"\x1b]0;pwn\x07\n");
  BOOST_TEST(r.text.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_syntax_error_does_not_hide_the_mistakes_behind_it) {
  const auto r = read("name = \"x\"\nmode = = 1\nsize = true\n");
  BOOST_TEST(has(r.text, "a.toml:2:"));
  BOOST_TEST(has(r.text, "a.toml:3:8: error: size: must be"));
}

BOOST_AUTO_TEST_CASE(a_key_whose_function_comes_later_is_accepted_only_at_its_default) {
  BOOST_TEST(read("name = \"x\"\nmetrics = \"\"\n").args.has_value());
  BOOST_TEST(has(read("name = \"x\"\nmetrics = \"on\"\n").text, "metrics is not available in this version"));
}

BOOST_AUTO_TEST_CASE(hostile_nesting_is_refused_before_the_parser_sees_it) {
  BOOST_TEST(has(read("name = " + std::string(30000, '[')).text, "nested too deeply"));
}

BOOST_AUTO_TEST_CASE(a_key_or_header_of_very_many_parts_is_refused_at_its_line) {
  const auto dotted = text::replace_all(std::string(200000, 'a'), "a", "a.");
  for (const auto& line : {dotted + "b = 1", "[" + dotted + "b]", "x = { " + dotted + "b = 1 }",
                           text::replace_all(dotted, "a", "\"a\"") + "b = 1"}) {
    const auto r = read("name = \"x\"\n" + line + "\n");
    BOOST_TEST(has(r.text, "a.toml:2:"), r.text.substr(0, 100));
    BOOST_TEST(has(r.text, "a key has more than 16 parts"), r.text.substr(0, 100));
  }
}

BOOST_AUTO_TEST_CASE(deep_arrays_and_inline_tables_are_refused_at_their_line) {
  for (const std::string piece : {"[", "{ a = "}) {
    const auto r = read("name = \"x\"\nwho = " + text::replace_all(std::string(70, '.'), ".", piece) + "\n");
    BOOST_TEST(has(r.text, "a.toml:2:"), r.text);
    BOOST_TEST(has(r.text, "nested too deeply"), r.text);
  }
}

BOOST_AUTO_TEST_CASE(brackets_and_dots_in_strings_and_comments_are_no_nesting) {
  const auto many = std::string(100, '[') + std::string(100, '.');
  for (const auto& value : {"\"\\\"" + many + "\"", "'" + many + "'", "'''\n'" + many + "\n'''",
                            "\"\"\"a\\\"\n" + many + "\"\"\""}) {
    const auto r = read("# " + many + "\nname = " + value + "\n");
    BOOST_TEST(r.errors == 0U, r.text);
  }
}

BOOST_AUTO_TEST_CASE(after_a_broken_line_what_is_deep_is_still_refused) {
  const auto r = read("x = = \"\"\"\ny = " + std::string(3000, '[') + "\n\"\"\"\n");
  BOOST_TEST(has(r.text, "a.toml:1:"), r.text.substr(0, 200));
  BOOST_TEST(has(r.text, "nested too deeply"), r.text.substr(0, 200));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_called_so_at_their_place_and_the_rest_is_read) {
  const auto r = read("name = \"Caf\xe9\"\n# \xff\xfe\nmode = \"audti\"\n");
  BOOST_TEST(r.errors == 3U, r.text);
  BOOST_TEST(has(r.text, "a.toml:1:12: error: not valid UTF-8"), r.text);
  BOOST_TEST(has(r.text, "a.toml:2:3: error: not valid UTF-8"), r.text);
  BOOST_TEST(has(r.text, "a.toml:3:8: error: mode: 'audti'"), r.text);
}

BOOST_AUTO_TEST_SUITE_END()
