#include "rules/actions/hook_answer.hpp"

#include <algorithm>

#include "rules/actions/values.hpp"
#include "rules/base/text.hpp"
#include "rules/message/charset_exact.hpp"

namespace pams::rules {
namespace {

constexpr int kOk = 0;         // EX_OK
constexpr int kTempFail = 75;  // EX_TEMPFAIL
constexpr int kNoPerm = 77;    // EX_NOPERM

constexpr std::size_t kMaxFields = 32;
constexpr std::size_t kMaxNameBytes = 76;  // a name cannot be folded
constexpr std::size_t kMaxValueBytes = 4096;

constexpr std::string_view kRefused[] = {
    // where it leaves
    "zivver-relay", "X-PAMS-Sealed", "X-Zivver-Transport", "skip-zivver-relay",
    // whom another server trusts
    "X-OriginatorOrg",
    // who sends and who gets it; a loop is found by Received and Delivered-To
    "From", "Sender", "To", "Cc", "Bcc", "Apparently-To", "Return-Path", "Received", "Delivered-To",
    "Message-ID",
    // how the body is read
    "MIME-Version"};
constexpr std::string_view kRefusedBeginnings[] = {"Content-", "Resent-"};

tl::unexpected<Error> malformed(std::string what) {
  return fail(Failure::Misconfigured, "its output is refused: " + std::move(what));
}

/// "Name: value"; one line, UTF-8.
Result<HeaderField> read_field(std::string_view line, std::string_view flag) {
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_header_name(name) || name.size() > kMaxNameBytes)
    return malformed("'" + text::printable(line, 80) + "' is not a header field like \"X-Class: public\"");
  if (is_refused_to_hooks(name, flag)) return malformed("no hook may give " + std::string(name));
  const auto value = text::trim(line.substr(colon + 1), " ");
  if (value.size() > kMaxValueBytes || !check_one_line(value) || !is_utf8(value))
    return malformed("the value of " + std::string(name) + " is too long, or not one line of UTF-8");
  return HeaderField{std::string(name), make_header_value(value)};
}

/// Both kinds of line end are taken; a CR elsewhere is a control character of the line.
std::vector<std::string_view> lines_of(std::string_view output) {
  if (output.empty()) return {};
  if (output.ends_with('\n')) output.remove_suffix(1);
  auto lines = text::split(output, '\n');
  for (auto& line : lines)
    if (line.ends_with('\r')) line.remove_suffix(1);
  return lines;
}

Result<HookAnswer> read_fields(std::string_view output, std::string_view flag) {
  HookAccepts accepts;
  for (const auto line : lines_of(output)) {
    auto field = read_field(line, flag);
    if (!field) return tl::unexpected(field.error());
    const auto same_name = [&](const HeaderField& other) { return text::iequals(other.name, field->name); };
    if (std::ranges::any_of(accepts.fields, same_name)) return malformed(field->name + " stands there twice");
    if (accepts.fields.size() == kMaxFields)
      return malformed("more than " + std::to_string(kMaxFields) + " header fields");
    accepts.fields.push_back(std::move(*field));
  }
  return accepts;
}

std::string_view first_line(std::string_view output) {
  const auto lines = lines_of(output);
  return lines.empty() ? std::string_view{} : text::trim(lines.front());
}

/// What the program says is for the sender, as with Postfix's pipe(8); when it says nothing, our own words.
Result<HookAnswer> read_rejection(std::string_view output) {
  const auto line = first_line(output);
  if (line.empty()) return Reject{"5.7.1", std::string(kNotAuthorized)};
  if (!check_reply_text(line)) return malformed("its first line cannot be an SMTP reply");
  return Reject{"5.7.1", std::string(line)};
}

}  // namespace

bool is_refused_to_hooks(std::string_view name, std::string_view flag) {
  return text::iequals(name, flag) ||
         std::ranges::any_of(kRefused, [&](auto refused) { return text::iequals(name, refused); }) ||
         std::ranges::any_of(kRefusedBeginnings,
                             [&](auto beginning) { return text::istarts_with(name, beginning); });
}

Result<HookAnswer> read_hook_answer(int exit_code, std::string_view output, std::string_view flag) {
  switch (exit_code) {
    case kOk:
      return read_fields(output, flag);
    case kTempFail:
      return Defer{"4.3.0", "deferred by a hook: " + text::printable(first_line(output), 200)};
    case kNoPerm:
      return read_rejection(output);
    default:
      return fail(Failure::Temporary, "exit code " + std::to_string(exit_code));
  }
}

}  // namespace pams::rules
