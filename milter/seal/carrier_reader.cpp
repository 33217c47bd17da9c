#include <optional>

#include "milter/seal/base64_lines.hpp"
#include "milter/seal/carrier.hpp"
#include "milter/seal/carrier_header.hpp"
#include "milter/seal/chunk_cipher.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::seal {
namespace {

constexpr std::size_t kLargestHeader = 1U << 20U;
constexpr std::size_t kLargestNote = 64U << 10U;
constexpr std::size_t kLongestLine = 1000;

}  // namespace

/// One line after the other, each in the place where the lines before it have led.
struct CarrierReader::State {
  enum class Place { Header, Note, PartHeader, Seal, After };

  State(const KeyRing& keys, OnOpened opened, Sink on_message)
      : on_opened(std::move(opened)),
        opener(
            keys, [this](const SealId&, const Contents& contents) { return on_opened(header, contents); },
            std::move(on_message)),
        seal([this](std::string_view bytes) { return open(bytes); }) {}

  Status add(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto feed = bytes.find('\n');
      const auto part = bytes.substr(0, feed);
      if (auto counted = count(part.size() + (feed == bytes.npos ? 0 : 1)); !counted) return counted;
      line += part;
      if (feed == bytes.npos) return {};
      bytes.remove_prefix(feed + 1);
      if (auto taken = take_line(); !taken) return taken;
    }
    return {};
  }

  /// Keeps every place within its bound, also inside an endless line.
  Status count(std::size_t more) {
    taken_here += more;
    const bool is_bounded_whole = place != Place::Seal && place != Place::After;
    const auto maximum = place == Place::Header ? kLargestHeader : kLargestNote;
    if (is_bounded_whole && taken_here > maximum)
      return refused(place == Place::Header ? "its header is too large"
                                            : "the text before its seal is too large");
    if (!is_bounded_whole && line.size() + more > kLongestLine) return refused("a line of it is too long");
    return {};
  }

  Status take_line() {
    if (line.ends_with('\r')) line.pop_back();
    const std::string whole = std::move(line);
    line.clear();
    const auto bare = text::trim_right(whole, " \t");
    switch (place) {
      case Place::Header:
        return take_header_line(whole);
      case Place::Note:
        if (bare == delimiter && ++parts == 2) go_to(Place::PartHeader);
        return {};
      case Place::PartHeader:
        if (bare.empty()) go_to(Place::Seal);
        return {};
      case Place::Seal:
        return take_seal_line(bare);
      case Place::After:
        return bare.empty() ? Status() : refused("something stands after its seal");
    }
    return {};
  }

  Status take_header_line(const std::string& text) {
    if (!text.empty()) return fields.add_line(text);
    auto read = fields.finish();
    if (!read) return tl::unexpected(read.error());
    header = std::move(read).value();
    delimiter = "--=_pams_" + header.sealed.id;
    go_to(Place::Note);
    return {};
  }

  /// Blank lines may stand between the base64 and its delimiter only.
  Status take_seal_line(std::string_view text) {
    if (text == delimiter + "--") {
      go_to(Place::After);
      auto finished = seal.finish();
      return finished ? opener.finish() : finished;
    }
    has_blank = has_blank || text.empty();
    if (text.empty()) return {};
    return has_blank ? refused("a blank line stands in its seal") : seal.add_line(text);
  }

  /// Sealed bytes; the first of them name the seal and its key.
  Status open(std::string_view bytes) {
    if (!is_compared) {
      const auto head = parse_head(bytes.substr(0, kHeadSize));
      if (!head) return refused("what it holds is not a seal of this version");
      if (head->seal_id != header.sealed.id || head->key_id != header.sealed.key_id)
        return refused("its header names another seal than it holds");
      is_compared = true;
    }
    return opener.add(bytes);
  }

  Status finish() {
    if (!line.empty())
      if (auto taken = take_line(); !taken) return taken;
    return place == Place::After ? Status() : refused("it is cut short");
  }

  void go_to(Place next) {
    place = next;
    taken_here = 0;
  }

  static tl::unexpected<Error> refused(const std::string& why) {
    return fail(Failure::Refused, "the carrier was changed, or is none: " + why);
  }

  /// Runs a step; after one that failed every other fails as it did.
  template <class Step>
  Status guarded(Step step) {
    if (failed) return tl::unexpected(*failed);
    failed = Error{Failure::Temporary, "reading the carrier was interrupted"};  // stays when the step throws
    auto done = step();
    if (done)
      failed.reset();
    else
      failed = done.error();
    return done;
  }

  const OnOpened on_opened;
  Opener opener;
  Base64Reader seal;
  CarrierHeader fields;
  Header header;
  Place place = Place::Header;
  std::string line;
  std::string delimiter;
  std::size_t taken_here = 0;
  unsigned parts = 0;
  bool has_blank = false;
  bool is_compared = false;
  std::optional<Error> failed;
};

CarrierReader::CarrierReader(const KeyRing& keys, OnOpened on_opened, Sink on_message)
    : state_(std::make_unique<State>(keys, std::move(on_opened), std::move(on_message))) {}
CarrierReader::CarrierReader(CarrierReader&&) noexcept = default;
CarrierReader::~CarrierReader() = default;

Status CarrierReader::add(std::string_view bytes) {
  return state_->guarded([&] { return state_->add(bytes); });
}

Status CarrierReader::finish() {
  return state_->guarded([&] { return state_->finish(); });
}

}  // namespace pams::milter::seal
