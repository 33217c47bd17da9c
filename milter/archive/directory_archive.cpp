#include "milter/archive/directory_archive.hpp"

#include <array>
#include <utility>

#include "milter/archive/secret.hpp"

namespace pams::milter::archive {
namespace {

std::string field_value(const Message& message, std::string_view name) {
  const auto* field = message.headers.find(name);
  return field == nullptr ? "" : field->decoded();
}

RecordRow row_of(const ArchiveRecord& record, bool is_encrypted) {
  RecordRow row;
  row.time = record.time;
  row.message_id = field_value(record.message, "Message-ID");
  row.queue_id = record.queue_id;
  row.sender = record.envelope.sender;
  row.recipients = record.envelope.recipients;
  if (!is_encrypted) row.subject = field_value(record.message, "Subject");
  row.rules = record.rules;
  row.actions = record.actions;
  row.connector = record.connector;
  return row;
}

}  // namespace

DirectoryArchive::DirectoryArchive(const ArchiveSettings& settings, std::shared_ptr<Disk> disk)
    : settings_(settings),
      disk_(std::move(disk)),
      objects_(settings.path, disk_),
      indexer_(settings.path),
      writer_(ChainWriter(settings.path, settings.checkpoint_key, disk_), objects_,
              [this] { indexer_.wake(); }) {}

class DirectoryArchive::PreparedRow : public ArchiveStore::Prepared {
 public:
  PreparedRow(DirectoryArchive& archive, const Encryption* encryption, ArchiveRecord record, RecordRow row)
      : archive_(archive), encryption_(encryption), record_(std::move(record)), row_(std::move(row)) {}

  const std::string& id() const override { return row_.id; }

  Result<Stored> commit() override {
    auto written = archive_.writer_.write(row_);
    // A purge may collect an object between here and there, hardly twice.
    for (int tries = 0; tries < 2 && written == RecordWriter::Written::ObjectGone; ++tries)
      written = archive_.put_objects(encryption_, record_, row_).and_then([this] {
        return archive_.writer_.write(row_);
      });
    if (written && *written != RecordWriter::Written::ObjectGone) return receipt(row_.id);
    archive_.doubt();
    if (!written) return tl::unexpected(written.error());
    return fail(Failure::Temporary, archive_.settings_.path + ": objects vanish while they are stored");
  }

 private:
  DirectoryArchive& archive_;
  const Encryption* encryption_;
  ArchiveRecord record_;
  RecordRow row_;
};

Result<std::unique_ptr<ArchiveStore::Prepared>> DirectoryArchive::prepare(const ArchiveRecord& record) {
  const auto encryption = make_ready().and_then([this] { return this->encryption(); });
  if (!encryption) return tl::unexpected(encryption.error());
  auto row = row_of(record, *encryption != nullptr);
  if (const auto put = put_objects(*encryption, record, row); !put) {
    doubt();  // perhaps the directory has gone
    return tl::unexpected(put.error());
  }
  return std::make_unique<PreparedRow>(*this, *encryption, record, std::move(row));
}

Result<bool> DirectoryArchive::mark(const ArchivedTry& attempt, RecordOutcome outcome,
                                    const std::string& reason) {
  return writer_.mark(attempt, outcome, reason).map([](RecordWriter::Written written) {
    return written != RecordWriter::Written::NoSuchRecord;
  });
}

Status DirectoryArchive::put_objects(const Encryption* encryption, const ArchiveRecord& record,
                                     RecordRow& row) {
  const auto bytes = bytes_of(record.message);
  const auto digest = content_digest(bytes);
  row.size = static_cast<std::int64_t>(bytes.size());
  row.id = record_id(identity_digest(record.message, record.queue_id), record.envelope,
                     encryption == nullptr ? "" : encryption->secret);
  auto sent = put(encryption, bytes, digest);
  if (!sent) return tl::unexpected(sent.error());
  row.sent = row.received = *sent;
  if (record.received == nullptr) return {};
  const auto received_bytes = bytes_of(*record.received);
  const auto received_digest = content_digest(received_bytes);
  if (received_digest == digest) return {};
  return put(encryption, received_bytes, received_digest).map([&](std::string&& object) {
    row.received = std::move(object);
  });
}

Result<std::string> DirectoryArchive::put(const Encryption* encryption, const RecordBytes& bytes,
                                          const std::string& digest) {
  const std::array<std::string_view, 2> pieces{bytes.header, bytes.body};
  return encryption == nullptr ? objects_.put(digest, pieces)
                               : objects_.put_encrypted(encryption->cms, pieces);
}

/// nullptr when the archive is not encrypted. A certificate that cannot be read stops everything: what was to
/// be encrypted is never stored in the clear.
Result<const DirectoryArchive::Encryption*> DirectoryArchive::encryption() {
  if (settings_.encrypt_to.empty()) return nullptr;
  const MutexLock lock(mutex_);
  if (encryption_) return &*encryption_;
  auto cms = CmsEncryption::load(settings_.encrypt_to);
  if (!cms) return tl::unexpected(cms.error());
  auto secret = archive_secret(*disk_, settings_.path);
  if (!secret) return tl::unexpected(secret.error());
  encryption_.emplace(Encryption{std::move(*cms), std::move(*secret)});
  return &*encryption_;
}

/// The directory and the database are there, so that objects can be put.
Status DirectoryArchive::make_ready() {
  {
    const MutexLock lock(mutex_);
    if (is_prepared_) return {};
  }
  return writer_.check().map([this] {
    const MutexLock lock(mutex_);
    is_prepared_ = true;
  });
}

/// The next record finds out whether the database can be written before anything is promised.
void DirectoryArchive::doubt() {
  const MutexLock lock(mutex_);
  is_prepared_ = false;
}

Status DirectoryArchive::check() {
  if (const auto writable = writer_.check(); !writable) return writable;
  return encryption().map([](const Encryption*) {});
}

}  // namespace pams::milter::archive
