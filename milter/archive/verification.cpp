#include "milter/archive/verification.hpp"

#include <algorithm>
#include <optional>

#include <fcntl.h>

#include "milter/archive/archive_database.hpp"
#include "milter/archive/audit_details.hpp"
#include "milter/archive/chain_writer.hpp"
#include "milter/archive/number_ranges.hpp"
#include "milter/archive/object_store.hpp"
#include "milter/base/time_text.hpp"

namespace pams::milter::archive {
namespace {

constexpr std::int64_t kMaxProblems = 1000;

class Verifier {
 public:
  Verifier(const ArchiveSettings& settings, std::shared_ptr<Disk> disk, ArchiveDatabase database,
           const VerificationProgress& progress)
      : settings_(settings),
        disk_(disk),
        objects_(settings.path, disk),
        database_(std::move(database)),
        progress_(progress) {}

  Result<Verification> run() {
    const auto done = freeze()
                          .and_then([this] { return read_purges(); })
                          .and_then([this] { return walk_chain(); })
                          .and_then([this] { return find_strangers(); })
                          .and_then([this] { return check_head(); })
                          .and_then([this] { return check_checkpoints(); })
                          .and_then([this] { return count_unnamed(); });
    if (!done) return tl::unexpected(done.error());
    std::ranges::stable_sort(found_.problems, {},
                             [](const auto& p) { return p.number == 0 ? INT64_MAX : p.number; });
    return found_;
  }

 private:
  void problem(std::int64_t number, std::string id, std::string what) {
    if (++found_.problem_count <= kMaxProblems)
      found_.problems.push_back({number, std::move(id), std::move(what)});
  }

  /// Head and database as they stand together: nobody writes between the two looks.
  Status freeze() {
    const Fd root(disk_->open(AT_FDCWD, settings_.path, O_RDONLY | O_DIRECTORY));
    if (!root) return disk_error("open", settings_.path);
    if (disk_->lock(root.get()) < 0) return disk_error("lock", settings_.path);
    const auto head = read_head(settings_.path);
    if (head) head_ = *head;
    if (!head) problem(0, "", head.error().what);
    is_head_damaged_ = !head;
    return database_.tip().map([this](const Tip& tip) { tip_ = tip; });
  }

  Status read_purges() {
    purged_ = purged_marks_ = {};
    return database_.each_audit([this](const AuditRow& row) {
      if (row.kind != "purge") return true;
      purged_.add_all(text_in_details(row.details, "records"));
      purged_marks_.add_all(text_in_details(row.details, "outcomes"));
      return true;
    });
  }

  /// In portions: one long look would keep SQLite from emptying its log while the milter writes.
  Status walk_chain() {
    struct Link {
      std::int64_t number;
      std::string digest, hash;
    };
    for (;;) {
      std::vector<Link> links;
      const auto read = database_.sql().query(
          "SELECT number, digest, hash FROM chain WHERE number > ? AND number <= ? ORDER BY number LIMIT 500",
          [&](const sqlite::Row& row) {
            links.push_back({row.number(0), row.text(1), row.text(2)});
            return true;
          },
          previous_.number, tip_.number);
      if (!read || links.empty()) return read;
      for (const auto& link : links)
        if (const auto walked = entry(link.number, link.digest, link.hash); !walked) return walked;
    }
  }

  Status entry(std::int64_t number, const std::string& digest, const std::string& hash) {
    ++found_.entries;
    if (progress_) progress_(number, tip_.number);
    if (number != previous_.number + 1)
      problem(previous_.number + 1, "", "entries up to " + std::to_string(number - 1) + " were removed");
    // One break is one problem: the walk goes on from what stands here.
    else if (hash != chain_hash(previous_.hash, number, digest))
      problem(number, "", "its place in the chain was altered");
    previous_ = {number, hash};
    const auto record = database_.record(number);
    if (!record) return tl::unexpected(record.error());
    if (*record) return check_record(**record, digest);
    const auto audit = find_audit(number);
    if (!audit) return tl::unexpected(audit.error());
    if (*audit) {
      check_audit(**audit, digest);
      return {};
    }
    const auto outcome = database_.outcome(number);
    if (!outcome) return tl::unexpected(outcome.error());
    return *outcome ? check_outcome(**outcome, digest) : check_purged(number);
  }

  Status check_purged(std::int64_t number) {
    // The purge may have come since the first look.
    if (!purged_.contains(number) && !purged_marks_.contains(number))
      if (const auto read = read_purges(); !read) return read;
    if (purged_.contains(number))
      ++found_.purged;
    else if (!purged_marks_.contains(number))
      problem(number, "", "it was removed, and no purge says so");
    return {};
  }

  Result<std::optional<AuditRow>> find_audit(std::int64_t number) {
    std::optional<AuditRow> found;
    const auto status = database_.sql().query(
        "SELECT number, time, kind, details FROM audit WHERE number = ?",
        [&](const sqlite::Row& row) {
          found = audit_in(row);
          return false;
        },
        number);
    return status.map([&] { return found; });
  }

  Status check_record(const RecordRow& row, const std::string& digest) {
    ++found_.records;
    if (digest_of(row) != digest) problem(row.number, row.id, "its fields were altered");
    if (purged_.contains(row.number)) problem(row.number, row.id, "a purge says that it is gone");
    if (const auto checked = check_object(row, row.sent); !checked) return checked;
    return row.received == row.sent ? Status{} : check_object(row, row.received);
  }

