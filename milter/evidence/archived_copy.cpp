#include "milter/evidence/archived_copy.hpp"

#include "milter/archive/archive_database.hpp"
#include "milter/base/time_text.hpp"

namespace pams::milter::evidence {
namespace {

using json = nlohmann::ordered_json;

struct Link {
  std::string digest, hash;
};

Result<std::optional<Link>> link_at(archive::ArchiveDatabase& rows, std::int64_t number) {
  std::optional<Link> link;
  const auto done = rows.sql().query(
      "SELECT digest, hash FROM chain WHERE number = ?",
      [&](const sqlite::Row& row) {
        link = {row.text(0), row.text(1)};
        return false;
      },
      number);
  if (!done) return tl::unexpected(done.error());
  return link;
}

/// The first checkpoint that covers the entry: whoever has kept its hash can tell that nothing before it was
/// changed since.
Result<json> checkpoint_over(archive::ArchiveDatabase& rows, std::int64_t number) {
  json found = nullptr;
  const auto done = rows.each_checkpoint([&](const archive::Checkpoint& checkpoint) {
    if (checkpoint.tip.number < number) return true;
    found = {{"entries", checkpoint.tip.number},
             {"hash", checkpoint.tip.hash},
             {"time", iso8601(checkpoint.time)},
             {"signature", checkpoint.signature}};
    return false;
  });
  if (!done) return tl::unexpected(done.error());
  return found;
}

Result<std::optional<archive::RecordRow>> find(archive::ArchiveDatabase& rows,
                                               const trace::MessageFacts& facts) {
  auto found = rows.record_of(facts.archive_record);
  // Archives that encrypt have ids of their own.
  for (const auto& queue_id : facts.queue_ids)
    if (found && !*found) found = rows.newest_of_queue_id(queue_id);
  // A queue id is used again: the record of another message is none of this one.
  if (found && *found && !facts.story.rows.empty() && (*found)->sender != facts.story.rows.front().sender)
    return std::nullopt;
  return found;
}

/// The name of the object that holds it, which is its digest; where it is encrypted that tells nothing of it.
std::string content_digest(const archive::RecordRow& row, const std::string& object) {
  return row.is_encrypted() ? "not known" : object.substr(0, object.find('.'));
}

Result<json> describe(archive::ArchiveDatabase& rows, const archive::RecordRow& row,
                      const std::string& archive) {
  const auto link = link_at(rows, row.number);
  if (!link) return tl::unexpected(link.error());
  const auto before = row.number == 1 ? std::optional<std::string>("") : std::nullopt;
  const auto previous = before ? Result<std::optional<std::string>>(before) : rows.hash_at(row.number - 1);
  if (!previous) return tl::unexpected(previous.error());
  const auto checkpoint = checkpoint_over(rows, row.number);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  const auto fate = rows.fate_of(row);
  if (!fate) return tl::unexpected(fate.error());
  const auto digest = archive::digest_of(row);
  const bool is_proved = *link && *previous && (*link)->digest == digest &&
                         archive::chain_hash(**previous, row.number, digest) == (*link)->hash;
  return json{{"archive", archive},
              {"record", row.id},
              {"time", iso8601(row.time)},
              {"outcome", archive::to_text(fate->outcome)},
              {"size", row.size},
              {"content_sha256_as_sent", content_digest(row, row.sent)},
              {"content_sha256_as_received", content_digest(row, row.received)},
              {"content_is_encrypted", row.is_encrypted()},
              {"object_as_sent", row.sent},
              {"rules", row.rules},
              {"chain",
               {{"entry", row.number},
                {"digest", digest},
                {"previous_hash", previous->value_or("")},
                {"hash", *link ? (*link)->hash : ""},
                {"record_fits_chain", is_proved},
                {"checkpoint", *checkpoint}}}};
}

/// The copy in one archive; null when it has none.
Result<json> copy_in(const ArchiveSettings& settings, const trace::MessageFacts& facts) {
  auto rows = archive::ArchiveDatabase::open(settings.path, sqlite::Access::ReadOnly);
  if (!rows) return tl::unexpected(rows.error());
  const auto found = find(*rows, facts);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return json(nullptr);
  return describe(*rows, **found, settings.name);
}

void add(ArchivedCopies& copies, const ArchiveSettings& settings, const json& copy) {
  const auto& chain = copy.at("chain");
  const bool fits = chain.at("record_fits_chain").get<bool>();
  copies.sentences.push_back("Archived in '" + settings.name + "' as record " +
                             copy.at("record").get<std::string>() + " (" +
                             copy.at("outcome").get<std::string>() + "), entry " +
                             std::to_string(chain.at("entry").get<std::int64_t>()) + " of its chain, " +
                             (fits ? "which it fits." : "which it does NOT fit."));
  if (chain.at("checkpoint").is_null())
    copies.not_known.push_back("a checkpoint that covers entry " +
                               std::to_string(chain.at("entry").get<std::int64_t>()) + " of archive '" +
                               settings.name + "': there is none yet");
  copies.records.push_back(copy);
  if (copies.checkpoint_key.empty()) copies.checkpoint_key = settings.checkpoint_key;
}

}  // namespace

ArchivedCopies archived_copies(const Config& config, const trace::MessageFacts& facts) {
  ArchivedCopies copies;
  for (const auto& settings : config.settings.archives) {
    const auto copy = copy_in(settings, facts);
    if (!copy)
      copies.not_known.push_back("what archive '" + settings.name + "' has of it: " + copy.error().what);
    else if (!copy->is_null())
      add(copies, settings, *copy);
  }
  if (!copies.records.empty()) return copies;
  if (facts.archive_record.empty())
    copies.sentences.emplace_back("The trace tells of no archiving.");
  else
    copies.not_known.push_back("the archive's record " + facts.archive_record +
                               ", which the trace names: no archive of this configuration has it (purged?)");
  return copies;
}

}  // namespace pams::milter::evidence
