#include "rules/actions/action.hpp"
#include "rules/actions/hook_answer.hpp"
#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/schema/choices.hpp"

namespace pams::rules {
namespace {

/// An SMTP client waits ten minutes for the answer to its message (RFC 5321 4.5.3.2.6), then sends it again.
constexpr std::uint64_t kLongestTimeout = 300;
/// Less than this and no interpreter starts.
constexpr std::uint64_t kLeastMemory = 16U << 20U;
constexpr std::uint64_t kMaxOutput = 1U << 20U;

std::string set_fields(std::vector<HeaderField> fields, Draft& draft) {
  if (fields.empty()) return "accepted";
  // A bounce or an automatic reply stays as it is, whoever looks at it.
  if (draft.mail.envelope().sender.empty()) return "accepted; no header is set in mail from the null sender";
  std::vector<std::string> names;
  for (auto& field : fields) {
    names.push_back(field.name);
    draft.mail.edit_headers().set(field.name, std::move(field.value));
  }
  return "accepted, set " + text::join(names, ", ");
}

std::string take(HookAnswer answer, Draft& draft) {
  return std::visit(overloaded{
                        [&](HookAccepts& accepts) { return set_fields(std::move(accepts.fields), draft); },
                        [&](Defer& defer) {
                          draft.ending = std::move(defer);
                          return std::string("deferred");
                        },
                        [&](Reject& reject) {
                          draft.ending = std::move(reject);
                          return std::string("rejected");
                        },
                    },
                    answer);
}

Result<std::string> run(const Hook& hook, Draft& draft) {
  if (!draft.run_hook) return fail(Failure::Misconfigured, "no hooks can be run here");
  auto done = draft.run_hook(hook, draft.mail);
  if (!done) return tl::unexpected(done.error());
  if (!done->exit_code) return "would run " + hook.command.front() + "; taken as accepted without headers";
  auto answer = read_hook_answer(*done->exit_code, done->output, draft.flag);
  if (!answer) return tl::unexpected(answer.error());
  return take(std::move(*answer), draft);
}

Status check(const Hook& hook) {
  if (hook.command.empty() || !hook.command.front().starts_with('/'))
    return fail(Failure::Misconfigured, "command: the program must be given with its absolute path");
  if (hook.timeout.count() < 1 || hook.timeout.count() > static_cast<std::int64_t>(kLongestTimeout))
    return fail(Failure::Misconfigured, "timeout must be 1 s to 5 min: the sender waits meanwhile");
  if (hook.memory < kLeastMemory) return fail(Failure::Misconfigured, "memory must be 16 MB or more");
  if (hook.output > kMaxOutput) return fail(Failure::Misconfigured, "output must be 1 MB or less");
  return {};
}

/// Whether the message is a file, or on standard input.
constexpr auto kMessages = schema::choices<bool>({{"stdin", false}, {"file", true}});

Result<Step> compile(const schema::Args& args) {
  Hook hook{.command = args.words("command"),
            .message_as_file = kMessages.at(args.text("message")),
            .timeout = std::chrono::seconds{args.number("timeout")},
            .memory = args.number("memory"),
            .output = args.number("output")};
  if (auto fine = check(hook); !fine) return tl::unexpected(fine.error());
  return Step([hook = std::move(hook)](Draft& draft) { return run(hook, draft); });
}

constexpr schema::Param kParams[] = {
    {.key = "command",
     .type = schema::Type::Words,
     .doc = "The program (absolute path) and its arguments, without a shell; {message} alone is the file.",
     .required = true},
    {.key = "message",
     .type = schema::Type::Choice,
     .doc = "Whether it reads the message on standard input, or as a file named by PAMS_MESSAGE_FILE.",
     .fallback = "\"stdin\"",
     .choices = kMessages.names},
    {.key = "timeout",
     .type = schema::Type::Duration,
     .doc = "Then it is killed with all its children; at most 5 min, not counted in limits.evaluation_time.",
     .fallback = "\"10 s\""},
    {.key = "memory",
     .type = schema::Type::Size,
     .doc = "Address space of each of its processes, and the largest file that it may write.",
     .fallback = "\"256 MB\""},
    {.key = "output",
     .type = schema::Type::Size,
     .doc = "What it may write to standard output; at most 1 MB.",
     .fallback = "\"64 kB\""},
};
constexpr ActionExample kExamples[] = {
    {.toml = R"(["/usr/local/lib/pams-milter/classify", "--fast"])",
     .message = "X-Class: forged\nSubject: a\n\nb\n",
     .result = "X-Class: public\nSubject: a\n\nb\n",
     .hook_output = "X-Class: public\n"},
    {.toml = R"({ command = "/usr/local/lib/pams-milter/scan", message = "file", timeout = "30 s" })",
     .message = "Subject: a\n\nb\n",
     .result = "= reject 5.7.1 Malware found",
     .hook_exit = 77,
     .hook_output = "Malware found\n"},
    {.toml = R"({ command = ["/usr/local/lib/pams-milter/scan"], memory = "1 GB", output = "1 kB" })",
     .message = "Subject: a\n\nb\n",
     .result = "= defer 4.3.0",
     .hook_exit = 75},
};

}  // namespace

extern constinit const Action run_hook{
    .name = "run_hook",
    .exchange = "",
    .summary =
        "Runs a program over the message; exit code 0 accepts (and may set header fields by writing \"Name: value\" lines), 75 defers, 77 rejects with the first line written, any other is a failure of the rule.",
    .needs_body = true,
    // A scanner must see mail from the null sender too; its headers are left alone then.
    .edits_content = false,
    .keys = {.program = "command", .program_timeout = "timeout"},
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
