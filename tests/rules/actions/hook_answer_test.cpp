#include "rules/actions/hook_answer.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;

namespace {

/// "X-A: 1|X-B: 2", "defer REASON", "reject STATUS TEXT", or "error WHAT".
std::string answer(int exit_code, std::string_view output, std::string_view flag = "zivver-relay") {
  const auto read = read_hook_answer(exit_code, output, flag);
  if (!read) return "error " + read.error().what;
  return std::visit(overloaded{
                        [](const HookAccepts& accepts) {
                          std::vector<std::string> all;
                          for (const auto& field : accepts.fields)
                            all.push_back(field.name + ":" + field.value);
                          return text::join(all, "|");
                        },
                        [](const Defer& defer) { return "defer " + defer.reason; },
                        [](const Reject& reject) { return "reject " + reject.status + " " + reject.text; },
                    },
                    *read);
}

bool is_error(std::string_view output) {
  return answer(0, output).starts_with("error its output is refused");
}

/// Outbound mail, classified by a hook that ends like that.
Plan plan_with(HookRun run, std::string_view eml, const std::string& more = "",
               Envelope envelope = {"anna@example.org", {"piet@klant.example"}}) {
  const auto policy = test::gateway("[[transport_rule]]\nname = \"Scan\"\n" + more +
                                    "[[transport_rule.do]]\nrun_hook = [\"/usr/local/lib/scan\"]\n");
  const EvaluationContext context{schema::Instant{}, [] { return false; },
                                  [&](const Hook&, const Mail&) -> Result<HookRun> { return run; }};
  return evaluate(policy, parse_message(eml), std::move(envelope), {"127.0.0.1", "", ""}, "", context);
}

constexpr std::string_view kFlagged = "From: anna@example.org\nzivver-relay: a.b\nSubject: s\n\nx\n";
constexpr std::string_view kOrdinary = "From: anna@example.org\nSubject: s\n\nx\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(hook_answer)

BOOST_AUTO_TEST_CASE(exit_codes_are_those_of_sysexits) {
  BOOST_TEST(answer(0, "") == "");
  BOOST_TEST(answer(75, "busy\n") == "defer deferred by a hook: busy");
  BOOST_TEST(answer(77, "") == "reject 5.7.1 Delivery not authorized, message refused");
  BOOST_TEST(answer(77, "Malware found\nmore\n") == "reject 5.7.1 Malware found");
  for (const int other : {1, 2, 64, 69, 70, 73, 76, 78, 126, 127, 255})
    BOOST_TEST(answer(other, "") == "error exit code " + std::to_string(other));
}

BOOST_AUTO_TEST_CASE(headers_are_lines_with_either_line_end) {
  BOOST_TEST(answer(0, "X-A: 1\nX-B: 2") == "X-A: 1|X-B: 2");
  BOOST_TEST(answer(0, "X-A:1\r\nX-B:   2  \r\n") == "X-A: 1|X-B: 2");
  BOOST_TEST(answer(0, "X-A:\n") == "X-A:");
  BOOST_TEST(answer(0, "X-A: caf\xc3\xa9\n") == "X-A: =?utf-8?Q?caf=C3=A9?=");
}

BOOST_AUTO_TEST_CASE(whatever_is_not_exactly_header_lines_is_refused) {
  for (const auto* output :
       {"scanning...\n", "\n", "X-A: 1\n\nX-B: 2\n", ": x\n", "X A: 1\n", "X-A: 1\n folded\n", "X-A : 1\n",
        "X-A: a\rBcc: eve@evil.example\n", "X-A: a\r\r\n", "X-A: \x01\n", "X-A: \xff\n", "X-\xc3\xa9: 1\n",
        "X-A: 1\nx-a: 2\n"})
    BOOST_TEST(is_error(output), output);
  BOOST_TEST(is_error(std::string_view("X-A: a\0b\n", 9)));
  BOOST_TEST(is_error("X-A: " + std::string(5000, 'x') + "\n"));
  BOOST_TEST(is_error("X-" + std::string(100, 'x') + ": 1\n"));
  std::string many;
  for (int i = 0; i < 33; ++i) many += "X-" + std::to_string(i) + ": 1\n";
  BOOST_TEST(is_error(many));
}

BOOST_AUTO_TEST_CASE(nothing_that_decides_where_a_message_goes_is_taken) {
  for (const auto* name :
       {"zivver-relay", "ZIVVER-Relay", "X-PAMS-Sealed", "x-zivver-transport", "Skip-Zivver-Relay",
        "X-OriginatorOrg", "To", "cc", "Bcc", "Resent-To", "Resent-Bcc", "From", "Sender", "Return-Path",
        "Received", "Delivered-To", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"})
    BOOST_TEST(is_error(std::string(name) + ": x\n"), name);
  BOOST_TEST(answer(0, "X-Own-Flag: x\n", "x-own-flag").starts_with("error"));
  BOOST_TEST(answer(0, "Subject: [public] a\n") == "Subject: [public] a");
}

BOOST_AUTO_TEST_CASE(a_rejection_is_one_line_that_smtp_can_carry) {
  BOOST_TEST(answer(77, "a\r250 fine\n").starts_with("error"));
  BOOST_TEST(answer(77, "caf\xc3\xa9\n").starts_with("error"));
  BOOST_TEST(answer(77, std::string(300, 'x')).starts_with("error"));
}

BOOST_AUTO_TEST_CASE(a_failed_hook_defers_flagged_mail_whatever_the_rule_says) {
  const auto plan = plan_with({1, ""}, kFlagged, "rule_error_action = \"ignore\"\n");
  BOOST_TEST((plan.verdict == Verdict::Defer));
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_CASE(a_failed_hook_may_be_ignored_for_other_mail) {
  BOOST_TEST((plan_with({1, ""}, kOrdinary).verdict == Verdict::Defer));
  BOOST_TEST((plan_with({1, ""}, kOrdinary, "rule_error_action = \"ignore\"\n").verdict == Verdict::Accept));
}

BOOST_AUTO_TEST_CASE(no_hook_makes_ordinary_mail_flagged_or_flagged_mail_ordinary) {
  for (const auto eml : {kOrdinary, kFlagged})
    for (const auto* output : {"zivver-relay: c.d\n", "X-PAMS-Sealed: guess\n", "X-Zivver-Transport: 1\n"}) {
      const auto plan = plan_with({0, output}, eml);
      BOOST_TEST((plan.verdict == Verdict::Defer), output);
      BOOST_TEST(plan.reply.code == 451U);
    }
}

BOOST_AUTO_TEST_CASE(deferring_and_rejecting_are_answers_not_errors_so_they_are_not_ignored) {
  const std::string ignore = "rule_error_action = \"ignore\"\n";
  BOOST_TEST((plan_with({75, "busy\n"}, kOrdinary, ignore).verdict == Verdict::Defer));
  const auto rejected = plan_with({77, "Malware found\n"}, kFlagged, ignore);
  BOOST_TEST((rejected.verdict == Verdict::Reject));
  BOOST_TEST(rejected.reply.code == 550U);
  BOOST_TEST(rejected.reply.text == "Malware found");
}

BOOST_AUTO_TEST_CASE(mail_from_the_null_sender_is_looked_at_but_gets_no_header) {
  const Envelope null_sender{"", {"piet@klant.example"}};
  BOOST_TEST(describe(plan_with({0, "X-Class: a\n"}, kOrdinary, "", null_sender)).empty());
  BOOST_TEST((plan_with({77, ""}, kOrdinary, "", null_sender).verdict == Verdict::Reject));
}

BOOST_AUTO_TEST_CASE(a_hook_sees_what_earlier_actions_made_of_the_message) {
  const auto policy = test::gateway(R"([[transport_rule]]
name = "Scan"
[[transport_rule.do]]
set_header = { name = "X-Before", value = "1" }
[[transport_rule.do]]
run_hook = { command = ["/usr/local/lib/scan", "-v"], timeout = "2 min", message = "file", memory = "1 GB" }
[[transport_rule.do]]
set_header = { name = "X-After", value = "1" }
)");
  std::string seen;
  Hook asked;
  const EvaluationContext context{schema::Instant{}, [] { return false; },
                                  [&](const Hook& hook, const Mail& mail) -> Result<HookRun> {
                                    asked = hook;
                                    seen = mail.message().wire();
                                    return HookRun{0, ""};
                                  }};
  evaluate(policy, parse_message(kOrdinary), {"anna@example.org", {"piet@klant.example"}},
           {"127.0.0.1", "", ""}, "", context);
  BOOST_TEST(seen == "From: anna@example.org\r\nSubject: s\r\nX-Before: 1\r\n\r\nx\r\n");
  BOOST_TEST(asked.command.size() == 2U);
  BOOST_TEST(asked.timeout.count() == 120);
  BOOST_TEST(asked.message_as_file);
  BOOST_TEST(asked.memory == 1U << 30U);
  BOOST_TEST(asked.output == 65536U);
}

BOOST_AUTO_TEST_CASE(an_audited_rule_runs_nothing_and_says_so) {
  const auto policy = test::gateway(
      "[[transport_rule]]\nname = \"Scan\"\nmode = \"audit\"\n[[transport_rule.do]]\nrun_hook = [\"/usr/local/lib/scan\"]\n");
  const EvaluationContext context{schema::Instant{}, [] { return false; },
                                  [&](const Hook&, const Mail&) -> Result<HookRun> {
                                    BOOST_ERROR("it was run");
                                    return HookRun{0, ""};
                                  }};
  const auto plan = evaluate(policy, parse_message(kOrdinary), {"anna@example.org", {"piet@klant.example"}},
                             {"127.0.0.1", "", ""}, "", context);
  BOOST_TEST(plan.rules.at(0).actions.at(0).outcome ==
             "would run /usr/local/lib/scan; taken as accepted without headers");
}

BOOST_AUTO_TEST_CASE(where_no_hooks_can_be_run_the_rule_has_failed) {
  const auto policy = test::gateway(
      "[[transport_rule]]\nname = \"Scan\"\n[[transport_rule.do]]\nrun_hook = [\"/usr/local/lib/scan\"]\n");
  BOOST_TEST((test::evaluate(policy, kOrdinary).verdict == Verdict::Defer));
}

BOOST_AUTO_TEST_CASE(what_an_operator_writes_is_checked) {
  const auto errors = [](const std::string& hook) {
    return test::load_texts({std::string(test::kGateway),
                             "[[transport_rule]]\nname = \"Scan\"\n"
                             "[[transport_rule.do]]\nrun_hook = " +
                                 hook + "\n"})
        .errors;
  };
  BOOST_TEST(errors(R"({ command = ["/a"], timeout = "5 min", memory = "16 MB", output = "1 MB" })") == 0U);
  for (const auto* wrong :
       {R"({ command = [] })", R"({ command = ["scan"] })", R"({ command = ["./scan"] })",
        R"({ command = ["/a"], timeout = "6 min" })", R"({ command = ["/a"], timeout = "0 s" })",
        R"({ command = ["/a"], memory = "1 MB" })", R"({ command = ["/a"], output = "2 MB" })",
        R"({ command = ["/a"], message = "pipe" })"})
    BOOST_TEST(errors(wrong) == 1U, wrong);
}

BOOST_AUTO_TEST_CASE(hooks_that_together_outlast_the_senders_patience_are_warned_of) {
  std::string rules;
  for (const auto* name : {"A", "B"})
    rules += "[[transport_rule]]\nname = \"" + std::string(name) +
             "\"\n[[transport_rule.do]]\nrun_hook = { command = [\"/a\"], timeout = \"5 min\" }\n";
  const auto loaded = test::load_texts({std::string(test::kGateway), rules});
  BOOST_TEST(loaded.errors == 0U);
  BOOST_TEST(loaded.text.find("may take 600 s; the sender waits") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
