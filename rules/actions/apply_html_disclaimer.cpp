#include "rules/actions/action.hpp"
#include "rules/disclaimer/disclaimer.hpp"
#include "rules/schema/choices.hpp"

namespace pams::rules {
namespace {

constexpr auto kLocations = schema::choices<disclaimer::Location>(
    {{"append", disclaimer::Location::Append}, {"prepend", disclaimer::Location::Prepend}});
enum class Fallback { Wrap, Ignore, Reject };
constexpr auto kFallbacks = schema::choices<Fallback>(
    {{"wrap", Fallback::Wrap}, {"ignore", Fallback::Ignore}, {"reject", Fallback::Reject}});

std::string content(const schema::Args& args, std::string_view file, std::string_view text) {
  if (args.has(file)) return args.text(file);
  return args.has(text) ? args.text(text) : "";
}

std::string note(Draft& draft, std::string what) {
  draft.notes.push_back(what);
  return what;
}

std::string fall_back(Draft& draft, const disclaimer::Disclaimer& disclaimer, Fallback fallback,
                      const std::string& why) {
  const auto is = "cannot be edited (" + why + "): ";
  if (fallback == Fallback::Wrap && !draft.mail.is_flagged()) {
    draft.mail.replace(disclaimer::wrap(draft.mail.message(), disclaimer));
    return is + "wrapped";
  }
  if (fallback == Fallback::Reject) {
    draft.ending = Reject{"5.7.1", std::string(kNotAuthorized)};
    return is + "rejected";
  }
  // Zivver needs its header and its metadata attachment where they are.
  const bool counts_as_ignore = fallback == Fallback::Wrap;
  return note(draft,
              is + "no disclaimer" +
                  (counts_as_ignore ? " (a flagged message is never wrapped: wrap counts as ignore)" : ""));
}

std::string put_beside(Draft& draft, const disclaimer::Disclaimer& disclaimer, Fallback fallback,
                       const MimeMap& map, const std::string& type) {
  const auto is = "no text but attachments (" + type + "): ";
  if (draft.mail.is_flagged())
    return note(draft, is + "left alone (a flagged message keeps its parts where they are)");
  auto added = disclaimer::add_part(draft.mail.message(), map, disclaimer, draft.mail.mime_limits());
  if (!added) return fall_back(draft, disclaimer, fallback, added.error().what);
  draft.mail.replace(std::move(*added));
  return is + "added in a text part of its own";
}

Result<std::string> apply_or_fall_back(Draft& draft, const disclaimer::Disclaimer& disclaimer,
                                       Fallback fallback) {
  const auto& map = draft.mail.mime();
  if (!map && map.error().failure != Failure::Refused) return tl::unexpected(map.error());
  if (!map) return fall_back(draft, disclaimer, fallback, map.error().what);
  auto applied = disclaimer::apply(draft.mail.message(), *map, disclaimer);
  if (applied) {
    draft.mail.replace(std::move(applied->message));
    return "added to " + std::to_string(applied->parts) + " parts";
  }
  const auto& [kind, why] = applied.error();
  switch (kind) {
    case mime::WithoutText::CannotBeEdited:
      return fall_back(draft, disclaimer, fallback, why);
    case mime::WithoutText::NothingToAddTo:
      return note(draft, "nothing to add to (" + why + "): left alone");
    case mime::WithoutText::OnlyAttachments:
      break;
  }
  return put_beside(draft, disclaimer, fallback, *map, why);
}

Result<Step> compile(const schema::Args& args) {
  for (const auto& [file, text] : {std::pair{"html_file", "html"}, std::pair{"text_file", "text"}})
    if (args.has(file) && args.has(text))
      return fail(Failure::Misconfigured,
                  std::string(file) + " and " + text + " say the same thing; write one of them");
  disclaimer::Disclaimer written{content(args, "html_file", "html"), content(args, "text_file", "text"),
                                 kLocations.at(args.text("location"))};
  if (written.html.empty() && written.text.empty())
    return fail(Failure::Misconfigured,
                "one of html_file, html, text_file and text is needed, and not empty");
  return disclaimer::complete(std::move(written))
      .map([fallback = kFallbacks.at(args.text("fallback_action"))](const disclaimer::Disclaimer& complete) {
        return Step(
            [complete, fallback](Draft& draft) { return apply_or_fall_back(draft, complete, fallback); });
      });
}

constexpr schema::Param kParams[] = {
    {.key = "location",
     .type = schema::Type::Choice,
     .doc = "At the end or at the beginning of the text.",
     .fallback = "\"append\"",
     .choices = kLocations.names},
    {.key = "html_file", .type = schema::Type::File, .doc = "File with the disclaimer as an HTML fragment."},
    {.key = "html", .type = schema::Type::Text, .doc = "The HTML fragment itself."},
    {.key = "text_file",
     .type = schema::Type::File,
     .doc = "File with the disclaimer for plain text; derived from the HTML when not given."},
    {.key = "text", .type = schema::Type::Text, .doc = "The plain text itself."},
    {.key = "fallback_action",
     .type = schema::Type::Choice,
     .doc = "What is done with a message that cannot be edited (signed, encrypted, damaged).",
     .fallback = "\"wrap\"",
     .choices = kFallbacks.names},
};
constexpr ActionExample kExamples[] = {
    {R"({ html = "<p>Example B.V.</p>", text = "Example B.V." })", "Subject: a\n\nHello\n",
     "Subject: a\n\nHello\n\nExample B.V.\n"},
    {R"({ html = "<p>x</p>", fallback_action = "reject" })",
     "Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n",
     "Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n"},
    {R"({ html = "<p>x</p>", fallback_action = "reject" })",
     "Content-Type: multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"; micalg=sha-256\n\n--b\n\nx\n--b\nContent-Type: application/pkcs7-signature\n\nx\n--b--\n",
     "= reject 5.7.1 Delivery not authorized, message refused"},
};

}  // namespace

extern constinit const Action apply_html_disclaimer{
    .name = "apply_html_disclaimer",
    .exchange = "ApplyHtmlDisclaimerText, ApplyHtmlDisclaimerLocation, ApplyHtmlDisclaimerFallbackAction",
    .summary = "Adds a disclaimer to every body text.",
    .needs_body = true,
    .edits_content = true,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
