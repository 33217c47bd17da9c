#include "rules/mime/splice.hpp"

namespace pams::mime {
namespace {

bool are_in_order(std::size_t size, std::span<const Splice> splices) {
  std::size_t at = 0;
  for (const auto& splice : splices) {
    if (splice.replaced.begin < at || splice.replaced.end < splice.replaced.begin) return false;
    at = splice.replaced.end;
  }
  return at <= size;
}

std::size_t size_after(std::size_t size, std::span<const Splice> splices) {
  for (const auto& splice : splices) size = size - splice.replaced.size() + splice.with.size();
  return size;
}

}  // namespace

Result<std::string> apply_splices(std::string_view raw, std::span<const Splice> splices) {
  if (!are_in_order(raw.size(), splices)) return fail(Failure::Refused, "edits of the message overlap");
  std::string out;
  out.reserve(size_after(raw.size(), splices));
  std::size_t at = 0;
  for (const auto& splice : splices) {
    out.append(raw.substr(at, splice.replaced.begin - at)).append(splice.with);
    at = splice.replaced.end;
  }
  out.append(raw.substr(at));
  return out;
}

bool differs_only_by(std::string_view raw, std::string_view edited, std::span<const Splice> splices) {
  std::size_t at = 0;
  for (const auto& splice : splices) {
    const auto kept = raw.substr(at, splice.replaced.begin - at);
    if (!edited.starts_with(kept)) return false;
    edited.remove_prefix(kept.size());
    if (!edited.starts_with(splice.with)) return false;
    edited.remove_prefix(splice.with.size());
    at = splice.replaced.end;
  }
  return edited == raw.substr(at);
}

std::size_t moved_offset(std::size_t offset, bool after, std::span<const Splice> splices) {
  auto moved = offset;
  for (const auto& splice : splices) {
    const auto& [begin, end] = splice.replaced;
    if (end > offset || (end == offset && begin == offset && !after)) break;
    moved = moved - splice.replaced.size() + splice.with.size();
  }
  return moved;
}

}  // namespace pams::mime
