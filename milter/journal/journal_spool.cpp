#include "milter/journal/journal_spool.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>

#include "rules/base/text.hpp"

namespace pams::milter::journal {
namespace {

constexpr std::string_view kSuffix = ".report";
constexpr std::string_view kTemporary = ".tmp";
constexpr std::string_view kFirstLine = "pams-journal 1\n";
constexpr std::size_t kBlock = 128 * 1024;
constexpr std::chrono::days kRemembered{7};

std::string file_of(const std::string& id) { return id + std::string(kSuffix); }

std::string written(const ReportLabel& label) {
  return std::string(kFirstLine) + "mailbox " + label.mailbox + "\nqueue_id " + label.queue_id +
         "\nconfidential " + (label.is_confidential ? "yes" : "no") + "\n8bit " +
         (label.has_8bit ? "yes" : "no") + "\n\n";
}

std::string_view value_of(std::string_view line, std::string_view key) {
  return line.starts_with(key) && line.substr(key.size()).starts_with(' ') ? line.substr(key.size() + 1)
                                                                           : std::string_view{};
}

/// The label in front of `text`, which loses it. Whatever is unclear counts as confidential.
bool take_label(std::string& text, ReportLabel& label) {
  const auto end = text.find("\n\n");
  if (!text.starts_with(kFirstLine) || end == std::string::npos) return false;
  const auto lines = text::split(std::string_view(text).substr(0, end), '\n');
  if (lines.size() != 5) return false;
  label = {std::string(value_of(lines[1], "mailbox")), std::string(value_of(lines[2], "queue_id")),
           value_of(lines[3], "confidential") != "no", value_of(lines[4], "8bit") != "no"};
  text.erase(0, end + 2);
  return !label.mailbox.empty();
}

std::chrono::sys_seconds changed(const struct stat& status) {
  return std::chrono::sys_seconds{std::chrono::seconds{status.st_mtim.tv_sec}};
}

/// The names in a directory, in no order; an empty list when it is missing.
Result<std::vector<std::string>> names_in(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename());
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Failure::Misconfigured, "cannot list " + path + ": " + error.message());
  return names;
}

}  // namespace

Result<JournalSpool::Directories> JournalSpool::open_directories() {
  bool made_root = false;
  bool made_waiting = false;
  bool made_sent = false;
  auto root = open_directory(*disk_, AT_FDCWD, path_, made_root);
  if (!root) return tl::unexpected(root.error());
  auto waiting = open_directory(*disk_, root->get(), "waiting", made_waiting);
  if (!waiting) return tl::unexpected(waiting.error());
  auto sent = open_directory(*disk_, root->get(), "sent", made_sent);
  if (!sent) return tl::unexpected(sent.error());
  return Directories{std::move(*root), std::move(*waiting), std::move(*sent)};
}

Status JournalSpool::add(std::span<const Report> reports) {
  const auto directories = open_directories();
  if (!directories) return tl::unexpected(directories.error());
  std::vector<std::string> names;  // what this call has made, and must take back when it fails
  auto added = add_to(*directories, reports, names);
  if (!added)
    for (const auto& name : names) disk_->remove(directories->waiting.get(), name);
  return added;
}

Status JournalSpool::add_to(const Directories& directories, std::span<const Report> reports,
                            std::vector<std::string>& names) {
  for (const auto& report : reports) {
    const auto name = report.id + "." + std::to_string(++temporaries_) + std::string(kTemporary);
    const auto made = write_new_file(*disk_, directories.waiting.get(), name, [&](const Sink& sink) {
      auto status = sink(written(report.label));
      for (const auto piece : report.pieces) status = status.and_then([&] { return sink(piece); });
      return status;
    });
    if (!made) return made;
    names.push_back(name);
  }
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const auto final_name = file_of(reports[i].id);
    if (disk_->rename(directories.waiting.get(), names[i], final_name) < 0)
      return disk_error("rename", names[i]);
    names[i] = final_name;
  }
  return sync_file(*disk_, directories.waiting.get(), path_ + "/waiting").and_then([&] {
    return sync_file(*disk_, directories.root.get(), path_);  // the first report makes the directories too
  });
}

