#include "milter/ctl/setup/sealing.hpp"

#include <chrono>
#include <filesystem>

#include <sys/stat.h>

#include "milter/connector/routed_queue.hpp"
#include "milter/seal/key_ring.hpp"

namespace pams::milter::ctl {

Status make_seal_key(const Settings& settings) {
  struct stat folder {};
  const auto path = std::filesystem::path(settings.trace.path).parent_path();
  const bool has_owner = stat(path.c_str(), &folder) == 0;
  constexpr unsigned kAsItIs = static_cast<unsigned>(-1);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto ring = seal::ensure_key_file(settings.seal_key_file, now, has_owner ? folder.st_uid : kAsItIs,
                                          has_owner ? folder.st_gid : kAsItIs);
  return ring ? Status() : tl::unexpected(ring.error());
}

void note_missing_key(const Settings& settings, SetupPlan& plan) {
  std::error_code unreadable;
  if (!std::filesystem::exists(settings.seal_key_file, unreadable))
    plan.notes.push_back(
        settings.seal_key_file +
        " is made with a new key: keep a copy of it where your backups of secrets are; what is "
        "sealed cannot be opened without it");
}

void note_former_mail(const Config& config, const Postfix& postfix, SetupPlan& plan) {
  if (!plan.upgrades) return;
  const auto queue = look_through_queue(postfix, config.policy.pams.header);
  if (!queue)
    plan.notes.push_back("the queue could not be looked through for flagged mail of the former setup: " +
                         queue.error().what);
  else if (queue->unsealed > 0)
    plan.notes.push_back(std::to_string(queue->unsealed) + " messages with " + config.policy.pams.header +
                         " wait in the queue (" + queue->an_unsealed + (queue->unsealed > 1 ? ", …" : "") +
                         "): they are not sealed and do not leave as they are. `pamsctl queue list` shows "
                         "them, `pamsctl queue release` brings them back through the milter");
}

}  // namespace pams::milter::ctl
