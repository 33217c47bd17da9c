#include "milter/archive/exporting.hpp"

#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include "milter/archive/record_json.hpp"
#include "milter/archive/zip_writer.hpp"
#include "milter/base/sha256.hpp"
#include "milter/base/time_text.hpp"

namespace pams::milter::archive {
namespace {

using Json = nlohmann::ordered_json;

std::string file_name(const RecordRow& row) { return row.id + (row.is_encrypted() ? ".cms" : ".eml"); }

Json manifest_entry(const RecordRow& row, const Fate& fate, std::string_view content) {
  Json entry{{"file", file_name(row)},  {"sha256", Sha256().add(content).hex()},
             {"bytes", content.size()}, {"encrypted", row.is_encrypted()},
             {"number", row.number},    {"actions", row.actions}};
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
  Exporter(ArchiveDatabase& archive, ObjectStore& objects, ExportFormat format)
      : archive_(archive), objects_(objects), format_(format) {}

  Result<Exported> run(const std::vector<std::int64_t>& records, const std::string& output) {
    std::error_code error;
    if (std::filesystem::exists(output, error) || error)
      return fail(Failure::Refused, output + " is there already");
    const auto done =
        format_ == ExportFormat::Eml
            ? to_directory(records, output)
            : write_new_file(disk_, AT_FDCWD, output, [&](const Sink& sink) {
                return format_ == ExportFormat::Zip ? to_zip(records, sink) : to_mbox(records, sink);
              });
    return done.map([&] { return exported_; });
  }

 private:
  using Take = std::function<Status(const RecordRow&, const std::string& content)>;

  Status describe(Json& manifest, const RecordRow& row, std::string_view content) {
    return archive_.fate_of(row).map(
        [&](const Fate& fate) { manifest.push_back(manifest_entry(row, fate, content)); });
  }

  Status each(const std::vector<std::int64_t>& records, const Take& take) {
    for (const auto number : records) {
      const auto row = archive_.record(number);
      if (!row) return tl::unexpected(row.error());
      if (!*row) continue;  // purged since the search
      const auto content = load(**row);
      if (!content) {
        exported_.problems.push_back((*row)->id + ": " + content.error().what);
        continue;
      }
      if (const auto taken = take(**row, *content); !taken) return taken;
      ++exported_.records;
    }
    return {};
  }

  Result<std::string> load(const RecordRow& row) {
    if (!row.is_encrypted()) return objects_.load(row.sent, static_cast<std::size_t>(row.size));
    if (format_ == ExportFormat::Mboxrd)
      return fail(Failure::Refused, "it is encrypted and cannot stand in an mbox; export eml or zip");
    return objects_.load(row.sent, std::size_t{1} << 32U);
  }

  Status to_directory(const std::vector<std::int64_t>& records, const std::string& output) {
    bool made = false;
    const auto directory = open_directory(disk_, AT_FDCWD, output, made);
    if (!directory) return tl::unexpected(directory.error());
    const auto write = [&](const std::string& name, std::string_view content) {
      return write_new_file(disk_, directory->get(), name, [&](const Sink& sink) { return sink(content); });
    };
    auto manifest = Json::array();
    return each(records,
                [&](const RecordRow& row, const std::string& content) {
                  return describe(manifest, row, content).and_then([&] {
                    return write(file_name(row), content);
                  });
                })
        .and_then([&] { return write("manifest.json", dump(manifest)); });
  }

  Status to_zip(const std::vector<std::int64_t>& records, const Sink& sink) {
    ZipWriter zip(sink);
    auto manifest = Json::array();
    std::chrono::sys_seconds latest{};
    return each(records,
                [&](const RecordRow& row, const std::string& content) {
                  latest = std::max(latest, row.time);
                  return describe(manifest, row, content).and_then([&] {
                    return zip.add(file_name(row), content, row.time);
                  });
                })
        .and_then([&] { return zip.add("manifest.json", dump(manifest), latest); })
        .and_then([&] { return zip.finish(); });
  }

  Status to_mbox(const std::vector<std::int64_t>& records, const Sink& sink) {
    return each(records,
                [&](const RecordRow& row, const std::string& content) { return sink(mboxrd(row, content)); });
  }

  ArchiveDatabase& archive_;
  ObjectStore& objects_;
  const ExportFormat format_;
  Disk disk_;
  Exported exported_;
};

}  // namespace

Result<Exported> export_records(ArchiveDatabase& archive, ObjectStore& objects,
                                const std::vector<std::int64_t>& records, ExportFormat format,
                                const std::string& output) {
  return Exporter(archive, objects, format).run(records, output);
}

}  // namespace pams::milter::archive
