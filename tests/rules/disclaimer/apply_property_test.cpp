/// Random MIME trees: whatever the shape, the message afterwards is the message before with the disclaimer.
#include <random>

#include <boost/test/unit_test.hpp>

#include "rules/mime/base64.hpp"
#include "rules/mime/quoted_printable.hpp"
#include "tests/support/disclaimers.hpp"
#include "tests/support/edited_message.hpp"

using namespace pams::test;  // _eml and messages with disclaimers

namespace {

/// Makes messages of every shape that the editor knows, and says whether one must get a disclaimer.
class Tree {
 public:
  explicit Tree(unsigned seed) : random_(seed) {}

  std::string message() { return "From: a@example.org\r\nMIME-Version: 1.0\r\n" + entity(0, true); }
  bool has_body_text() const { return has_body_text_; }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  template <std::size_t N>
  std::string pick(const char* const (&words)[N]) {
    return words[below(N)];
  }

  std::string entity(std::size_t depth, bool is_open) {
    const auto kind = below(depth > 4 ? 5 : 9);
    if (kind < 3) return body_text(is_open);
    if (kind == 3) return attachment();
    if (kind == 4) return "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\n" + text("us-ascii");
    return multipart(depth, is_open);
  }

  std::string multipart(std::size_t depth, bool is_open) {
    const auto type = pick({"mixed", "alternative", "related", "signed", "mixed", "alternative"});
    const auto boundary = "b" + std::to_string(++boundaries_) + pick({"", "=", " x", "--"}) + "e";
    auto out = "Content-Type: multipart/" + type + ";\r\n\tboundary=\"" + boundary + "\"\r\n\r\n" +
               pick({"", "preamble\r\n", "\r\n"});
    const auto children = 1 + below(3);
    for (std::size_t i = 0; i < children; ++i) {
      const bool child_is_open = is_open && type != "signed" && (type != "related" || i == 0);
      out += "--" + boundary + pick({"", " ", "\t "}) + "\r\n" + entity(depth + 1, child_is_open) + "\r\n";
    }
    return out + "--" + boundary + "--" + pick({"", "\r\nepilogue", "\r\n"});
  }

  std::string attachment() {
    return "Content-Type: " + pick({"text/plain", "application/pdf", "text/html"}) +
           "\r\nContent-Disposition: attachment; filename=x\r\n\r\n" + text("us-ascii");
  }

  std::string body_text(bool is_open) {
    has_body_text_ = has_body_text_ || is_open;
    const auto charset = pick({"us-ascii", "utf-8", "iso-8859-1", "koi8-r"});
    const auto bytes = text(charset);
    const auto header = "Content-Type: " + pick({"text/plain", "text/html", "text/plain; format=flowed"}) +
                        "; charset=" + charset + "\r\nContent-Transfer-Encoding: ";
    switch (below(3)) {
      case 0:
        return header + "quoted-printable\r\n\r\n" + pams::mime::encode_quoted_printable(bytes);
      case 1:
        return header + "base64\r\n\r\n" + pams::mime::encode_base64(bytes);
      default:
        return header + "8bit\r\n\r\n" + bytes;
    }
  }

  std::string text(const std::string& charset) {
    std::string out;
    for (auto words = below(60); words > 0; --words) {
      out += pick({"word ", "\r\n", "--b1", "=", "</body>", "<!-- x -->", "<body>", "> ", "\t", "\r\n\r\n",
                   "-- \r\n", "a=20", "<p title='</body>'>", "--\r\n"});
      if (charset == "utf-8" && below(4) == 0) out += "\xE2\x82\xAC";
      if (charset != "utf-8" && charset != "us-ascii" && below(4) == 0) out += '\xE9';
    }
    return out;
  }

  std::mt19937 random_;
  std::size_t boundaries_ = 0;
  bool has_body_text_ = false;
};

void check(const std::string& eml, const pams::disclaimer::Disclaimer& disclaimer, bool must_get_it) {
  const auto before = pams::parse_message(eml);
  const auto map = map_mime(before, {}).value();
  const auto result = apply(before, map, disclaimer);
  if (!result) {
    BOOST_TEST(!result.error().why.starts_with("the disclaimer would damage"), result.error().why);
    BOOST_TEST(!must_get_it, result.error().why);
    return;
  }
  const auto& after = result->message;
  const auto again = map_mime(after, {}).value();
  BOOST_TEST(edit_fault({before, map}, {after, again}, result->parts, "Notice") == "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(apply_to_random_trees)

BOOST_AUTO_TEST_CASE(the_message_is_the_old_one_with_the_disclaimer_and_nothing_else) {
  auto ascii = ascii_disclaimer();
  auto euro = euro_disclaimer();
  euro.text += "\nNotice";
  euro.html += "\n<p>Notice</p>";
  for (unsigned seed = 0; seed < 1500; ++seed) {
    Tree tree(seed);
    const auto eml = tree.message();
    BOOST_TEST_CONTEXT("seed " << seed << "\n" << show(eml))
    for (const auto& disclaimer : {ascii, euro, prepended(ascii), prepended(euro)})
      check(eml, disclaimer, tree.has_body_text());
  }
}

BOOST_AUTO_TEST_SUITE_END()
