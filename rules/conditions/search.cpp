#include "rules/conditions/search.hpp"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "rules/base/text.hpp"

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

/// "strictly  confidential" -> strictly[\s\pZ]+confidential
std::string phrase(std::string_view word) {
  const auto blanks = text::replace_all(word, "\t", " ");
  std::string out;
  for (const auto piece : text::split(blanks, ' ')) {
    if (piece.empty()) continue;
    if (!out.empty()) out += R"([\s\pZ]+)";
    out += RE2::QuoteMeta(re2::StringPiece(piece.data(), piece.size()));
  }
  return out;
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
  Search search;
  search.group_ = 1;
  // Letters and digits of every script bound a word; \b would know ASCII only.
  search.patterns_.push_back(
      std::make_shared<const RE2>(R"((?:^|[^\pL\pN])()" + all + R"()(?:$|[^\pL\pN]))", options(1)));
  if (!search.patterns_.front()->ok())
    return fail(Failure::Misconfigured,
                "the words cannot be searched for: " + search.patterns_.front()->error());
  return search;
}

Result<Search> Search::for_patterns(std::span<const std::string> patterns) {
  if (patterns.empty()) return fail(Failure::Misconfigured, "at least one pattern is needed");
  Search search;
  for (const auto& pattern : patterns) {
    if (pattern.empty()) return fail(Failure::Misconfigured, "an empty pattern would match everything");
    auto compiled = std::make_shared<const RE2>(pattern, options(patterns.size()));
    if (!compiled->ok())
      return fail(Failure::Misconfigured,
                  "'" + pattern + "' is not a pattern that RE2 knows: " + compiled->error());
    search.patterns_.push_back(std::move(compiled));
  }
  return search;
}

std::optional<std::string_view> Search::find(std::string_view utf8) const {
  std::array<re2::StringPiece, 2> found;
  for (const auto& pattern : patterns_)
    if (pattern->Match(re2::StringPiece(utf8.data(), utf8.size()), 0, utf8.size(), RE2::UNANCHORED,
                       found.data(), group_ + 1)) {
      const auto& piece = found.at(static_cast<std::size_t>(group_));
      return std::string_view(piece.data(), piece.size());
    }
  return std::nullopt;
}

Finding Search::in_header(const Mail& mail, std::string_view name) const {
  if (!mail.believes(name)) return {false, std::string(name) + " of this peer is not believed"};
  const auto fields = mail.message().headers.find_all(name);
  for (const auto* field : fields) {
    const auto value = field->decoded();
    if (find(value)) return {true, field->name + ": " + text::printable(value, kMaxSeen)};
  }
  if (fields.empty()) return {false, "no " + std::string(name)};
  return {false, fields.front()->name + ": " + text::printable(fields.front()->decoded(), kMaxSeen)};
}

Finding Search::in_subject(const Mail& mail) const {
  const auto subject = mail.subject();
  const auto found = find(subject);
  return {found.has_value(), "subject: " + text::printable(found.value_or(subject), kMaxSeen)};
}

Result<Finding> Search::in_subject_or_body(const Mail& mail) const {
  if (auto finding = in_subject(mail); finding.holds) return finding;
  const auto& text = mail.text();
  if (!text) return tl::unexpected(text.error());
  // What stands in the body is nobody's business but the reader's.
  return find(*text) ? Finding{true, "found in the body"}
                     : Finding{false, "neither in the subject nor in the body"};
}

Status check_header_name(std::string_view name) {
  if (is_header_name(name)) return {};
  return fail(Failure::Misconfigured, "'" + text::printable(name) + "' is not the name of a header field");
}

}  // namespace pams::rules
