#include "rules/conditions/pattern.hpp"

#include <boost/test/unit_test.hpp>
#include <re2/re2.h>

namespace pams::rules {

BOOST_AUTO_TEST_SUITE(pattern)

BOOST_AUTO_TEST_CASE(a_blank_stands_for_a_line_end_as_well) {
  constexpr std::pair<std::string_view, std::string_view> kRewritten[] = {
      {"strictly confidential", R"(strictly\sconfidential)"},
      {R"(a\ b)", R"(a\sb)"},
      {R"(a\\ b)", R"(a\\\sb)"},
      {R"(\Qa. b\E c)", R"(\Qa.\E\s\Qb\E\sc)"},
      {R"(\Qa b)", R"(\Qa\E\s\Qb)"},
      {R"(a[ \t]b)", R"(a[ \n\t]b)"},
      {R"([^ ]+ x)", R"([^ \n]+\sx)"},
      {R"([^] ] )", R"([^] \n]\s)"},
      {R"([[:alpha:] ] )", R"([[:alpha:] \n]\s)"},
      {R"([[: ] )", R"([[: \n]\s)"},
      {R"([a\] ] )", R"([a\] \n]\s)"},
      {R"([ -]x)", R"([ \n-]x)"},
  };
  for (const auto& [written, wanted] : kRewritten) {
    BOOST_TEST(across_lines(written) == wanted);
    BOOST_TEST(RE2(std::string(wanted)).ok(), wanted);
  }
}

BOOST_AUTO_TEST_CASE(other_patterns_stay_as_they_are) {
  for (const std::string_view written :
       {"", "a", R"(^BSN\x20[0-9]{9}$)", R"([ -~]+)", R"([\ -~]+)", R"(\)", R"([)", R"([^)", R"([a)", R"(\Q)",
        R"(\Qa\E)", R"(\p{Greek}+(?i:x)\b)", "caf\u00e9"})
    BOOST_TEST(across_lines(written) == written);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace pams::rules
