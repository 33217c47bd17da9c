#include "milter/mta/sendmail/sendmail_queue.hpp"

#include <algorithm>
#include <filesystem>

#include <glob.h>

#include "milter/base/parse_number.hpp"
#include "milter/config/files.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::mta {
namespace {

namespace fs = std::filesystem;

/// "<a@b>" -> "a@b"
std::string without_brackets(std::string_view address) {
  if (address.starts_with('<') && address.ends_with('>')) address = address.substr(1, address.size() - 2);
  return std::string(address);
}

/// "??Subject: x", "?P?Return-Path: x": the flags are the mailers' matter.
std::string_view without_flags(std::string_view field) {
  const auto end = field.starts_with('?') ? field.find('?', 1) : std::string_view::npos;
  return end == std::string_view::npos ? field : field.substr(end + 1);
}

void read_line(std::string_view line, SendmailQueueEntry& entry) {
  auto& message = entry.message;
  const auto value = line.substr(1);
  switch (line.front()) {
    case 'T':
      message.since =
          std::chrono::sys_seconds(std::chrono::seconds(leading_number<std::uint64_t>(value).value_or(0)));
      break;
    case 'S':
      message.sender = without_brackets(value);
      break;
    case 'R':
      message.recipients.push_back(
          without_brackets(value.substr(std::min(value.find(':'), value.size() - 1) + 1)));
      break;
    case 'M':
      if (message.reason.empty()) message.reason = value;
      break;
    case 'q':
      message.reason = "in quarantine: " + std::string(value);
      break;
    case 'H':
      entry.header.append(without_flags(value)).append("\n");
      break;
    default:
      break;
  }
}

/// What sendmail.cf says: "O QueueDirectory=/var/spool/mqueue/q*", "Qslow, P=/var/spool/slow, F=f".
std::vector<std::string> patterns_in(std::string_view cf) {
  constexpr std::string_view kOption = "O QueueDirectory=";
  std::vector<std::string> patterns;
  for (const auto line : text::split(cf, '\n')) {
    if (line.starts_with(kOption)) patterns.emplace_back(text::trim(line.substr(kOption.size())));
    if (!line.starts_with('Q')) continue;
    for (const auto word : text::split(line, ','))
      if (const auto trimmed = text::trim(word); trimmed.starts_with("P="))
        patterns.emplace_back(trimmed.substr(2));
  }
  return patterns;
}

/// Control files may lie in a directory of their own, "qf".
std::vector<std::string> directories_of(const std::vector<std::string>& patterns) {
  std::vector<std::string> directories;
  for (const auto& pattern : patterns) {
    glob_t found{};
    if (::glob(pattern.c_str(), GLOB_ONLYDIR | GLOB_NOMAGIC, nullptr, &found) == 0)
      for (std::size_t i = 0; i < found.gl_pathc; ++i) directories.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
  }
  for (std::size_t i = 0, count = directories.size(); i < count; ++i)
    if (std::error_code none; fs::is_directory(directories[i] + "/qf", none))
      directories.push_back(directories[i] + "/qf");
  std::ranges::sort(directories);
  // std::ranges::unique: clang 14 cannot read what it returns.
  directories.erase(std::unique(directories.begin(), directories.end()), directories.end());
  return directories;
}

}  // namespace

std::optional<SendmailQueueEntry> parse_queue_file(std::string_view name, std::string_view text) {
  const bool is_held = name.starts_with("hf");
  if (!is_held && !name.starts_with("qf")) return std::nullopt;
  SendmailQueueEntry entry;
  entry.message.id = name.substr(2);
  bool is_header = false;
  for (const auto line : text::split(text, '\n')) {
    if (line == ".") {
      entry.message.queue = is_held ? "quarantine" : entry.message.reason.empty() ? "new" : "deferred";
      return entry;
    }
    if (line.empty()) continue;
    if (is_header && (line.starts_with('\t') || line.starts_with(' '))) {
      entry.header.append(line).append("\n");
      continue;
    }
    is_header = line.starts_with('H');
    read_line(line, entry);
  }
  return std::nullopt;
}

Result<std::vector<SendmailQueueEntry>> read_queue(const Sendmail& sendmail) {
  const auto cf = read_file(sendmail.cf());
  if (!cf) return tl::unexpected(cf.error());
  const auto directories = directories_of(patterns_in(*cf));
  if (directories.empty())
    return fail(Failure::Misconfigured, sendmail.cf() + " names no queue directory that is there");
  std::vector<SendmailQueueEntry> queue;
  for (const auto& directory : directories) {
    std::error_code problem;
    for (fs::directory_iterator at(directory, problem), end; !problem && at != end; at.increment(problem)) {
      const auto name = at->path().filename().string();
      if (!name.starts_with("qf") && !name.starts_with("hf")) continue;
      const auto text = read_file(at->path().string());
      if (!text) continue;  // it has left
      if (auto entry = parse_queue_file(name, *text)) queue.push_back(std::move(*entry));
    }
    if (problem) return fail(Failure::Misconfigured, directory + ": " + problem.message());
  }
  std::ranges::sort(queue, {}, [](const auto& entry) { return entry.message.id; });
  return queue;
}

bool has_recipient_below(const std::vector<SendmailQueueEntry>& queue, std::string_view domain) {
  return std::ranges::any_of(queue, [&](const auto& entry) {
    return std::ranges::any_of(entry.message.recipients,
                               [&](const auto& recipient) { return recipient.ends_with(domain); });
  });
}

}  // namespace pams::milter::mta
