// Promise: whatever is fed to the readers of carriers and seals, in whatever pieces, they answer alike, give
// out nothing but what was sealed, and call it complete only when it is the whole of it.
#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "milter/seal/carrier.hpp"
#include "milter/seal/contents_text.hpp"
#include "tests/fuzz/fuzz.hpp"

using pams::Status;
using pams::fuzz::promise;
using namespace pams::milter::seal;

namespace {

/// All that was ever sealed with the key 00..1f: the corpus holds it.
constexpr std::string_view kMessage = "Hello";

const KeyRing& keys() {
  static const KeyRing ring = [] {
    Key key;
    std::iota(key.secret.begin(), key.secret.end(), static_cast<unsigned char>(0));
    return KeyRing({key});
  }();
  return ring;
}

struct Outcome {
  std::string message;
  std::string error;
  bool is_whole = false;
  bool operator==(const Outcome&) const = default;
};

template <class Reader, class OnContents>
Outcome read(std::string_view input, std::size_t piece, OnContents on_contents) {
  Outcome outcome;
  bool has_contents = false;
  Reader reader(
      keys(),
      [&](const auto& about, const Contents& contents) -> Status {
        promise(!has_contents, "contents come once");
        has_contents = true;
        on_contents(about);
        promise(contents.sender == "jan@example.org", "contents are what was sealed");
        return {};
      },
      [&](std::string_view bytes) -> Status {
        promise(has_contents, "contents come before the message");
        outcome.message += bytes;
        return {};
      });
  Status status;
  for (; status && !input.empty(); input.remove_prefix(std::min(piece, input.size())))
    status = reader.add(input.substr(0, piece));
  if (status) status = reader.finish();
  promise(!status || outcome.message == kMessage, "what is complete is the whole message");
  promise(kMessage.starts_with(outcome.message), "nothing is given out but what was sealed");
  outcome.is_whole = status.has_value();
  if (!status) outcome.error = status.error().what;
  return outcome;
}

void check_received(const CarrierReader::Header& header) {
  const std::string_view received = header.received;
  promise(received.empty() || received.ends_with("\r\n"), "kept fields end with a line end");
  promise(received.find("\r\n\r\n") == received.npos, "kept fields do not end the header");
  for (std::size_t i = 0; i < received.size(); ++i)
    if (received[i] == '\r' || received[i] == '\n')
      promise(received.substr(i++, 2) == "\r\n", "kept fields have no line end but CRLF");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = pams::fuzz::text_of(data, size);
  const std::size_t piece = size == 0 ? 1 : 1 + data[size / 2] % 100U;
  const auto carrier = read<CarrierReader>(input, size + 1, check_received);
  promise(read<CarrierReader>(input, piece, check_received) == carrier,
          "pieces make no difference to a carrier");
  const auto ignored = [](const SealId&) {};
  const auto seal = read<Opener>(input, size + 1, ignored);
  promise(read<Opener>(input, piece, ignored) == seal, "pieces make no difference to a seal");
  if (const auto contents = parse_contents(input))
    promise(parse_contents(to_json(*contents)) == *contents, "contents are read as they are written");
  return 0;
}
