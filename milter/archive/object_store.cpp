#include "milter/archive/object_store.hpp"

#include <cerrno>
#include <filesystem>
#include <random>

#include <fcntl.h>

#include "milter/archive/compression.hpp"
#include "milter/base/sha256.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::archive {
namespace {

std::string hex64() {
  std::random_device random;
  return Sha256().add(std::to_string(random()) + "." + std::to_string(random())).hex().substr(0, 32);
}

std::string place_of(const std::string& object) {
  return object.substr(0, 2) + "/" + object.substr(2, 2) + "/" + object;
}

/// Names come from the database, which somebody may have altered: only what this store makes is opened.
bool is_object_name(std::string_view name) {
  return name.size() == 68 && (name.ends_with(".zst") || name.ends_with(".cms")) &&
         name.find_first_not_of("0123456789abcdef") == 64;
}

Status read_file(Disk& disk, int file, const std::string& name, const Sink& sink) {
  std::string block(128 * 1024, '\0');
  for (;;) {
    const auto count = disk.read(file, block.data(), block.size());
    if (count < 0) return disk_error("read", name);
    if (count == 0) return {};
    if (const auto taken = sink({block.data(), static_cast<std::size_t>(count)}); !taken) return taken;
  }
}

}  // namespace

Result<std::string> ObjectStore::put(const std::string& digest, std::span<const std::string_view> pieces) {
  auto name = digest + ".zst";
  const auto present = has(name);
  if (!present) return tl::unexpected(present.error());
  // Whoever moved it in may not have come to syncing its directory, so that is done here too.
  if (*present && read(name, [](std::string_view) { return Status{}; })) {
    const auto objects = open_objects();
    if (!objects) return tl::unexpected(objects.error());
    return open_shard(objects->get(), name)
        .and_then([&](const Shard& shard) { return sync_file(*disk_, shard.directory.get(), shard.path); })
        .map([&] { return name; });
  }
  const auto stored = store(
      [&](const Sink& sink) -> Result<std::string> {
        return compress(pieces, sink).map([&] { return name; });
      },
      name);
  return stored.map([&] { return name; });
}

Result<std::string> ObjectStore::put_encrypted(const CmsEncryption& encryption,
                                               std::span<const std::string_view> pieces) {
  std::string name;
  const auto stored = store(
      [&](const Sink& sink) -> Result<std::string> {
        Sha256 digest;
        const auto encrypted = encryption.encrypt(pieces, [&](std::string_view bytes) {
          digest.add(bytes);
          return sink(bytes);
        });
        return encrypted.map([&] { return digest.hex() + ".cms"; });
      },
      name);
  return stored.map([&] { return name; });
}

/// `produce` writes the file and says what it is to be called.
Status ObjectStore::store(const std::function<Result<std::string>(const Sink&)>& produce, std::string& name) {
  const auto objects = open_objects();
  if (!objects) return tl::unexpected(objects.error());
  const auto temporary = hex64() + ".tmp";
  return write_new_file(*disk_, objects->get(), temporary,
                        [&](const Sink& sink) {
                          return produce(sink).map([&](std::string&& made) { name = std::move(made); });
                        })
      .and_then([&] {
        auto moved = move_in(objects->get(), temporary, name);
        if (!moved) disk_->remove(objects->get(), temporary);
        return moved;
      });
}

Status ObjectStore::move_in(int objects, const std::string& temporary, const std::string& name) {
  const auto shard = open_shard(objects, name);
  if (!shard) return tl::unexpected(shard.error());
  if (disk_->rename(objects, temporary, place_of(name)) < 0) return disk_error("rename", path_ + ": " + name);
  return sync_file(*disk_, shard->directory.get(), path_ + "/objects/" + shard->path);
}

Result<Fd> ObjectStore::open_objects() {
  const Fd root(disk_->open(AT_FDCWD, path_, O_RDONLY | O_DIRECTORY));
  if (!root) return disk_error("open", path_);
  return open_durable(root.get(), "objects", "objects");
}