  Status check_object(const RecordRow& row, const std::string& object) {
    ++found_.objects;
    const auto read = objects_.read(object, [](std::string_view) { return Status{}; });
    if (read) return {};
    if (read.error().failure == Failure::Temporary) return read;
    // Since the look at the database a purge may have taken both away.
    auto now = ArchiveDatabase::open(settings_.path, sqlite::Access::ReadOnly);
    if (!now) return tl::unexpected(now.error());
    const auto is_there = now->record(row.number);
    if (!is_there) return tl::unexpected(is_there.error());
    if (*is_there) problem(row.number, row.id, read.error().what);
    return {};
  }

  void check_audit(const AuditRow& row, const std::string& digest) {
    if (digest_of(row) != digest) problem(row.number, "", "the audit entry (" + row.kind + ") was altered");
    if (row.kind == "discontinuity")
      problem(
          row.number, "",
          "on " + iso8601(row.time) +
              " the database did not fit the head: it was an older copy, or the head was altered; the head said " +
              row.details);
  }

  Status check_outcome(const OutcomeRow& row, const std::string& digest) {
    ++found_.outcomes;
    if (digest_of(row) != digest) problem(row.number, "", "what it says of a record's outcome was altered");
    if (purged_marks_.contains(row.number)) problem(row.number, "", "a purge says that it is gone");
    return {};
  }

  Status find_strangers() {
    const auto stranger = [this](const sqlite::Row& row) {
      problem(row.number(0), row.text(1), "it was inserted: the chain does not know it");
      return true;
    };
    return database_.sql()
        .query("SELECT number, id FROM record WHERE number NOT IN (SELECT number FROM chain)", stranger)
        .and_then([&] {
          return database_.sql().query(
              "SELECT number, '' FROM audit WHERE number NOT IN (SELECT number FROM chain) OR number IN (SELECT number FROM record)",
              stranger);
        })
        .and_then([&] {
          return database_.sql().query(
              "SELECT number, '' FROM outcome WHERE number NOT IN (SELECT number FROM chain) OR number IN (SELECT number FROM record) OR number IN (SELECT number FROM audit)",
              stranger);
        });
  }

  Status check_head() {
    if (is_head_damaged_) return {};
    if (!head_) {
      if (tip_.number > 0) problem(0, "", "the file head is missing");
      return {};
    }
    const auto& known = head_->tip;
    if (known.number > tip_.number) {
      problem(tip_.number + 1, "",
              "it is missing: the head knows " + std::to_string(known.number) + " entries, the database " +
                  std::to_string(tip_.number) + "; it is an older copy, or its last rows were removed");
      return {};
    }
    if (known.number == 0) return {};
    return database_.hash_at(known.number).map([&](const auto& hash) {
      if (hash != known.hash) problem(known.number, "", "it is not the entry that the head knows");
    });
  }

  Status check_checkpoints() {
    std::optional<CheckpointKey> key;
    if (!settings_.checkpoint_key.empty()) {
      auto loaded = CheckpointKey::load(settings_.checkpoint_key);
      if (!loaded) return tl::unexpected(loaded.error());
      key.emplace(std::move(*loaded));
    }
    std::optional<Checkpoint> last;
    bool is_in_head = !head_ || !head_->checkpoint;
    Status inner;
    const auto visited = database_.each_checkpoint([&](const Checkpoint& checkpoint) {
      inner = check(checkpoint, key ? &*key : nullptr);
      is_in_head = is_in_head || *head_->checkpoint == checkpoint;
      last = checkpoint;
      return inner.has_value();
    });
    if (!visited) return visited;
    if (!inner) return inner;
    if (!is_in_head)
      problem(head_->checkpoint->tip.number, "", "the head's checkpoint is not in the database");
    check_coverage(last, key.has_value());
    return {};
  }

  Status check(const Checkpoint& checkpoint, const CheckpointKey* key) {
    ++found_.checkpoints;
    const auto number = checkpoint.tip.number;
    const bool has_signature = !checkpoint.signature.empty();
    if (key != nullptr && has_signature) {
      if (key->has_signed(statement_of(checkpoint), checkpoint.signature))
        ++found_.signed_checkpoints;
      else
        problem(number, "", "the checkpoint here was not signed with checkpoint_key");
    }
    return database_.hash_at(number).map([&](const auto& hash) {
      if (hash != checkpoint.tip.hash) problem(number, "", "it is not the entry that its checkpoint knows");
    });
  }

  void check_coverage(const std::optional<Checkpoint>& last, bool has_key) {
    // A batch may add to the 1,000 entries before the checkpoint comes.
    const auto covered = last ? last->tip.number : 0;
    if ((!last && tip_.number > 0) || tip_.number - covered > 2 * ChainWriter::kCheckpointEvery)
      problem(covered + 1, "", "checkpoints from here on were removed");
    if (has_key && last && last->signature.empty())
      problem(covered, "", "the last checkpoint is not signed although checkpoint_key is set");
  }

  Status count_unnamed() {
    return objects_.each([this](const ObjectStore::File& file) {
      return database_.names_object(file.object).map([this](bool named) {
        if (!named) ++found_.unnamed_objects;
      });
    });
  }

  const ArchiveSettings& settings_;
  const std::shared_ptr<Disk> disk_;
  ObjectStore objects_;
  ArchiveDatabase database_;
  const VerificationProgress& progress_;
  std::optional<ChainHead> head_;
  bool is_head_damaged_ = false;
  Tip tip_;
  Tip previous_;
  NumberRanges purged_;
  NumberRanges purged_marks_;  ///< outcomes of purged records
  Verification found_;
};

}  // namespace

Result<Verification> verify_archive(const ArchiveSettings& settings, std::shared_ptr<Disk> disk,
                                    const VerificationProgress& progress) {
  auto database = ArchiveDatabase::open(settings.path, sqlite::Access::ReadOnly);
  if (!database) return tl::unexpected(database.error());
  return Verifier(settings, std::move(disk), std::move(*database), progress).run();
}

}  // namespace pams::milter::archive
