#include "tests/support/opened_carrier.hpp"

#include "rules/base/text.hpp"
#include "rules/message/message.hpp"

namespace pams::test {
using namespace pams::milter;

std::string OpenedCarrier::field(std::string_view name) const {
  const auto parsed = parse_message(message);
  const auto* found = parsed.headers.find(name);
  return found == nullptr ? "" : found->unfolded();
}

OpenedCarrier open_carrier(const Ending& ending, const std::string& key_file) {
  OpenedCarrier opened;
  for (const auto& one : ending.modifications)
    if (one.kind == 'h') {
      const auto bar = one.data.find('|');
      opened.wire +=
          one.data.substr(0, bar) + ":" +
          text::replace_all(text::replace_all(one.data.substr(bar + 1), "\r\n", "\n"), "\n", "\r\n") + "\r\n";
    }
  opened.wire += "\r\n" + ending.body();
  const auto keys = seal::KeyRing::read(key_file);
  if (!keys) return opened.status = tl::unexpected(keys.error()), opened;
  seal::CarrierReader reader(
      *keys,
      [&](const seal::CarrierReader::Header& header, const seal::Contents& contents) -> Status {
        opened.id = header.sealed.id;
        opened.transport = header.sealed.transport;
        opened.contents = contents;
        return {};
      },
      [&](std::string_view bytes) -> Status {
        opened.message += bytes;
        return {};
      });
  opened.status = reader.add(opened.wire).and_then([&] { return reader.finish(); });
  return opened;
}

bool is_sealed(const Ending& ending) {
  for (const auto& one : ending.modifications)
    if (one.kind == 'h' && one.data.starts_with("X-PAMS-Sealed|")) return true;
  return false;
}

}  // namespace pams::test
