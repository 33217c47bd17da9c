/// One fixed key and envelope, and seals made and opened in one call.
#pragma once

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "milter/seal/fixed_seal.hpp"
#include "milter/seal/sealed.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::seal;

inline constexpr std::chrono::sys_seconds kThen{std::chrono::seconds(1'800'000'000)};

/// 00 01 02 ... 1f.
inline Key fixed_key() {
  Key key;
  std::iota(key.secret.begin(), key.secret.end(), static_cast<unsigned char>(0));
  key.created = kThen;
  return key;
}

inline Contents sample_contents() {
  Contents contents;
  contents.connector = "zivver";
  contents.sender = "jan@example.org";
  contents.recipients = {{"dr@ziekenhuis.nl", "NOTIFY=NEVER ORCPT=rfc822;dr@ziekenhuis.nl"}};
  contents.queue_id = "4XYZ";
  contents.size = 5;
  contents.sealed_at = kThen;
  return contents;
}

/// Feeds `bytes` in pieces of `piece`; the first failure ends it.
template <class Taker>
Status feed(Taker& taker, std::string_view bytes, std::size_t piece) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    if (auto added = taker.add(bytes.substr(0, piece)); !added) return added;
  return taker.finish();
}

inline std::string seal(std::string_view message, const Contents& contents = sample_contents(),
                        const Key& key = fixed_key(), std::size_t piece = 1U << 20U) {
  std::string out;
  Sealer sealer(key, contents, [&](std::string_view bytes) -> Status {
    out += bytes;
    return {};
  });
  BOOST_TEST_REQUIRE(feed(sealer, message, piece).has_value());
  return out;
}

struct Opened {
  Status status;
  std::optional<Contents> contents;
  SealId id;
  std::string message;
  bool is_refused() const { return !status && status.error().failure == Failure::Refused; }
  bool gave_nothing() const { return !contents && message.empty(); }
};

inline Opened open(std::string_view sealed, const KeyRing& keys = KeyRing({fixed_key()}),
                   std::size_t piece = 1U << 20U) {
  Opened opened;
  Opener opener(
      keys,
      [&](const SealId& id, const Contents& contents) -> Status {
        opened.id = id;
        opened.contents = contents;
        return {};
      },
      [&](std::string_view bytes) -> Status {
        opened.message += bytes;
        return {};
      });
  opened.status = feed(opener, sealed, piece);
  return opened;
}

/// Bytes that repeat nowhere near.
inline std::string noise(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (auto& c : out) {
    state = state * 1'664'525U + 1'013'904'223U;
    c = static_cast<char>(state >> 24U);
  }
  return out;
}

}  // namespace pams::test
