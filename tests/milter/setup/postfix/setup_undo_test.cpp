#include "milter/setup/postfix/setup_undo.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams::milter;

namespace {

std::string main_undone(const std::string& before, const std::string& after, const std::string& current) {
  return setup::undo_setup(setup::PostfixFile::Main, before, after, current, [](const auto&) { return true; })
      .text;
}

std::string master_undone(const std::string& before, const std::string& after, const std::string& current) {
  return setup::undo_setup(setup::PostfixFile::Master, before, after, current,
                           [](const auto&) { return true; })
      .text;
}

constexpr const char* kBefore = "# mine\nsmtpd_milters = inet:h:1,\n  inet:h:2\n\nrelayhost = x\n";
constexpr const char* kAfter =
    "# mine\nsmtpd_milters = { unix:p }, inet:h:1, inet:h:2\n\nrelayhost = x\nheader_checks = pcre:/pams\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(connector_setup_undo)

BOOST_AUTO_TEST_CASE(what_nobody_touched_since_is_as_it_was_to_the_byte) {
  BOOST_TEST(main_undone(kBefore, kAfter, kAfter) == kBefore);
  const std::string without_newline = "relayhost = x";
  BOOST_TEST(main_undone(without_newline, "relayhost = x\na = b\n", "relayhost = x\na = b\n") ==
             without_newline);
}

BOOST_AUTO_TEST_CASE(other_edits_stay_where_they_are) {
  const auto now = "first = 1\n" + std::string(kAfter) + "# last\n";
  BOOST_TEST(main_undone(kBefore, kAfter, now) == "first = 1\n" + std::string(kBefore) + "# last\n");
}

BOOST_AUTO_TEST_CASE(an_entry_that_was_added_to_our_list_stays_without_ours) {
  auto now = std::string(kAfter);
  now.replace(now.find("inet:h:2"), 8, "inet:h:2, inet:h:3");
  now.replace(now.find("pcre:/pams"), 10, "pcre:/pams, pcre:/site");
  BOOST_TEST(
      main_undone(kBefore, kAfter, now) ==
      "# mine\nsmtpd_milters = inet:h:1, inet:h:2, inet:h:3\n\nrelayhost = x\nheader_checks = pcre:/site\n");
}

BOOST_AUTO_TEST_CASE(a_value_that_was_changed_since_is_left_alone_and_named) {
  const auto undone = setup::undo_setup(setup::PostfixFile::Main, "", "message_size_limit = 5\n",
                                        "message_size_limit = 9\n", [](const auto&) { return true; });
  BOOST_TEST(undone.text == "message_size_limit = 9\n");
  BOOST_TEST(undone.notes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_taken_out_by_hand_does_not_come_back) {
  BOOST_TEST(main_undone("a = 1\n", "a = 2\nb = 3\n", "c = 4\n") == "c = 4\n");
}

BOOST_AUTO_TEST_CASE(only_what_is_asked_for_goes) {
  const auto undone = setup::undo_setup(setup::PostfixFile::Main, kBefore, kAfter, kAfter,
                                        [](const std::string& name) { return name == "smtpd_milters"; });
  BOOST_TEST(undone.text == std::string(kBefore) + "header_checks = pcre:/pams\n");
  BOOST_TEST(undone.changes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(services_go_and_listeners_get_their_cleanup_back) {
  const std::string before = "smtp inet n - y - - smtpd\n  -o a=b\n";
  const std::string after =
      "smtp inet n - y - - smtpd\n    -o a=b\n    -o cleanup_service_name=pams-inbound\npams unix - - n - - smtp\n";
  BOOST_TEST(master_undone(before, after, after) == before);
  auto edited = after;
  edited.replace(edited.find("a=b"), 3, "a=c");
  BOOST_TEST(master_undone(before, after, edited) == "smtp inet n - y - - smtpd\n    -o a=c\n");
}

BOOST_AUTO_TEST_CASE(a_file_of_any_bytes_is_read) {
  for (const auto* text : {"", "\n", "=", " x\n", "#\n\n\t\n", "a", "a=\n b\n# c\n d\n"})
    BOOST_TEST(main_undone(text, text, text) == text);
}

BOOST_AUTO_TEST_SUITE_END()
