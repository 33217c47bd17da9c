/// The keys that seal and open messages, and their file (`[milter] seal_key_file`).
///
/// The file is text: one key a line, `SECRET CREATED`, 64 hex digits and an ISO 8601 time, the newest first;
/// `#` begins a comment. The first key seals, every key opens. Nobody but its owner may change it, and others
/// may not read it; setup makes it with mode 0600. Under systemd both units get it by LoadCredential, and
/// what $CREDENTIALS_DIRECTORY holds under the file's name is read instead.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "milter/base/mutex.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::seal {

struct Key {
  std::array<unsigned char, 32> secret{};
  std::chrono::sys_seconds created;
  Key() = default;
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();  ///< wipes the secret
  /// 16 hex digits: the first 8 bytes of SHA-256 of "pams-milter seal key" and the secret. It names the key
  /// and tells nothing about it.
  std::string id() const;
};

/// At least one key. Values; any thread.
class KeyRing {
 public:
  /// `keys`: the newest first, not empty.
  explicit KeyRing(std::vector<Key> keys);
  /// What stands in $CREDENTIALS_DIRECTORY under the file's name, or else the file itself.
  /// Failure::Misconfigured with the reason and the remedy.
  static Result<KeyRing> read(const std::string& path);

  const Key& current() const { return keys_.front(); }
  const Key* find(std::string_view id) const;
  const std::vector<Key>& keys() const { return keys_; }

 private:
  std::vector<Key> keys_;
};

/// Throws std::runtime_error when there are no random bytes.
Key new_key(std::chrono::sys_seconds now);

/// Makes the file with one key when it is missing (mode 0600; as root its owner becomes `owner` and
/// `group` unless they are -1), else reads it.
Result<KeyRing> ensure_key_file(const std::string& path, std::chrono::sys_seconds now, unsigned owner,
                                unsigned group);
/// Puts `ring` in the file's place, durably; mode and owner stay. Either the old or the new content is there.
Status replace_key_file(const std::string& path, const KeyRing& ring);

/// The ring as it stands in its file: read when first asked for, and again when the file changes. Any thread.
class KeyFile {
 public:
  explicit KeyFile(std::string path);
  Result<std::shared_ptr<const KeyRing>> read();

 private:
  struct Known;
  const std::string path_;
  Mutex mutex_;
  std::shared_ptr<const Known> known_ PAMS_GUARDED_BY(mutex_);
};

}  // namespace pams::milter::seal
