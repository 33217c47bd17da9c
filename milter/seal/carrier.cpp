#include "milter/seal/carrier.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "milter/base/time_text.hpp"
#include "milter/seal/base64_lines.hpp"
#include "milter/seal/chunk_cipher.hpp"
#include "milter/seal/fixed_seal.hpp"
#include "milter/seal/text_forms.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::seal {
namespace {

constexpr std::size_t kLongestTransport = 100;
/// Of the message's fields in the carrier. A field that does not fit is inside only.
constexpr std::size_t kLargestCopy = 256U << 10U;
constexpr std::size_t kLongestLine = 72;

bool is_transport(std::string_view name) {
  return !name.empty() && name.size() <= kLongestTransport &&
         std::ranges::all_of(name, [](char c) { return text::is_alnum(c) || c == '-' || c == '_'; });
}

bool is_fold(std::string_view s) { return s.starts_with("\r\n ") || s.starts_with("\r\n\t"); }

/// A fold that leaves a line of blanks could be taken for the header's end once somebody trims it.
bool ends_in_blank_line(std::string_view value) {
  const auto feed = value.rfind('\n');
  return feed != value.npos && text::trim(value.substr(feed)).empty();
}

/// Only folds stay as line ends; any other, and NUL, become blanks.
std::string one_field(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (is_fold(value.substr(i)) && !ends_in_blank_line(out)) {
      out += value.substr(i++, 2);
    } else {
      out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
    }
  }
  return std::string(text::trim_right(out));
}

class FieldCopies {
 public:
  FieldCopies(const Headers& from, std::vector<HeaderField>& to) : from_(from), to_(to) {}
  void copy_first(std::string_view name) {
    if (const auto* field = from_.find(name)) copy(*field);
  }
  void copy_all(std::string_view name) {
    for (const auto* field : from_.find_all(name)) copy(*field);
  }

 private:
  void copy(const HeaderField& field) {
    const auto size = field.name.size() + field.value.size() + 3;
    if (size > left_) return;
    left_ -= size;
    to_.push_back({field.name, one_field(field.value)});
  }

  const Headers& from_;
  std::vector<HeaderField>& to_;
  std::size_t left_ = kLargestCopy;
};

std::string neutral_subject(std::chrono::sys_seconds time) {
  const auto stamp = iso8601(time);
  return " Secure message sent " + stamp.substr(0, 10) + " " + stamp.substr(11, 5) + " UTC";
}

std::string boundary_of(const SealId& id) { return "=_pams_" + id; }

/// ASCII in lines of their own; a name is longer than a line only when somebody means harm.
std::string indented(std::string_view name) {
  std::string out;
  for (; !name.empty(); name.remove_prefix(std::min(name.size(), kLongestLine - 4))) {
    out += "    ";
    for (const char c : name.substr(0, kLongestLine - 4)) out += c > ' ' && c < 0x7F ? c : '?';
    out += "\r\n";
  }
  return out;
}

std::string note(const CarrierSettings& settings) {
  return "This is a sealed message. It waits here for its delivery by pams-relay to\r\n\r\n" +
         indented(settings.destination) +
         "\r\nIts text, its subject and its attachments are encrypted in the part below.\r\n"
         "Only the relay of the gateway that sealed it can open it. Do not forward\r\n"
         "or edit this message: a changed seal is refused.\r\n"
         "\r\nFor the administrator: `pamsctl trace` tells what became of it.\r\n";
}

}  // namespace

std::string to_value(const SealedField& field) {
  return "v1; id=" + field.id + "; key=" + field.key_id + "; via=" + field.transport;
}

std::optional<SealedField> parse_sealed_field(std::string_view value) {
  constexpr std::array<std::string_view, 4> kHeads = {"v1", "id=", "key=", "via="};
  std::array<std::string_view, 4> words;
  std::size_t count = 0;
  for (const auto part : text::split(text::trim(value), ';')) {
    const auto word = text::trim(part);
    if (count == words.size() || !word.starts_with(kHeads[count])) return std::nullopt;
    words[count] = word.substr(kHeads[count].size());
    ++count;
  }
  const auto [version, id, key, transport] = words;
  if (count != words.size() || !version.empty() || !is_lower_hex(id, kSealIdSize * 2) ||
      !is_lower_hex(key, kKeyIdSize * 2) || !is_transport(transport))
    return std::nullopt;
  return SealedField{std::string(id), std::string(key), std::string(transport)};
}

void measure(const Message& message, Contents& contents) {
  contents.size = message.wire_size();
  contents.has_8bit_header = !text::is_ascii(message.headers.wire());
  contents.has_8bit = contents.has_8bit_header || !text::is_ascii(message.body.view());
}

CarrierWriter::CarrierWriter(const Key& key, const Contents& contents, const Message& message,
                             CarrierSettings settings)
    : key_(key), contents_(contents), message_(message), settings_(std::move(settings)), id_(new_seal_id()) {
  if (!is_transport(settings_.transport)) throw std::invalid_argument("a carrier without a transport");
}

std::vector<HeaderField> CarrierWriter::header() const {
  std::vector<HeaderField> fields;
  FieldCopies copies(message_.headers, fields);
  copies.copy_first("From");
  copies.copy_all("To");
  copies.copy_all("Cc");
  copies.copy_first("Date");
  copies.copy_first("Message-ID");
  const auto before = fields.size();
  if (settings_.keeps_subject) copies.copy_first("Subject");
  if (fields.size() == before) fields.push_back({"Subject", neutral_subject(settings_.time)});
  fields.push_back(
      {std::string(kSealedHeader), " " + to_value(SealedField{id_, key_.id(), settings_.transport})});
  fields.push_back({"MIME-Version", " 1.0"});
  fields.push_back({"Content-Type", " multipart/mixed; boundary=\"" + boundary_of(id_) + "\""});
  return fields;
}

Status CarrierWriter::write_body(const Sink& out) {
  if (is_written_) return fail(Failure::Temporary, "a carrier's body is written once");
  is_written_ = true;
  const auto delimiter = "--" + boundary_of(id_);
  if (auto written = out(delimiter + "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" +
                         note(settings_) + "\r\n" + delimiter +
                         "\r\nContent-Type: application/octet-stream; name=\"sealed.pams\"\r\n"
                         "Content-Transfer-Encoding: base64\r\n"
                         "Content-Disposition: attachment; filename=\"sealed.pams\"\r\n\r\n");
      !written)
    return written;
  Base64Writer lines(out);
  auto sealer =
      FixedSeal::sealer(id_, key_, contents_, [&](std::string_view sealed) { return lines.add(sealed); });
  auto written = sealer.add(Message{message_.headers, {}, message_.header_end}.wire());
  if (written) written = sealer.add(message_.body.view());
  if (written) written = sealer.finish();
  if (written) written = lines.finish();
  if (written) written = out(delimiter + "--\r\n");
  return written;
}

}  // namespace pams::milter::seal
