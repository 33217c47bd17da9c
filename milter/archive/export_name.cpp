#include "milter/archive/export_name.hpp"

#include "milter/base/time_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::archive {
namespace {

constexpr std::size_t kMaxPiece = 60, kShortId = 12;

bool may_stand(char c) {
  return text::is_alnum(c) || !text::is_ascii(c) ||
         std::string_view("._-@+").find(c) != std::string_view::npos;
}

/// Whole characters of `text`, at most kMaxPiece bytes; each run of what cannot stand in a name is one "-".
std::string piece_of(std::string_view text) {
  // What is not harmless has become \xNN: control characters, broken UTF-8, marks that turn the direction of
  // text.
  const auto harmless = text::printable(text, 4 * kMaxPiece);
  std::string out;
  for (const char c : harmless) {
    if (may_stand(c))
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  if (out.size() > kMaxPiece) {
    auto end = kMaxPiece;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
    out.resize(end);
  }
  return std::string(text::trim(out, "-."));
}

/// "2026-11-27_101500"
std::string time_of(const RecordRow& row) {
  const auto text = iso8601(row.time);
  return text.substr(0, 10) + "_" + text.substr(11, 2) + text.substr(14, 2) + text.substr(17, 2);
}

}  // namespace

std::string NameGiver::name_of(const RecordRow& row, std::string_view ending) {
  auto name = time_of(row);
  for (const auto& text : {row.sender.empty() ? std::string("null-sender") : row.sender, row.subject})
    if (const auto piece = piece_of(text); !piece.empty()) name += "_" + piece;
  name += "_" + row.id.substr(0, kShortId);
  // Letter case makes no difference where the files may end up.
  if (!taken_.insert(text::to_lower(name)).second) name += "_" + std::to_string(row.number);
  return name.append(ending);
}

}  // namespace pams::milter::archive
