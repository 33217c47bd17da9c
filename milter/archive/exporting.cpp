#include "milter/archive/exporting.hpp"

#include <algorithm>
#include <ctime>

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include "milter/archive/export_draft.hpp"
#include "milter/archive/export_name.hpp"
#include "milter/archive/load_file.hpp"
#include "milter/archive/record_json.hpp"
#include "milter/archive/zip_writer.hpp"
#include "milter/base/sha256.hpp"
#include "milter/base/time_text.hpp"

namespace pams::milter::archive {
namespace {

using Json = nlohmann::ordered_json;

Json manifest_entry(const ExportedFile& file, const RecordRow& row, const Fate& fate) {
  Json entry{{"file", file.name},       {"sha256", file.sha256},           {"bytes", file.bytes},
             {"version", file.version}, {"encrypted", row.is_encrypted()}, {"number", row.number},
             {"actions", row.actions}};
  entry.update(record_json(row, fate));
  return entry;
}

std::string dump(const Json& manifest) {
  return Json{{"records", manifest}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// "From " and every ">" before it is a line that a reader would take for the next message's start.
std::string mboxrd(const RecordRow& row, std::string_view message) {
  const std::time_t seconds = row.time.time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char date[64];
  const auto length = std::strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &utc);
  std::string sender = row.sender.empty() ? "MAILER-DAEMON" : row.sender;
  for (auto& c : sender)
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') c = '_';
  std::string out = "From " + sender + " " + std::string(date, length) + "\n";
  while (!message.empty()) {
    const auto end = message.find('\n');
    auto line = message.substr(0, end);
    if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    const auto text = line.substr(std::min(line.find_first_not_of('>'), line.size()));
    if (text.starts_with("From ")) out += '>';
    out.append(line) += '\n';
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
  }
  return out + "\n";
}

class Exporter {
 public:
  Exporter(ArchiveDatabase& archive, ObjectStore& objects, const Export& wanted)
      : archive_(archive), objects_(objects), wanted_(wanted) {}

  Result<Exported> run(const std::vector<std::int64_t>& records) {
    ExportDraft draft(disk_, wanted_.output);
    const auto done = draft.begin().and_then([&] { return write(records, draft.path()); }).and_then([&] {
      return draft.publish();
    });
    return done.map([&] { return exported_; });
  }

 private:
  using Take =
      std::function<Status(const std::string& name, const RecordRow& row, const std::string& content)>;

  Status write(const std::vector<std::int64_t>& records, const std::string& path) {
    switch (wanted_.format) {
      case ExportFormat::Eml:
        return to_directory(records, path);
      case ExportFormat::Zip:
        return write_new_file(disk_, AT_FDCWD, path, [&](const Sink& sink) { return to_zip(records, sink); });
      case ExportFormat::Mboxrd:
        break;
    }
    return to_mbox(records, path);
  }

  /// What manifest and load file say of it.
  Status describe(const std::string& name, const RecordRow& row, std::string_view content) {
    const ExportedFile file{name, Sha256().add(content).hex(), content.size(),
                            wanted_.version == ExportVersion::Sent ? "sent" : "received"};
    return archive_.fate_of(row).map([&](const Fate& fate) {
      manifest_.push_back(manifest_entry(file, row, fate));
      load_file_ += load_file_row(file, row, fate);
    });
  }

  Status each(const std::vector<std::int64_t>& records, const Take& take) {
    std::int64_t done = 0;
    for (const auto number : records) {
      if (wanted_.progress) wanted_.progress(done++, std::ssize(records));
      const auto row = archive_.record(number);
      if (!row) return tl::unexpected(row.error());
      if (!*row) continue;  // purged since the search
      const auto content = load(**row);
      if (!content) {
        exported_.problems.push_back((*row)->id + ": " + content.error().what);
        continue;
      }
      const auto name = names_.name_of(**row, (*row)->is_encrypted() ? ".cms" : ".eml");
      const auto taken =
          describe(name, **row, *content).and_then([&] { return take(name, **row, *content); });
      if (!taken) return taken;
      ++exported_.records;
    }
    return {};
  }

  Result<std::string> load(const RecordRow& row) {
    constexpr std::size_t kAnySize = std::size_t{1} << 32U;
    if (wanted_.format == ExportFormat::Mboxrd && row.is_encrypted())
      return fail(Failure::Refused, "it is encrypted and cannot stand in an mbox; export eml or zip");
    if (wanted_.version == ExportVersion::Received) return objects_.load(row.received, kAnySize);
    return objects_.load(row.sent, row.is_encrypted() ? kAnySize : static_cast<std::size_t>(row.size));
  }

  Status to_directory(const std::vector<std::int64_t>& records, const std::string& path) {
    bool made = false;
    const auto directory = open_directory(disk_, AT_FDCWD, path, made);
    if (!directory) return tl::unexpected(directory.error());
    const auto write = [&](const std::string& name, std::string_view content) {
      return write_new_file(disk_, directory->get(), name, [&](const Sink& sink) { return sink(content); });
    };
    return each(records, [&](const std::string& name, const RecordRow&,
                             const std::string& content) { return write(name, content); })
        .and_then([&] { return write("load.csv", load_file_); })
        .and_then([&] { return write("manifest.json", dump(manifest_)); })
        .and_then([&] { return sync_file(disk_, directory->get(), path); });
  }

  Status to_zip(const std::vector<std::int64_t>& records, const Sink& sink) {
    ZipWriter zip(sink);
    std::chrono::sys_seconds latest{};
    return each(records,
                [&](const std::string& name, const RecordRow& row, const std::string& content) {
                  latest = std::max(latest, row.time);
                  return zip.add(name, content, row.time);
                })
        .and_then([&] { return zip.add("load.csv", load_file_, latest); })
        .and_then([&] { return zip.add("manifest.json", dump(manifest_), latest); })
        .and_then([&] { return zip.finish(); });
  }

  /// The load file has its name first: whoever sees the mbox sees it too.
  Status to_mbox(const std::vector<std::int64_t>& records, const std::string& path) {
    const auto messages = write_new_file(disk_, AT_FDCWD, path, [&](const Sink& sink) {
      return each(records, [&](const std::string&, const RecordRow& row, const std::string& content) {
        return sink(mboxrd(row, content));
      });
    });
    if (!messages) return messages;
    ExportDraft table(disk_, wanted_.output + ".csv");
    return table.begin()
        .and_then([&] {
          return write_new_file(disk_, AT_FDCWD, table.path(),
                                [&](const Sink& sink) { return sink(load_file_); });
        })
        .and_then([&] { return table.publish(); });
  }

  ArchiveDatabase& archive_;
  ObjectStore& objects_;
  const Export& wanted_;
  Disk disk_;
  NameGiver names_;
  Json manifest_ = Json::array();
  std::string load_file_ = load_file_titles();
  Exported exported_;
};

}  // namespace

Result<Exported> export_records(ArchiveDatabase& archive, ObjectStore& objects,
                                const std::vector<std::int64_t>& records, const Export& wanted) {
  return Exporter(archive, objects, wanted).run(records);
}

}  // namespace pams::milter::archive
