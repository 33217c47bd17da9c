#include "tests/support/table.hpp"

#include <algorithm>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "tests/support/has.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::has;
namespace data = boost::unit_test::data;

namespace {

const auto kAll = pams::test::rows_of(actions());
const Organization kExample{{"example.org"}};

auto read(std::string_view name, std::string_view toml) {
  return pams::test::read_entry(
      name, toml, [](const auto& member, const Reading& reading) { return read_action(member, reading); });
}

Draft draft_of(std::string_view message) {
  return Draft{.mail = Mail(parse_message(message), {"anna@example.org", {"piet@klant.example"}},
                            {"127.0.0.1", "", ""}, kExample, {})};
}

/// The form that ActionExample::result describes.
std::string said(const Draft& draft) {
  if (draft.ending)
    return std::visit(overloaded{
                          [](const Reject& e) { return "= reject " + e.status + " " + e.text; },
                          [](const Discard&) { return std::string("= discard"); },
                          [](const Quarantine& e) { return "= quarantine " + e.reason; },
                          [](const Defer& e) { return "= defer " + e.status; },
                      },
                      *draft.ending);
  std::string all;
  for (const auto& store : draft.archives) all += "= archive " + store;
  for (const auto& address : draft.added_recipients) all += "= add-recipient " + address;
  if (draft.connector) all += "= connector " + *draft.connector;
  return all.empty() ? text::replace_all(draft.mail.message().wire(), "\r\n", "\n") : all;
}

std::string done(std::string_view name, std::string_view toml, Draft& draft) {
  return read(name, toml).value.value().action.step(draft).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(actions_table)

BOOST_DATA_TEST_CASE(every_example_behaves_as_documented, data::make(kAll), action) {
  for (const auto& example : action->examples)
    BOOST_TEST_CONTEXT(action->name << " = " << example.toml << " on " << example.message) {
      const auto r = read(action->name, example.toml);
      BOOST_TEST_REQUIRE(r.value.has_value(), r.diagnostics);
      auto draft = draft_of(example.message);
      draft.run_hook = [&](const Hook&, const Mail&) -> Result<HookRun> {
        return HookRun{example.hook_exit, std::string(example.hook_output)};
      };
      const auto outcome = r.value->action.step(draft);
      BOOST_TEST_REQUIRE(outcome.has_value());
      BOOST_TEST(!outcome->empty());
      BOOST_TEST(said(draft) == example.result);
    }
}

BOOST_DATA_TEST_CASE(every_action_is_documented, data::make(kAll), action) {
  BOOST_TEST(!action->examples.empty());
  BOOST_TEST(pams::test::is_sentence(action->summary));
  for (const auto& param : action->params) BOOST_TEST(param.doc.ends_with('.'));
}

BOOST_DATA_TEST_CASE(every_key_with_a_role_is_a_key_of_its_type, data::make(kAll), action) {
  const auto fits = [&](std::string_view key, schema::Type type) {
    return key.empty() || std::ranges::any_of(action->params, [&](const schema::Param& param) {
             return param.key == key && param.type == type && (param.required || !param.fallback.empty());
           });
  };
  const auto& keys = action->keys;
  BOOST_TEST(fits(keys.archive, schema::Type::Text));
  BOOST_TEST(fits(keys.connector, schema::Type::Text));
  BOOST_TEST(fits(keys.header, schema::Type::Text));
  BOOST_TEST(fits(keys.header_value, schema::Type::Text));
  BOOST_TEST(fits(keys.program, schema::Type::Words));
  BOOST_TEST(fits(keys.program_timeout, schema::Type::Duration));
  BOOST_TEST((keys.header_value.empty() || !keys.header.empty()));
  BOOST_TEST(keys.program.empty() == keys.program_timeout.empty());
}

BOOST_DATA_TEST_CASE(every_action_refuses_what_its_table_does_not_list, data::make(kAll), action) {
  BOOST_TEST(!read(action->name, "{ surprise = 1 }").value.has_value());
  BOOST_TEST(!read(action->name, "false").value.has_value());
}

BOOST_AUTO_TEST_CASE(names_are_unique) { BOOST_TEST(pams::test::repeated_name(kAll) == ""); }

BOOST_AUTO_TEST_CASE(no_second_line_is_smuggled_into_a_header_or_a_reply) {
  BOOST_TEST(!read("set_header", R"({ name = "X-A", value = "1\r\nBcc: eve@evil.example" })").value);
  BOOST_TEST(!read("set_header", R"({ name = "X-A: 1\r\nX-B", value = "1" })").value);
  BOOST_TEST(!read("prepend_subject", R"("a\nb")").value);
  BOOST_TEST(!read("reject_message", R"({ reason_text = "a\r\n250 fine" })").value);
}

BOOST_AUTO_TEST_CASE(only_exchanges_status_codes_may_be_given) {
  BOOST_TEST(read("reject_message", R"({ enhanced_status_code = "5.7.999" })").value.has_value());
  for (const auto* code : {"4.7.1", "5.7.2", "5.7.899", "5.7.1000", "5.7.9x0", ""})
    BOOST_TEST(!read("reject_message", R"({ enhanced_status_code = ")" + std::string(code) + "\" }").value,
               code);
}

BOOST_AUTO_TEST_CASE(a_disclaimer_without_a_word_is_refused) {
  BOOST_TEST(!read("apply_html_disclaimer", R"({ location = "append" })").value);
  BOOST_TEST(!read("apply_html_disclaimer", R"({ html = "" })").value);
  BOOST_TEST(!read("apply_html_disclaimer", R"({ html = "a", html_file = "b" })").value);
}

BOOST_AUTO_TEST_CASE(a_long_subject_is_folded_not_broken) {
  auto draft = draft_of("Subject: " + std::string(950, 'x') + "\n\n");
  done("prepend_subject", "\"" + std::string(100, 'y') + " \"", draft);
  const auto wire = draft.mail.message().headers.wire();
  for (const auto line : text::split(wire, '\n')) BOOST_TEST(line.size() <= 999U);
}

BOOST_AUTO_TEST_CASE(the_first_connector_wins_and_a_note_tells) {
  auto draft = draft_of("Subject: a\n\n");
  done("route_message_outbound_connector", "\"Partner\"", draft);
  BOOST_TEST(has(done("route_message_outbound_connector", "\"Other\"", draft), "not routed via Other"));
  BOOST_TEST(draft.connector.value() == "Partner");
  BOOST_TEST(draft.notes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_message_is_archived_once_however_many_rules_say_so) {
  auto draft = draft_of("Subject: a\n\n");
  done("archive", "\"compliance\"", draft);
  done("archive", "\"compliance\"", draft);
  BOOST_TEST(draft.archives.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
