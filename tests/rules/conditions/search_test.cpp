#include "rules/conditions/search.hpp"

#include <boost/test/unit_test.hpp>

namespace pams::rules {
namespace {

const Organization kExample{{"example.org"}};

Mail mail_of(const std::string& message) {
  return Mail(parse_message(message), {"anna@example.org", {"piet@klant.example"}}, {"127.0.0.1", "", ""},
              kExample, {});
}

Search words(const std::string& phrase) { return Search::for_words(std::vector{phrase}).value(); }
Search pattern(const std::string& one) { return Search::for_patterns(std::vector{one}).value(); }

bool body_has(const Search& search, const std::string& message) {
  return search.in_subject_or_body(mail_of(message)).value().holds;
}

std::string plain(const std::string& text, const std::string& parameters = "") {
  return "Content-Type: text/plain; charset=utf-8" + parameters + "\n\n" + text;
}
std::string html(const std::string& text) { return "Content-Type: text/html; charset=utf-8\n\n" + text; }
std::string quoted_printable(const std::string& text) {
  return "Content-Transfer-Encoding: quoted-printable\n" + plain(text);
}

/// "the figures" as a sender may write it, and no reader sees a difference or any other words.
const std::string kSpellings[] = {
    "the fig\u200cures",
    "the fig\u2060ures",
    "the fig\u00adures",
    "the\u00a0figures",
    "the\u202ffigures",
    "the \u200b figures",
    "t\u034fhe figures",
    "\u202athe figures\u202c",
    "the fig\U000e0075ures",
    "\uff54\uff48\uff45\u3000\uff46\uff49\uff47\uff55\uff52\uff45\uff53",
    "the \ufb01gures",
    "THE FIGURES",
    "the  \t figures",
    "the fig\u180eures",
    "the fig\x01ures",
    "\u24e3\u24d7\u24d4 figures",
    "the \U0001d41fi\U0001d420ures",
};

constexpr std::string_view kDisclaimer =
    "Example Holding B.V. is registered in the trade register under number 01234567";

}  // namespace

BOOST_AUTO_TEST_SUITE(search)

BOOST_AUTO_TEST_CASE(no_spelling_hides_words_wherever_they_stand) {
  const auto wanted = words("the figures");
  const auto also_wanted = pattern("the figures");
  for (const auto& spelling : kSpellings) BOOST_TEST_CONTEXT(spelling) {
      const auto text = "Here are " + spelling + ".\n";
      BOOST_TEST(body_has(wanted, plain(text)));
      BOOST_TEST(body_has(also_wanted, plain(text)));
      BOOST_TEST(body_has(wanted, html("<p>" + text)));
      BOOST_TEST(body_has(words(spelling), plain("Here are the figures.\n")));
      const auto fields = mail_of("Subject: " + text + "X-Note: " + text + "\n");
      BOOST_TEST(wanted.in_subject(fields).holds);
      BOOST_TEST(also_wanted.in_header(fields, "x-note").holds);
      BOOST_TEST(wanted.in_header(fields, "X-Note").holds);
    }
}

BOOST_AUTO_TEST_CASE(no_way_to_write_a_header_field_hides_words) {
  for (const auto* value :
       {"Here are\n the\n\t figures",
        "=?utf-8?b?dGhlIGZpZw==?= =?utf-8?q?ures?=", "=?utf-8?q?the_fig?=\n =?iso-8859-1?q?=ADures?=",
        "the =?utf-8?q?fig=E2=80=8Bures?=", "=?utf-8?q?the=0D=0Afig=00ures?=", "the fig\u200bures",
        "=?utf-16be?b?AHQAaABlACAAZgBpAGcAdQByAGUAcw==?="}) {
    const auto mail = mail_of("Subject: other\nsubject : " + std::string(value) + "\n\n");
    BOOST_TEST(words("the figures").in_subject(mail).holds, value);
    BOOST_TEST(words("the figures").in_header(mail, "Subject").holds, value);
  }
}

BOOST_AUTO_TEST_CASE(a_phrase_is_found_in_every_kind_of_quote) {
  const auto wanted = words(std::string(kDisclaimer));
  const std::string messages[] = {
      plain(
          "Fine.\n\n>> Example Holding B.V. is registered in the trade\n>> register under number 01234567\n"),
      plain("> > Example Holding B.V. is registered\n> > in the trade register under number 01234567"),
      plain(">Example Holding B.V. is registered\n>in the trade register under number 01234567"),
      plain(" > Example Holding B.V. is registered in the trade\nregister\n > under number 01234567"),
      plain("> Example Holding B.V. is registered in the trade register under \n> number 01234567",
            "; format=flowed"),
      plain("> Example Holding B.V. is regis \n> tered in the trade register under  \n> number 01234567",
            "; format=flowed; delsp=yes"),
      plain("> Example Holding B.V. is registered in \n> the trade register under number 01234567",
            "; format=flowed; delsp=yes"),
      quoted_printable(
          "> Example Holding B.V. is regis=\ntered in=20\n> the trade register =\nunder number 01234567"),
      html(
          "<p>Example Holding B.V.<br>is&nbsp;registered in the trade regis&shy;ter<br>\nunder <b>number</b> 01234567"),
      html(
          "&gt; Example Holding B.V.<br>&gt; is registered in the trade register<br>&gt;&gt; under number 01234567"),
      html("<blockquote><div>Example Holding B.V. is registered</div><div>in the trade register under number "
           "01234567</div></blockquote>"),
  };
  for (const auto& message : messages) BOOST_TEST(body_has(wanted, message), message);
  BOOST_TEST(!body_has(words("two words"), plain("two > words")));
}

BOOST_AUTO_TEST_CASE(a_word_ends_where_neither_letter_nor_digit_nor_mark_follows) {
  BOOST_TEST(!body_has(words("cafe"), plain("cafe\u0301")));
  BOOST_TEST(!body_has(words("x"), plain("x\u030c")));
  BOOST_TEST(body_has(words("caf\u00e9"), plain("(cafe\u0301)")));
  BOOST_TEST(body_has(words("cafe\u0301"), plain("caf\u00e9")));
  BOOST_TEST(!body_has(words("men"), plain("ne\u0301men")));
  BOOST_TEST(body_has(words("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
                      plain("\u0645\u06cc\u062e\u0648\u0627\u0647\u0645")));
}

BOOST_AUTO_TEST_CASE(a_pattern_sees_what_was_written_and_what_is_read) {
  BOOST_TEST(body_has(pattern(R"(\x{200B})"), plain("a\u200bb")));
  BOOST_TEST(body_has(pattern("\u00b2"), plain("10 m\u00b2")));
  BOOST_TEST(body_has(pattern("m2"), plain("10 m\u00b2")));
  BOOST_TEST(body_has(pattern("^a b$"), plain("\u200ba\u00a0 b")));
  BOOST_TEST(body_has(pattern("caf\u00e9"), plain("cafe\u0301")));
  BOOST_TEST(body_has(pattern("cafe\u0301"), plain("caf\u00e9")));
  BOOST_TEST(body_has(pattern(R"((?-i)^[A-Z]+\n[A-Z]+)"), plain("> SECRET\n> \uff30LAN")));
  BOOST_TEST(!body_has(pattern("(?-i)secret"), plain("SECRET caf\u00e9")));
}

BOOST_AUTO_TEST_CASE(a_dot_stays_on_its_line_and_a_blank_may_be_a_line_end) {
  const auto lines = plain("Invoice\nof yesterday: strictly\n  confidential");
  BOOST_TEST(!body_has(pattern("invoice.*confidential"), lines));
  BOOST_TEST(!body_has(pattern("one.two"), html("<p>one</p><p>two")));
  BOOST_TEST(body_has(pattern("one.two"), html("one\ntwo")));
  BOOST_TEST(body_has(pattern("yesterday.*strictly"), lines));
  BOOST_TEST(body_has(pattern("(?s)invoice.*confidential"), lines));
  BOOST_TEST(body_has(pattern("strictly confidential"), lines));
  BOOST_TEST(body_has(pattern("strictly confidential"), plain("> strictly\n>> confidential")));
  BOOST_TEST(body_has(pattern(R"(\Qstrictly confidential\E)"), lines));
  BOOST_TEST(body_has(pattern("strictly[ -]confidential"), lines));
  BOOST_TEST(body_has(pattern("a.b"), plain("a \nb", "; format=flowed")));
}

BOOST_AUTO_TEST_CASE(the_beginning_and_the_end_are_those_of_the_whole_text) {
  const auto lines = plain("one\ntwo\nthree");
  BOOST_TEST(body_has(pattern("^one"), lines));
  BOOST_TEST(body_has(pattern("three$"), lines));
  BOOST_TEST(!body_has(pattern("^two$"), lines));
  BOOST_TEST(body_has(pattern("(?m)^two$"), lines));
}

BOOST_AUTO_TEST_CASE(a_body_too_long_to_be_looked_at_whole_is_said_to_be) {
  const auto found = [](const std::string& text) {
    return words("needle").in_subject_or_body(mail_of(plain(text))).value();
  };
  const std::string half(Mail::kMaxText / 2, 'x');
  BOOST_TEST(found(half + " needle").holds);
  const auto miss = found(half + half + " needle");
  BOOST_TEST(!miss.holds);
  BOOST_TEST(miss.seen.ends_with("whose text is too long to be looked at whole"));
  BOOST_TEST(found(half + half).seen == "neither in the subject nor in the body");
  BOOST_TEST(found("needle " + half + half).seen == "found in the body");
  BOOST_TEST(!found(std::string(17 * Mail::kMaxText, ' ') + "needle").seen.ends_with("in the body"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace pams::rules
