#include "rules/conditions/search.hpp"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "rules/base/text.hpp"
#include "rules/conditions/pattern.hpp"
#include "rules/message/text_lines.hpp"
#include "rules/unicode/fold.hpp"

namespace pams::rules {
namespace {

constexpr std::size_t kMemory = 8U << 20U;  // RE2's own default, shared by the patterns of one condition
constexpr std::size_t kLeastMemory = 1U << 20U;
constexpr std::size_t kMaxSeen = 120;

RE2::Options options(std::size_t patterns) {
  RE2::Options options(RE2::Quiet);
  options.set_case_sensitive(false);
  options.set_max_mem(static_cast<std::int64_t>(std::max(kMemory / patterns, kLeastMemory)));
  return options;
}

/// "Strictly  confidential" -> strictly[\s\pZ]+confidential
std::string phrase(std::string_view word) {
  const auto blanks = text::replace_all(one_blank_each(folded(word)), "\n", " ");
  std::string out;
  for (const auto piece : text::split(blanks, ' ')) {
    if (piece.empty()) continue;
    if (!out.empty()) out += R"([\s\pZ]+)";
    out += RE2::QuoteMeta(re2::StringPiece(piece.data(), piece.size()));
  }
  return out;
}

Result<std::shared_ptr<const RE2>> compile(const std::string& pattern, std::size_t patterns) {
  auto compiled = std::make_shared<const RE2>(pattern, options(patterns));
  if (compiled->ok()) return compiled;
  return fail(Failure::Misconfigured, compiled->error());
}

Result<std::shared_ptr<const RE2>> compile_written(const std::string& pattern, std::size_t patterns) {
  if (pattern.empty()) return fail(Failure::Misconfigured, "an empty pattern would match everything");
  // What was written is compiled first, so that a complaint speaks of it.
  const auto compiled = compile(pattern, patterns).and_then([&](const auto&) {
    return compile(across_lines(composed(pattern)), patterns);
  });
  if (compiled) return compiled;
  return fail(Failure::Misconfigured,
              "'" + pattern + "' is not a pattern that RE2 knows: " + compiled.error().what);
}

std::string shown(const FieldText& field) {
  return field.name + ": " + text::printable(field.value.text(), kMaxSeen);
}

}  // namespace

Result<Search> Search::for_words(std::span<const std::string> words) {
  std::string all;
  for (const auto& word : words) {
    const auto one = phrase(word);
    if (one.empty()) return fail(Failure::Misconfigured, "an empty word would match everything");
    all += (all.empty() ? "" : "|") + one;
  }
  if (all.empty()) return fail(Failure::Misconfigured, "at least one word is needed");
  // Letters and digits of every script bound a word, with their marks; \b would know ASCII only.
  auto compiled = compile(R"((?:^|[^\pL\pN\pM])()" + all + R"()(?:$|[^\pL\pN\pM]))", 1);
  if (!compiled)
    return fail(Failure::Misconfigured, "the words cannot be searched for: " + compiled.error().what);
  return Search(Search::Kind::Words, {std::move(*compiled)});
}

Result<Search> Search::for_patterns(std::span<const std::string> patterns) {
  if (patterns.empty()) return fail(Failure::Misconfigured, "at least one pattern is needed");
  std::vector<std::shared_ptr<const RE2>> all;
  for (const auto& pattern : patterns) {
    auto compiled = compile_written(pattern, patterns.size());
    if (!compiled) return tl::unexpected(compiled.error());
    all.push_back(std::move(*compiled));
  }
  return Search(Search::Kind::Patterns, std::move(all));
}

std::optional<std::string_view> Search::find(const ReadableText& text) const {
  const int group = kind_ == Kind::Words ? 1 : 0;  // which is the text that was found
  std::array<re2::StringPiece, 2> found;
  for (const auto& form : kind_ == Kind::Words ? text.for_words() : text.for_patterns())
    for (const auto& pattern : patterns_)
      if (pattern->Match(form, 0, form.size(), RE2::UNANCHORED, found.data(), group + 1)) {
        const auto& piece = found.at(static_cast<std::size_t>(group));
        return std::string_view(piece.data(), piece.size());
      }
  return std::nullopt;
}

Finding Search::in_header(const Mail& mail, std::string_view name) const {
  if (!mail.believes(name)) return {false, std::string(name) + " of this peer is not believed"};
  const auto& fields = mail.fields(name);
  if (fields.empty()) return {false, "no " + std::string(name)};
  const auto found =
      std::ranges::find_if(fields, [&](const auto& field) { return find(field.value).has_value(); });
  return {found != fields.end(), shown(found != fields.end() ? *found : fields.front())};
}

Finding Search::in_subject(const Mail& mail) const {
  const auto& fields = mail.fields("Subject");
  // Which of several is shown differs between mail programs.
  for (const auto& field : fields)
    if (const auto found = find(field.value)) return {true, "subject: " + text::printable(*found, kMaxSeen)};
  return {false,
          "subject: " + (fields.empty() ? "" : text::printable(fields.front().value.text(), kMaxSeen))};
}

Result<Finding> Search::in_subject_or_body(const Mail& mail) const {
  if (auto finding = in_subject(mail); finding.holds) return finding;
  const auto& text = mail.text();
  if (!text) return tl::unexpected(text.error());
  // What stands in the body is nobody's business but the reader's.
  if (find(*text)) return Finding{true, "found in the body"};
  return Finding{false, text->is_complete() ? "neither in the subject nor in the body"
                                            : "neither in the subject nor in the beginning of the body, "
                                              "whose text is too long to be looked at whole"};
}

Status check_header_name(std::string_view name) {
  if (is_header_name(name)) return {};
  return fail(Failure::Misconfigured, "'" + text::printable(name) + "' is not the name of a header field");
}

}  // namespace pams::rules
