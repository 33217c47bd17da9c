#include "milter/seal/key_ring.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "milter/base/sha256.hpp"
#include "milter/base/time_text.hpp"
#include "milter/seal/key_text.hpp"
#include "milter/seal/text_forms.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::seal {
namespace {

constexpr std::string_view kIdLabel = "pams-milter seal key";
constexpr std::size_t kIdDigits = 16;

std::string_view view_of(const Key& key) {
  return {reinterpret_cast<const char*>(key.secret.data()), key.secret.size()};
}

tl::unexpected<Error> wrong(const std::string& what) { return fail(Failure::Misconfigured, what); }

void wipe(std::string& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

/// "SECRET CREATED".
Result<Key> parse_key(std::string_view line) {
  const auto blank = line.find_first_of(text::kBlank);
  if (blank == line.npos) return wrong("is not a secret and a time");
  auto secret = from_hex(line.substr(0, blank));
  const auto created = parse_iso8601(text::trim(line.substr(blank)));
  Key key;
  const bool is_secret = secret && secret->size() == key.secret.size();
  if (is_secret) std::ranges::copy(*secret, key.secret.begin());
  if (secret) wipe(*secret);
  if (!is_secret) return wrong("the secret is not 64 hex digits");
  if (!created) return wrong("the time is not as in 2026-11-27T10:00:00Z");
  key.created = *created;
  return key;
}

}  // namespace

Key::~Key() { OPENSSL_cleanse(secret.data(), secret.size()); }

std::string Key::id() const {
  return milter::Sha256().add(kIdLabel).add(view_of(*this)).hex().substr(0, kIdDigits);
}

KeyRing::KeyRing(std::vector<Key> keys) : keys_(std::move(keys)) {
  if (keys_.empty()) throw std::invalid_argument("a key ring without a key");
}

const Key* KeyRing::find(std::string_view id) const {
  const auto found = std::ranges::find_if(keys_, [id](const Key& key) { return key.id() == id; });
  return found == keys_.end() ? nullptr : &*found;
}

Key new_key(std::chrono::sys_seconds now) {
  Key key;
  if (RAND_bytes(key.secret.data(), static_cast<int>(key.secret.size())) != 1) {
    ERR_clear_error();
    throw std::runtime_error("OpenSSL has no random bytes for a key");
  }
  key.created = now;
  return key;
}

Result<KeyRing> parse_keys(std::string_view content) {
  std::vector<Key> keys;
  std::size_t number = 0;
  for (const auto raw : text::split(content, '\n')) {
    ++number;
    const auto line = text::trim(raw.substr(0, raw.find('#')));
    if (line.empty()) continue;
    const auto at = "line " + std::to_string(number) + ": ";
    const auto key = parse_key(line);
    if (!key) return wrong(at + key.error().what);
    if (std::ranges::any_of(keys, [&](const Key& known) { return known.secret == key->secret; }))
      return wrong(at + "the same key again");
    keys.push_back(*key);
  }
  if (keys.empty()) return wrong("holds no key");
  return KeyRing(std::move(keys));
}

std::string to_text(const KeyRing& ring) {
  std::string out =
      "# Keys of pams-milter: the first seals, every one opens. Whoever reads them reads waiting mail.\n";
  out.reserve(out.size() + ring.keys().size() * 100);  // so that no copy of a secret stays in freed memory
  for (const auto& key : ring.keys()) {
    auto secret = to_hex(view_of(key));
    out.append(secret).append(" ").append(iso8601(key.created)).append("\n");
    OPENSSL_cleanse(secret.data(), secret.size());
  }
  return out;
}

}  // namespace pams::milter::seal
