#include "milter/seal/carrier_header.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams::milter::seal {
namespace {

tl::unexpected<Error> refused(const char* why) {
  return fail(Failure::Refused, std::string("no carrier: ") + why);
}

/// With its line end; bytes that could pass for another one, and NUL, as "?".
std::string safe_line(std::string line) {
  std::ranges::replace_if(
      line, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, '?');
  return line + "\r\n";
}

}  // namespace

Status CarrierHeader::add_line(const std::string& line) {
  const bool continues = line.front() == ' ' || line.front() == '\t';
  if (continues && field_ == Field::None) return refused("its header begins with a continuation");
  if (!continues)
    if (auto begun = begin_field(line); !begun) return begun;
  if (field_ == Field::Received) received_ += safe_line(line);
  if (field_ == Field::Sealed) sealed_->append(continues ? line : line.substr(line.find(':') + 1));
  return {};
}

Status CarrierHeader::begin_field(const std::string& line) {
  const auto colon = line.find(':');
  const auto name = text::trim_right(std::string_view(line).substr(0, colon), " \t");
  if (colon == line.npos || !is_header_name(name)) return refused("a line of its header is no field");
  const bool is_sealed = text::iequals(name, kSealedHeader);
  field_ = is_sealed ? Field::Sealed : text::iequals(name, "Received") ? Field::Received : Field::Other;
  if (!is_sealed) return {};
  if (sealed_) return refused("its header has X-PAMS-Sealed more than once");
  sealed_.emplace();
  return {};
}

Result<CarrierReader::Header> CarrierHeader::finish() {
  if (!sealed_) return refused("its header has no X-PAMS-Sealed");
  auto sealed = parse_sealed_field(*sealed_);
  if (!sealed) return refused("its X-PAMS-Sealed is none of this version");
  return CarrierReader::Header{std::move(received_), std::move(*sealed)};
}

}  // namespace pams::milter::seal
