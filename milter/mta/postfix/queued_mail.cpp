#include "milter/mta/postfix/queued_mail.hpp"

#include <array>
#include <utility>

#include "milter/base/parse_number.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::mta {
namespace {

// Postfix, global/rec_type.h.
enum RecordType : char {
  kSender = 'S',
  kRecipient = 'R',
  kDone = 'D',
  kAttribute = 'A',
  kContent = 'M',
  kLine = 'N',
  kPartOfLine = 'L',
  kExtracted = 'X',
  kEnd = 'E'
};

/// Shorter than any line_length_limit that a site may have; Postfix joins the parts again.
constexpr std::size_t kLongestRecord = 1000;
constexpr std::array<std::string_view, 3> kOfMessage{"envelope_id=", "ret_flags=", "encoding="};
constexpr std::array<std::string_view, 2> kOfRecipient{"notify_flags=", "dsn_orig_rcpt="};

template <std::size_t N>
bool begins_with_one_of(std::string_view text, const std::array<std::string_view, N>& names) {
  for (const auto name : names)
    if (text.starts_with(name)) return true;
  return false;
}

/// Type, length in groups of seven bits with the low ones first, data.
void put(std::string& out, char type, std::string_view data) {
  out += type;
  for (auto length = data.size();; length >>= 7U) {
    const bool more = length >> 7U != 0;
    out += static_cast<char>((length & 0x7fU) | (more ? 0x80U : 0U));
    if (!more) break;
  }
  out += data;
}

/// " 82 recipient: bob@client.example" as 'R' and the address; type 0 for anything else.
std::pair<char, std::string_view> record_of(std::string_view line) {
  const auto text = text::trim_left(line, " ");
  const auto type = leading_number<int>(text).value_or(0);
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos || type <= 0 || type > 127) return {0, {}};
  return {static_cast<char>(type), text.substr(colon + 2)};
}

void take_attribute(QueuedEnvelope& envelope, std::vector<std::string>& for_next, std::string_view value) {
  if (begins_with_one_of(value, kOfRecipient)) for_next.emplace_back(value);
  if (!begins_with_one_of(value, kOfMessage)) return;
  for (const auto& known : envelope.attributes)
    if (known == value) return;  // cleanup writes the encoding a second time
  envelope.attributes.emplace_back(value);
}

void put_line(std::string& out, std::string_view line) {
  for (; line.size() > kLongestRecord; line.remove_prefix(kLongestRecord))
    put(out, kPartOfLine, line.substr(0, kLongestRecord));
  put(out, kLine, line);
}

/// Calls `use` with each line and its line feed, and whether it belongs to the header.
template <class Use>
void for_each_line(std::string_view content, Use use) {
  for (bool in_header = true; !content.empty();) {
    const auto end = content.find('\n');
    const auto line = content.substr(0, end == std::string_view::npos ? end : end + 1);
    if (line == "\n") in_header = false;
    use(line, in_header);
    content.remove_prefix(line.size());
  }
}

bool begins_field(std::string_view line, std::string_view name) {
  const auto colon = line.find(':');
  return colon != std::string_view::npos && text::iequals(text::trim_right(line.substr(0, colon)), name);
}

}  // namespace

Result<QueuedEnvelope> parse_envelope(std::string_view postcat) {
  QueuedEnvelope envelope;
  bool has_sender = false;
  std::vector<std::string> for_next;
  for (const auto line : text::split(postcat, '\n')) {
    if (line.find("*** ENVELOPE RECORDS hold/") != std::string_view::npos) envelope.on_hold = true;
    const auto [type, value] = record_of(line);
    if (type == kSender) envelope.sender = value;
    has_sender |= type == kSender;
    if (type == kAttribute) take_attribute(envelope, for_next, value);
    if (type == kRecipient) envelope.recipients.push_back({std::string(value), for_next});
    if (type == kRecipient || type == kDone) for_next.clear();
  }
  if (has_sender) return envelope;
  return fail(Failure::Temporary, "postcat named no sender");
}

std::string to_postdrop(const QueuedEnvelope& envelope, std::string_view content) {
  std::string out;
  put(out, kAttribute, "rewrite_context=remote");  // it was completed when it came in: no field changes again
  put(out, kSender, envelope.sender);
  for (const auto& attribute : envelope.attributes) put(out, kAttribute, attribute);
  for (const auto& recipient : envelope.recipients) {
    for (const auto& attribute : recipient.attributes) put(out, kAttribute, attribute);
    put(out, kRecipient, recipient.address);
  }
  put(out, kContent, "");
  for_each_line(content, [&](std::string_view line, bool) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    put_line(out, line);
  });
  put(out, kExtracted, "");
  put(out, kEnd, "");
  return out;
}

bool has_field(std::string_view content, std::string_view name) {
  bool found = false;
  for_each_line(content, [&](std::string_view line, bool in_header) {
    found |= in_header && begins_field(line, name);
  });
  return found;
}

std::string without_field(std::string_view content, std::string_view name) {
  std::string out;
  bool drops = false;
  for_each_line(content, [&](std::string_view line, bool in_header) {
    const bool is_fold = line.front() == ' ' || line.front() == '\t';
    if (!is_fold) drops = begins_field(line, name);
    if (!in_header || !drops) out += line;
  });
  return out;
}

}  // namespace pams::milter::mta
