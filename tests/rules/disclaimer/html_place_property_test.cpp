// The place of a disclaimer in random HTML against a slow reader that builds the tree: whatever the HTML is,
// the disclaimer is shown, whole, and all that is shown stands on the right side of it.
#include <algorithm>
#include <random>
#include <string>

#include <boost/test/unit_test.hpp>

#include "rules/disclaimer/html_place.hpp"
#include "tests/support/slow_html.hpp"

using pams::disclaimer::html_place;
using pams::disclaimer::Location;
using pams::test::SlowNode;

namespace {

constexpr std::string_view kDisclaimer = "<div id=d>D</div>";

/// What a browser shows in its order: "D" the disclaimer, "d" one that is hidden or not text, "x" text.
void read(const SlowNode& node, bool is_hidden, std::string& out) {
  constexpr std::string_view kUnseen = " title style script iframe noembed noframes ";
  constexpr std::string_view kNoText = " button textarea xmp ";
  const auto is_in = [&](std::string_view names) {
    return !node.name.empty() && names.find(" " + node.name + " ") != std::string_view::npos;
  };
  if (is_in(kUnseen)) return;
  const auto style = node.attributes.find("style");
  is_hidden = is_hidden || node.attributes.contains("hidden") ||
              (style != node.attributes.end() && style->second == "display:none");
  if (!is_hidden && node.text.find_first_not_of(" \t\r\n\f") != std::string::npos) out += 'x';
  std::string inside;
  for (const auto* kid : node.kids) read(*kid, is_hidden, inside);
  // A formatting element that is still going on may stand in it, too.
  if (node.attributes.contains("id")) inside = inside == "x" ? "D" : "d";
  if (is_in(kNoText)) std::ranges::replace(inside, 'D', 'd');
  out += inside;
}

bool is_right(const std::string& html, Location location, bool is_quirky) {
  std::string shown;
  read(pams::test::SlowTree(html, is_quirky).body(), false, shown);
  const auto disclaimer = location == Location::Append ? shown.size() - 1 : 0;
  return std::ranges::count(shown, 'D') == 1 && shown[disclaimer] == 'D' &&
         shown.find('d') == std::string::npos;
}

class RandomHtml {
 public:
  explicit RandomHtml(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string out = one_in(2) ? "<html><head><title>t</title></head><body>" : "";
    if (one_in(2)) {
      for (auto i = below(14); i > 0; --i) out += fragment();
    } else {
      out += nested(0) + (one_in(2) ? fragment() : "") + nested(0);
    }
    return out + (one_in(3) ? "</body></html>" : "");
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <std::size_t N>
  std::string any(const char* const (&all)[N]) {
    return all[below(N)];
  }

  std::string fragment() {
    constexpr const char* kText[] = {"x", " ", "&amp;", "'", "\"", "<", ">", "a < b", "-", "]]>", "/"};
    constexpr const char* kMarkup[] = {
        "<!-- c -->", "<!-- c --!>", "<!-->",    "<!--->",    "<!--",        "-->",
        "--!>",       "<![CDATA[",   "<?x?>",    "</>",       "</ >",        "<style>",
        "</style>",   "</style x>",  "<title>",  "</title/>", "<script>",    "</script >",
        "<xmp>",      "</xmp>",      "<iframe>", "</iframe>", "<textarea>",  "</textarea>",
        "<body>",     "<br>",        "<hr>",     "<a x='",    "<plaintext>", "<img src=x>"};
    const auto kind = below(20);
    if (kind < 6) return any(kText);
    if (kind < 12) return "<" + name() + attributes() + (one_in(8) ? "/>" : ">");
    if (kind < 18) return "</" + name() + (one_in(8) ? " x='>'>" : ">");
    return any(kMarkup);
  }

  std::string nested(int depth) {
    std::string out;
    for (auto i = below(5); i > 0; --i) {
      const auto element = name();
      if (depth > 4 || one_in(3)) {
        out += one_in(3) ? " " : "x";
      } else if (element == "table") {
        out += "<table" + attributes() + "><tr><td>" + nested(depth + 1) + "</td></tr></table>";
      } else {
        out +=
            "<" + element + attributes() + ">" + nested(depth + 1) + (one_in(15) ? "" : "</" + element + ">");
      }
    }
    return out;
  }

  std::string name() {
    constexpr const char* kNames[] = {"div",   "p",      "span",   "b",      "i",    "a",   "font",
                                      "table", "tr",     "td",     "th",     "ul",   "li",  "dl",
                                      "dd",    "h1",     "center", "button", "em",   "o:p", "caption",
                                      "col",   "object", "pre",    "tbody",  "nobr", "h2"};
    return any(kNames);
  }
  std::string attributes() {
    constexpr const char* kAttributes[] = {
        "", "", "", "", " hidden", " style='display:none'", " o'x", " title=\"</body>\""};
    return any(kAttributes);
  }

  std::mt19937 random_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(html_place_property)

BOOST_AUTO_TEST_CASE(in_any_html_the_place_is_where_a_reader_with_a_tree_shows_it_last_or_first) {
  constexpr int kTexts = 20000;
  RandomHtml random(13);
  int placed = 0;
  for (int i = 0; i < kTexts; ++i) {
    const auto html = random.next();
    for (const auto location : {Location::Append, Location::Prepend}) {
      const auto place = html_place(html, location);
      if (!place) continue;
      ++placed;
      auto changed = html;
      changed.insert(*place, kDisclaimer);
      for (const bool is_quirky : {true, false})
        if (!is_right(changed, location, is_quirky)) BOOST_ERROR(changed);
    }
  }
  BOOST_TEST(placed > kTexts * 3 / 2);
}

BOOST_AUTO_TEST_SUITE_END()
