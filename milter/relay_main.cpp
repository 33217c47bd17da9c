/// pams-relay: arguments and wiring only.

#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>
#include <malloc.h>

#include "milter/base/no_core.hpp"
#include "milter/config/check_config.hpp"
#include "milter/log/log.hpp"
#include "milter/relay/relay_daemon.hpp"

namespace {

using namespace pams::milter;

enum Exit { kFine = 0, kFailed = 1, kUsage = 2 };

/// Each session's small memory, in few places: what one gave back serves the next.
constexpr int kMaxArenas = 4;

int check(const Loaded& loaded) {
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr) return kFailed;
  std::cout << loaded.config->settings.file << ": the configuration is fine\n";
  return kFine;
}

int serve(const Loaded& loaded) {
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr) {
    log::write(log::start_failed, {{"reason", "the configuration has errors"}});
    return kFailed;
  }
  const auto& settings = loaded.config->settings;
  log::configure(settings.log_level, settings.log_format == LogFormat::Json);
  mallopt(M_ARENA_MAX, kMaxArenas);
  return relay::run_relay(loaded.config);
}

int run(int argc, char** argv) {
  CLI::App app("Opens what pams-milter sealed and brings it to the smart host over verified TLS.",
               "pams-relay");
  std::string file = kDefaultConfig;
  bool check_only = false;
  app.add_option("--config", file, "Configuration file")->capture_default_str();
  app.add_flag("--check", check_only, "Check the configuration, print all that is wrong, and end");
  app.set_version_flag("--version", "pams-relay " PAMS_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kFine : kUsage;
  }
  return check_only ? check(check_config(file)) : serve(load_config(file));
}

}  // namespace

int main(int argc, char** argv) {
  never_dump_core();
  int code = kFailed;
  try {
    code = run(argc, argv);
  } catch (const std::exception& e) {
    log::write(log::start_failed, {{"reason", e.what()}});
  }
  std::cout.flush();
  std::quick_exit(code);  // sessions may still be there
}
