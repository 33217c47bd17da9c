// pamsctl seal: the keys that seal what the MTA holds. Shows ids and times, never a key.
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>

#include "milter/base/fd.hpp"
#include "milter/base/time_text.hpp"
#include "milter/config/config.hpp"
#include "milter/ctl/command.hpp"
#include "milter/journal/spooled_keys.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/routing/routed_queue.hpp"
#include "milter/seal/key_ring.hpp"
#include "milter/seal/old_keys.hpp"

namespace pams::milter::ctl {
namespace {

constexpr const char* kRestart =
    "run, in this order: systemctl restart pams-relay && systemctl restart pams-milter (the relay must be able to open what the milter seals)";

struct Answer {
  nlohmann::json json;
  std::string text;
  int code = kFine;
};

Answer error(const Error& why) { return {{{"error", why.what}}, "error: " + why.what + "\n", kFoundWrong}; }

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

nlohmann::json to_json(const seal::KeyRing& ring) {
  auto keys = nlohmann::json::array();
  for (const auto& key : ring.keys())
    keys.push_back({{"id", key.id()}, {"created", iso8601(key.created)}, {"seals", keys.empty()}});
  return keys;
}

std::string to_text(const seal::KeyRing& ring) {
  std::string text;
  for (const auto& key : ring.keys())
    text += key.id() + "  " + iso8601(key.created) + (text.empty() ? "  seals and opens\n" : "  opens\n");
  return text;
}

/// Until it goes away, nobody else changes the key file by these commands: what one of them has read is what
/// it replaces. A key that was lost meanwhile could have sealed something.
Result<Fd> hold_key_file(const std::string& path) {
  auto directory = std::filesystem::path(path).parent_path();
  if (directory.empty()) directory = ".";
  Fd lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0)
    return fail(Failure::Misconfigured, "cannot lock " + directory.string() + ": " + std::strerror(errno));
  return lock;
}

Answer list(const Config& config) {
  const auto ring = seal::KeyRing::read(config.settings.seal_key_file);
  if (!ring) return error(ring.error());
  return {{{"keys", to_json(*ring)}}, to_text(*ring)};
}

Answer rotate(const Config& config) {
  const auto& path = config.settings.seal_key_file;
  const auto held = hold_key_file(path);
  if (!held) return error(held.error());
  const auto old = seal::KeyRing::read(path);
  if (!old) return error(old.error());
  auto keys = old->keys();
  keys.insert(keys.begin(), seal::new_key(now()));
  const seal::KeyRing ring(std::move(keys));
  if (const auto replaced = seal::replace_key_file(path, ring); !replaced) return error(replaced.error());
  return {{{"keys", to_json(ring)}, {"run", kRestart}},
          to_text(ring) + "the older keys stay until `pamsctl seal prune` finds nothing sealed with them\n" +
              kRestart + "\n"};
}

/// Of the MTA's queue, and of the journal reports that are not there yet: those first, for they go from here
/// to there.
Result<std::set<std::string>> keys_in_use(const Config& config) {
  if (config.settings.mta == MtaKind::Sendmail)
    return fail(Failure::Misconfigured,
                "only Postfix's queue can be looked through: with Sendmail all keys stay");
  auto keys = journal::keys_in_spool(config.policy.journal.path);
  if (!keys) return tl::unexpected(keys.error());
  const auto queue =
      routing::look_through_queue(mta::Postfix(config.settings.postfix_config), config.policy.pams.header);
  if (!queue) return tl::unexpected(queue.error());
  for (const auto& [key, number] : queue->keys) keys->insert(key);
  return keys;
}

Answer prune(const Config& config) {
  const auto& path = config.settings.seal_key_file;
  const auto held = hold_key_file(path);
  if (!held) return error(held.error());
  const auto old = seal::KeyRing::read(path);
  if (!old) return error(old.error());
  const auto in_use = keys_in_use(config);
  if (!in_use) return error(in_use.error());
  const auto ring = seal::without_old_keys(*old, *in_use, now());
  const auto dropped = old->keys().size() - ring.keys().size();
  if (dropped > 0)
    if (const auto replaced = seal::replace_key_file(path, ring); !replaced) return error(replaced.error());
  return {{{"keys", to_json(ring)}, {"dropped", dropped}},
          to_text(ring) + std::to_string(dropped) + " key(s) dropped\n"};
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  using Work = Answer (*)(const Config&);
  auto as_json = std::make_shared<bool>(false);
  auto chosen = std::make_shared<Work>(nullptr);
  const auto add = [&](const char* name, const char* summary, Work work) {
    auto* command = app.add_subcommand(name, summary);
    command->add_flag("--json", *as_json, "Print JSON");
    command->callback([chosen, work] { *chosen = work; });
  };
  add("list", "The keys by id and age", list);
  add("rotate", "Seal with a new key from now on; the older ones still open", rotate);
  add("prune", "Drop keys that another followed a day ago and that nothing that waits needs", prune);
  app.require_subcommand(1);
  return [as_json, chosen, &globals] {
    const auto loaded = load_config(globals.config_file);
    std::cerr << loaded.diagnostics.text();
    if (loaded.config == nullptr) return static_cast<int>(kFoundWrong);
    const auto answer = (*chosen)(*loaded.config);
    auto& out = answer.code == kFine || *as_json ? std::cout : std::cerr;
    out << (*as_json ? answer.json.dump(2) + "\n" : answer.text);
    return answer.code;
  };
}

constexpr Example kExamples[] = {
    {"The keys and their age", "pamsctl seal list"},
    {"Seal with a new key from now on", "pamsctl seal rotate"},
    {"Drop the keys that nothing needs any more", "pamsctl seal prune"},
};

}  // namespace

extern const Command seal;
const Command seal{
    .name = "seal",
    .summary = "The keys that seal what the MTA holds",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
