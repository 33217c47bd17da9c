#include "rules/message/structured_value.hpp"

#include <boost/test/unit_test.hpp>

using pams::StructuredValue;
using pams::without_comments;

namespace {

std::string get(std::string_view value, std::string_view name) { return StructuredValue(value).get(name); }

}  // namespace

BOOST_AUTO_TEST_SUITE(structured_value)

BOOST_AUTO_TEST_CASE(the_head_is_what_stands_before_the_parameters) {
  BOOST_TEST(StructuredValue(" Text/Plain ; charset=x").head() == "text/plain");
  BOOST_TEST(StructuredValue("text/html foo").head() == "text/html");
  BOOST_TEST(StructuredValue("").head() == "");
}

BOOST_AUTO_TEST_CASE(comments_are_dropped_outside_quotes_only) {
  BOOST_TEST(without_comments("a(b (c) \\) d)e\"(f)\"") == "ae\"(f)\"");
  BOOST_TEST(without_comments("a(open") == "a(open");
  BOOST_TEST(without_comments("a\"open(b)") == "a\"open(b)");
  BOOST_TEST(get("text/plain; (first) charset (second) = (third) utf-8 (last)", "charset") == "utf-8");
}

BOOST_AUTO_TEST_CASE(parameters_are_read_as_mail_has_them) {
  BOOST_TEST(get("m/x; Boundary=\"a \\\"b\\\" ;c\"; x=y", "boundary") == "a \"b\" ;c");
  BOOST_TEST(get("m/x; boundary=a b/c?d; x=y", "boundary") == "a b/c?d");
  BOOST_TEST(get("m/x;;; =; boundary; x = y ;", "x") == "y");
  BOOST_TEST(get("m/x; boundary=\"open", "boundary") == "open");
  BOOST_TEST(get("m/x; boundary=\"a\" trash; x=y", "x") == "y");
}

BOOST_AUTO_TEST_CASE(the_first_of_two_parameters_counts_and_the_contradiction_is_told) {
  const StructuredValue two("m/x; boundary=a; boundary=b");
  BOOST_TEST(two.get("boundary") == "a");
  BOOST_TEST(two.is_contradictory("boundary"));
  BOOST_TEST(!StructuredValue("m/x; boundary=a; boundary=a").is_contradictory("boundary"));
  BOOST_TEST(StructuredValue("m/x; boundary=a; boundary*=us-ascii''b").is_contradictory("boundary"));
}

BOOST_AUTO_TEST_CASE(rfc_2231_pieces_are_joined_in_their_order) {
  BOOST_TEST(get("a; filename*=iso-8859-1'en'caf%E9.txt", "filename") == "café.txt");
  BOOST_TEST(get("a; filename*1=\"b.txt\"; filename*0*=utf-8''%C3%A9%20", "filename") == "é b.txt");
  BOOST_TEST(get("a; boundary*0=out; boundary*1=er", "boundary") == "outer");
  BOOST_TEST(get("a; filename*99999999999=x", "filename") == "");
}

BOOST_AUTO_TEST_SUITE_END()