Result<bool> JournalSpool::has(const std::string& id) {
  for (const auto& name : {"waiting/" + file_of(id), "sent/" + id}) {
    struct stat status {};
    if (disk_->status(AT_FDCWD, path_ + "/" + name, status) == 0) return true;
    if (errno != ENOENT) return disk_error("examine", path_ + "/" + name);
  }
  return false;
}

bool JournalSpool::is_sent(const std::string& id) {
  struct stat status {};
  return disk_->status(AT_FDCWD, path_ + "/sent/" + id, status) == 0;
}

Result<std::vector<JournalSpool::Waiting>> JournalSpool::waiting() {
  const auto names = names_in(path_ + "/waiting");
  if (!names) return tl::unexpected(names.error());
  std::vector<Waiting> found;
  for (const auto& name : *names) {
    struct stat status {};
    if (!name.ends_with(kSuffix)) continue;
    if (disk_->status(AT_FDCWD, path_ + "/waiting/" + name, status) < 0) continue;  // it has just gone
    found.push_back({name.substr(0, name.size() - kSuffix.size()), changed(status)});
  }
  std::ranges::sort(found, {}, [](const Waiting& one) { return std::pair(one.since, one.id); });
  return found;
}

Result<JournalSpool::Opened> JournalSpool::open(const std::string& id) {
  const auto path = path_ + "/waiting/" + file_of(id);
  Opened opened;
  opened.file = Fd(disk_->open(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW));
  if (!opened.file) return disk_error("open", path);
  opened.begin.resize(kBlock);
  const auto count = disk_->read(opened.file.get(), opened.begin.data(), kBlock);
  if (count < 0) return disk_error("read", path);
  opened.begin.resize(static_cast<std::size_t>(count));
  if (!take_label(opened.begin, opened.label))
    return fail(Failure::Misconfigured, path + " is no journal report of pams-milter");
  return opened;
}

Status JournalSpool::read(const Opened& opened, const Sink& sink) {
  if (const auto taken = sink(opened.begin); !taken) return taken;
  std::string block(kBlock, '\0');
  for (;;) {
    const auto count = disk_->read(opened.file.get(), block.data(), block.size());
    if (count < 0) return disk_error("read", path_);
    if (count == 0) return {};
    if (auto taken = sink({block.data(), static_cast<std::size_t>(count)}); !taken) return taken;
  }
}

Status JournalSpool::mark_sent(const std::string& id) {
  const auto directories = open_directories();
  if (!directories) return tl::unexpected(directories.error());
  const Fd mark(disk_->open(directories->sent.get(), id, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600));
  if (!mark) return disk_error("make", path_ + "/sent/" + id);
  if (const auto synced = sync_file(*disk_, directories->sent.get(), path_ + "/sent"); !synced) return synced;
  if (disk_->remove(directories->waiting.get(), file_of(id)) < 0 && errno != ENOENT)
    return disk_error("remove", path_ + "/waiting/" + file_of(id));
  return sync_file(*disk_, directories->waiting.get(), path_ + "/waiting");
}

Status JournalSpool::check() {
  const auto name = "check" + std::string(kTemporary);
  const auto directories = open_directories();
  if (!directories) return tl::unexpected(directories.error());
  disk_->remove(directories->waiting.get(), name);  // of a check that was killed
  const auto written = write_new_file(*disk_, directories->waiting.get(), name,
                                      [](const Sink& sink) { return sink(kFirstLine); });
  disk_->remove(directories->waiting.get(), name);
  return written;
}

Status JournalSpool::recover() {
  const auto directories = open_directories();
  if (!directories) return tl::unexpected(directories.error());
  const auto names = names_in(path_ + "/waiting");
  if (!names) return tl::unexpected(names.error());
  for (const auto& name : *names)
    if (name.ends_with(kTemporary)) disk_->remove(directories->waiting.get(), name);
  return {};
}

void JournalSpool::forget_sent(std::chrono::sys_seconds now) {
  const auto names = names_in(path_ + "/sent");
  if (!names) return;  // they are forgotten another time
  for (const auto& name : *names) {
    struct stat status {};
    const auto path = path_ + "/sent/" + name;
    if (disk_->status(AT_FDCWD, path, status) == 0 && changed(status) + kRemembered < now)
      disk_->remove(AT_FDCWD, path);
  }
}

}  // namespace pams::milter::journal
