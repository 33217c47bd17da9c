#include "milter/ctl/setup/sealing.hpp"

#include <chrono>
#include <filesystem>

#include <sys/stat.h>

#include "milter/ctl/queue/postfix_queue.hpp"
#include "milter/seal/key_ring.hpp"

namespace pams::milter::ctl {
namespace {

constexpr const char* kWayBack =
    ". They are not sealed and do not leave by the new setup as they are. When pams-milter and pams-relay run and Postfix is reloaded, `pamsctl queue release --all` brings them back through the milter";

std::string described(const std::vector<QueuedMessage>& messages) {
  return std::to_string(messages.size()) + " flagged messages of the former setup are in the queue (" +
         messages.front().id + (messages.size() > 1 ? ", …)" : ")");
}

std::string held(const PostfixQueue& queue, const std::vector<QueuedMessage>& messages) {
  const auto number = queue.hold(messages);
  return number ? ", " + std::to_string(*number) + " of them on hold now"
                : " and could not be put on hold: " + number.error().what;
}

}  // namespace

Status make_seal_key(const Settings& settings) {
  struct stat directory {};
  const auto path = std::filesystem::path(settings.trace.path).parent_path();
  const bool has_owner = stat(path.c_str(), &directory) == 0;
  constexpr unsigned kAsItIs = static_cast<unsigned>(-1);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto ring = seal::ensure_key_file(settings.seal_key_file, now, has_owner ? directory.st_uid : kAsItIs,
                                          has_owner ? directory.st_gid : kAsItIs);
  return ring ? Status() : tl::unexpected(ring.error());
}

void note_missing_key(const Settings& settings, setup::SetupPlan& plan) {
  std::error_code unreadable;
  if (!std::filesystem::exists(settings.seal_key_file, unreadable))
    plan.notes.push_back(
        settings.seal_key_file +
        " is made with a new key: keep a copy of it where your backups of secrets are; what is sealed cannot be opened without it");
}

void keep_former_mail(const Config& config, const mta::Postfix& postfix, bool applies,
                      setup::SetupPlan& plan) {
  if (!plan.upgrades || !plan.problems.empty()) return;
  const PostfixQueue queue(postfix, config.policy.pams.header);
  const auto found = queue.list();
  if (!found)
    plan.notes.push_back("the queue could not be looked through for flagged mail of the former setup: " +
                         found.error().what);
  else if (!found->unsealed.empty())
    plan.notes.push_back(described(found->unsealed) +
                         (applies ? held(queue, found->unsealed) : ": --apply puts them on hold") + kWayBack);
}

}  // namespace pams::milter::ctl