Result<ObjectStore::Shard> ObjectStore::open_shard(int objects, const std::string& name) {
  const auto first = name.substr(0, 2);
  auto path = first + "/" + name.substr(2, 2);
  const auto above = open_durable(objects, first, first);
  if (!above) return tl::unexpected(above.error());
  return open_durable(above->get(), name.substr(2, 2), path).map([&](Fd&& directory) {
    return Shard{std::move(directory), std::move(path)};
  });
}

/// Opens or makes a directory whose entry in the one above is synced. Another thread may have made it and not
/// have come to syncing it, so everyone does until one has succeeded.
Result<Fd> ObjectStore::open_durable(int above, const std::string& name, const std::string& path) {
  bool made = false;
  auto directory = open_directory(*disk_, above, name, made);
  if (!directory) return directory;
  {
    const MutexLock lock(mutex_);
    if (!made && durable_.contains(path)) return directory;
  }
  if (const auto synced = sync_file(*disk_, above, path_ + ": the directory of " + path); !synced)
    return tl::unexpected(synced.error());
  const MutexLock lock(mutex_);
  durable_.insert(path);
  return directory;
}

Result<bool> ObjectStore::has(const std::string& object) {
  if (!is_object_name(object)) return false;
  struct stat status {};
  if (disk_->status(AT_FDCWD, path_ + "/objects/" + place_of(object), status) == 0) return true;
  if (errno == ENOENT) return false;
  return disk_error("examine", object);
}

Status ObjectStore::read(const std::string& object, const Sink& sink) {
  if (!is_object_name(object)) return fail(Failure::Misconfigured, "'" + object + "' names no object");
  const Fd file(disk_->open(AT_FDCWD, path_ + "/objects/" + place_of(object), O_RDONLY | O_NOFOLLOW));
  if (!file) {
    if (errno == ENOENT) return fail(Failure::Misconfigured, "the object " + object + " is missing");
    return disk_error("open", object);
  }
  Sha256 digest;
  const Sink hashed = [&](std::string_view bytes) {
    digest.add(bytes);
    return sink(bytes);
  };
  const Producer stored = [&](const Sink& to) { return read_file(*disk_, file.get(), object, to); };
  const auto done = is_encrypted(object) ? stored(hashed) : decompress(stored, hashed);
  if (!done) return fail(done.error().failure, "the object " + object + ": " + done.error().what);
  if (digest.hex() != object.substr(0, 64))
    return fail(Failure::Misconfigured, "the object " + object + " holds something else");
  return {};
}

Result<std::string> ObjectStore::load(const std::string& object, std::size_t maximum) {
  std::string all;
  const auto done = read(object, [&](std::string_view bytes) -> Status {
    if (bytes.size() > maximum - all.size()) return fail(Failure::Misconfigured, "larger than it should be");
    all += bytes;
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return all;
}

Status ObjectStore::remove(const std::string& object) {
  if (!is_object_name(object)) return {};
  if (disk_->remove(AT_FDCWD, path_ + "/objects/" + place_of(object)) < 0 && errno != ENOENT)
    return disk_error("remove", object);
  return {};
}

Status ObjectStore::each(const std::function<Status(const File&)>& visit) const {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto root = fs::path(path_) / "objects";
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory(error)) continue;
    struct stat status {};
    const auto path = at->path().string();
    if (disk_->status(AT_FDCWD, path, status) < 0) continue;  // it has just gone
    const File file{at->path().filename(), at->path().lexically_relative(root),
                    std::chrono::sys_seconds{std::chrono::seconds{status.st_mtim.tv_sec}}};
    if (const auto visited = visit(file); !visited) return visited;
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Failure::Misconfigured, "cannot list " + root.string() + ": " + error.message());
  return {};
}

}  // namespace pams::milter::archive
