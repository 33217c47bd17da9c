#include "milter/seal/contents_text.hpp"

#include <nlohmann/json.hpp>

namespace pams::milter::seal {
namespace {

using Json = nlohmann::ordered_json;

/// Byte N becomes the character U+00NN: addresses may be no UTF-8, and every byte comes back.
std::string to_characters(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) out += static_cast<char>(0xC0U | byte >> 6U);
    out += byte < 0x80 ? c : static_cast<char>(0x80U | (byte & 0x3FU));
  }
  return out;
}

/// nullopt when a character is none of those. `utf8` is UTF-8: the parser saw to it.
std::optional<std::string> to_bytes(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80) {
      out += utf8[i];
    } else if ((byte == 0xC2 || byte == 0xC3) && i + 1 < utf8.size()) {
      out += static_cast<char>((byte & 3U) << 6U | (static_cast<unsigned char>(utf8[++i]) & 0x3FU));
    } else {
      return std::nullopt;
    }
  }
  return out;
}

bool read(const Json& from, std::string& to) {
  if (!from.is_string()) return false;
  auto bytes = to_bytes(from.get_ref<const std::string&>());
  if (bytes) to = std::move(*bytes);
  return bytes.has_value();
}

bool read(const Json& from, std::uint64_t& to) {
  if (!from.is_number_unsigned()) return false;
  to = from.get<std::uint64_t>();
  return true;
}

bool read(const Json& from, bool& to) {
  if (!from.is_boolean()) return false;
  to = from.get<bool>();
  return true;
}

bool read(const Json& from, std::chrono::sys_seconds& to) {
  if (!from.is_number_integer()) return false;
  to = std::chrono::sys_seconds(std::chrono::seconds(from.get<std::int64_t>()));
  return true;
}

bool read(const Json& from, Contents::Kind& to) {
  if (from != "message" && from != "journal_report") return false;
  to = from == "message" ? Contents::Kind::Message : Contents::Kind::JournalReport;
  return true;
}

bool read(const Json& from, std::vector<Contents::Recipient>& to) {
  if (!from.is_array()) return false;
  for (const auto& pair : from) {
    Contents::Recipient recipient;
    if (!pair.is_array() || pair.size() != 2 || !read(pair[0], recipient.address) ||
        !read(pair[1], recipient.parameters))
      return false;
    to.push_back(std::move(recipient));
  }
  return true;
}

/// Every name, with what it stands for: written and read from one list.
template <class C, class Each>
bool all_of_fields(C& contents, Each each) {
  return each("kind", contents.kind) && each("connector", contents.connector) &&
         each("sender", contents.sender) && each("envelope_id", contents.envelope_id) &&
         each("recipients", contents.recipients) && each("queue_id", contents.queue_id) &&
         each("size", contents.size) && each("has_8bit", contents.has_8bit) &&
         each("has_8bit_header", contents.has_8bit_header) && each("sealed_at", contents.sealed_at);
}

Json json_of(const std::string& bytes) { return to_characters(bytes); }
Json json_of(std::uint64_t number) { return number; }
Json json_of(bool value) { return value; }
Json json_of(std::chrono::sys_seconds time) { return std::int64_t{time.time_since_epoch().count()}; }
Json json_of(Contents::Kind kind) { return kind == Contents::Kind::Message ? "message" : "journal_report"; }
Json json_of(const std::vector<Contents::Recipient>& recipients) {
  auto list = Json::array();
  for (const auto& [address, parameters] : recipients)
    list.push_back(Json::array({json_of(address), json_of(parameters)}));
  return list;
}

}  // namespace

std::string to_json(const Contents& contents) {
  Json json;
  all_of_fields(contents, [&](const char* name, const auto& value) {
    json[name] = json_of(value);
    return true;
  });
  return json.dump();
}

std::optional<Contents> parse_contents(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  Contents contents;
  std::size_t known = 0;
  const bool is_good = all_of_fields(contents, [&](const char* name, auto& value) {
    const auto field = json.find(name);
    ++known;
    return field != json.end() && read(*field, value);
  });
  if (!is_good || json.size() != known) return std::nullopt;
  return contents;
}

}  // namespace pams::milter::seal
