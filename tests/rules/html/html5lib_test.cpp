// The tokenizer tests of html5lib (https://github.com/html5lib/html5lib-tests, MIT), which are no part of the
// project: PAMS_HTML5LIB names their directory `tokenizer`. Of a doctype only its place is compared: nobody
// here reads its identifiers. Not run: the state "CDATA section", which the scanner does not have
// (HtmlToken::is_cdata), and xmlViolation.test, which is about writing XML.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "rules/base/text.hpp"
#include "rules/html/html_attributes.hpp"
#include "rules/html/html_reference.hpp"
#include "rules/html/html_scan.hpp"

using namespace pams;
using nlohmann::json;

namespace {

const std::map<std::string, HtmlContent> kStates = {{"Data state", HtmlContent::Data},
                                                    {"RCDATA state", HtmlContent::Rcdata},
                                                    {"RAWTEXT state", HtmlContent::RawText},
                                                    {"Script data state", HtmlContent::Script},
                                                    {"PLAINTEXT state", HtmlContent::PlainText}};

std::string with_replacements(std::string_view s) {
  std::string out;
  for (const char c : s) out += c == '\0' ? "\xEF\xBF\xBD" : std::string(1, c);
  return out;
}

/// "\\u0041" -> "A"; a lone surrogate becomes three bytes that no UTF-8 has.
std::string unescaped(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s.substr(i, 2) != "\\u") {
      out += s[i];
      continue;
    }
    const auto code = std::stoul(std::string(s.substr(i + 2, 4)), nullptr, 16);
    i += 5;
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += {static_cast<char>(0xC0U | code >> 6U), static_cast<char>(0x80U | (code & 0x3FU))};
    } else {
      out += {static_cast<char>(0xE0U | code >> 12U), static_cast<char>(0x80U | (code >> 6U & 0x3FU)),
              static_cast<char>(0x80U | (code & 0x3FU))};
    }
  }
  return out;
}

/// Every text of `value`, wherever it stands, through unescaped().
json unescaped_all(const json& value) {
  if (value.is_string()) return unescaped(value.get<std::string>());
  if (!value.is_structured()) return value;
  auto out = value.is_array() ? json::array() : json::object();
  for (const auto& [key, one] : value.items()) {
    if (value.is_array()) out.push_back(unescaped_all(one));
    if (value.is_object()) out[unescaped(key)] = unescaped_all(one);
  }
  return out;
}

json start_tag(const HtmlToken& token) {
  auto all = json::object();
  HtmlAttributes attributes(token.inside);
  while (const auto one = attributes.next()) {
    const auto name = with_replacements(text::to_lower(one->name));
    if (!all.contains(name)) all[name] = decode_html_attribute(with_replacements(one->value));
  }
  json tag = {"StartTag", with_replacements(text::to_lower(token.name)), all};
  if (attributes.is_self_closing()) tag.push_back(true);
  return tag;
}

std::string characters(const HtmlToken& token, std::string_view bytes) {
  switch (token.kind) {
    case HtmlKind::Text:
      return decode_html_references(bytes);
    case HtmlKind::Rcdata:
      return decode_html_references(with_replacements(bytes));
    default:
      return with_replacements(bytes);
  }
}

void add(json& tokens, json token) {
  const bool joins = token[0] == "Character" && !tokens.empty() && tokens.back()[0] == "Character";
  if (joins) tokens.back()[1] = tokens.back()[1].get<std::string>() + token[1].get<std::string>();
  if (!joins) tokens.push_back(std::move(token));
}

json tokens_of(const std::string& html, HtmlContent content, const std::string& element) {
  auto tokens = json::array();
  HtmlScan scan(html, content, element);
  while (const auto token = scan.next()) {
    const auto bytes = std::string_view(html).substr(token->begin, token->end - token->begin);
    switch (token->kind) {
      case HtmlKind::StartTag:
        add(tokens, start_tag(*token));
        break;
      case HtmlKind::EndTag:
        add(tokens, {"EndTag", with_replacements(text::to_lower(token->name))});
        break;
      case HtmlKind::Comment:
        add(tokens, {"Comment", with_replacements(token->inside)});
        break;
      case HtmlKind::Doctype:
        add(tokens, json::array({"DOCTYPE"}));
        break;
      case HtmlKind::Dropped:
        break;
      default:
        add(tokens, {"Character", characters(*token, bytes)});
    }
  }
  return tokens;
}

json wanted_of(const json& output) {
  auto tokens = json::array();
  for (const auto& token : output) add(tokens, token[0] == "DOCTYPE" ? json::array({"DOCTYPE"}) : token);
  return tokens;
}

std::size_t run(const json& test) {
  const auto read = test.value("doubleEscaped", false) ? unescaped_all(test) : test;
  // The standard's preprocessing of its input (13.2.3.5).
  const auto input =
      text::replace_all(text::replace_all(read["input"].get<std::string>(), "\r\n", "\n"), "\r", "\n");
  std::size_t count = 0;
  for (const auto& state : read.value("initialStates", json::array({"Data state"}))) {
    const auto known = kStates.find(state.get<std::string>());
    if (known == kStates.end()) continue;
    const auto found = tokens_of(input, known->second, read.value("lastStartTag", ""));
    BOOST_TEST(found == wanted_of(read["output"]),
               known->first << ", " << read["description"] << ": " << test["input"] << " gives "
                            << found.dump(-1, ' ', true, json::error_handler_t::replace));
    ++count;
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html5lib)

BOOST_AUTO_TEST_CASE(html_is_cut_into_the_tokens_of_the_standard) {
  const char* directory = std::getenv("PAMS_HTML5LIB");
  if (directory == nullptr) {
    BOOST_TEST_MESSAGE("skipped: PAMS_HTML5LIB is not set");
    return;
  }
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".test" || entry.path().stem() == "xmlViolation") continue;
    std::ifstream in(entry.path());
    const auto file = json::parse(in);
    BOOST_TEST_CONTEXT(entry.path().filename().string()) {
      for (const auto& test : file["tests"]) count += run(test);
    }
  }
  BOOST_TEST_MESSAGE(count << " cases of " << directory);
  BOOST_TEST(count > 6000U);
}

BOOST_AUTO_TEST_SUITE_END()
