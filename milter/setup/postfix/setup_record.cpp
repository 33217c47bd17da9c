#include "milter/setup/postfix/setup_record.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "milter/config/files.hpp"
#include "milter/setup/backup.hpp"
#include "milter/setup/postfix/setup_undo.hpp"

namespace pams::milter::setup {
namespace {

std::string directory_of(const std::string& config_directory) { return config_directory + "/pams-setup"; }

/// The files of the record, and which text each holds. main.cf.after comes last: with it the record counts.
struct Kept {
  const char* name;
  PostfixTexts SetupRecord::*which;
  std::string PostfixTexts::*text;
};
constexpr Kept kKept[] = {{"main.cf.before", &SetupRecord::before, &PostfixTexts::main},
                          {"master.cf.before", &SetupRecord::before, &PostfixTexts::master},
                          {"master.cf.after", &SetupRecord::after, &PostfixTexts::master},
                          {"main.cf.after", &SetupRecord::after, &PostfixTexts::main}};

std::string undone(PostfixFile kind, const std::string& before, const std::string& after,
                   const std::string& current) {
  return undo_setup(kind, before, after, current, [](const std::string&) { return true; }).text;
}

}  // namespace

Result<PostfixTexts> read_texts(const std::string& config_directory) {
  auto main = read_file(config_directory + "/main.cf");
  if (!main) return tl::unexpected(main.error());
  auto master = read_file(config_directory + "/master.cf");
  if (!master) return tl::unexpected(master.error());
  return PostfixTexts{std::move(*main), std::move(*master)};
}

Result<std::optional<SetupRecord>> read_record(const std::string& config_directory) {
  const auto directory = directory_of(config_directory);
  if (!std::filesystem::exists(directory + "/main.cf.after")) return std::nullopt;
  SetupRecord record;
  for (const auto& [name, which, text] : kKept) {
    auto content = read_file(directory + "/" + name);
    if (!content) return tl::unexpected(content.error());
    record.*which.*text = std::move(*content);
  }
  return record;
}

Status write_record(const std::string& config_directory, const SetupRecord& record) {
  const auto directory = directory_of(config_directory);
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(Failure::Misconfigured, directory + ": " + std::strerror(errno));
  const Owner owner{geteuid(), getegid(), 0600};
  for (const auto& [name, which, text] : kKept)
    if (const auto written = replace_file(directory + "/" + name, record.*which.*text, owner); !written)
      return written;
  return {};
}

Status remove_record(const std::string& config_directory) {
  std::error_code problem;
  std::filesystem::remove_all(directory_of(config_directory), problem);
  if (problem) return fail(Failure::Misconfigured, directory_of(config_directory) + ": " + problem.message());
  return {};
}

SetupRecord record_for(const std::optional<SetupRecord>& last, const PostfixTexts& current) {
  if (!last) return {current, current};
  return {{undone(PostfixFile::Main, last->before.main, last->after.main, current.main),
           undone(PostfixFile::Master, last->before.master, last->after.master, current.master)},
          current};
}

}  // namespace pams::milter::setup
