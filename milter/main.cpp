/// pams-milter: arguments and wiring only.

#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>
#include <malloc.h>

#include "milter/base/no_core.hpp"
#include "milter/config/check_config.hpp"
#include "milter/control/control_socket.hpp"
#include "milter/daemon/daemon.hpp"
#include "milter/daemon/wiring.hpp"
#include "milter/log/log.hpp"

namespace {

using namespace pams::milter;

enum Exit { kFine = 0, kFailed = 1, kUsage = 2 };

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
  // Bodies from 1 MiB on have pages of their own: they grow without copying and go back when they are done.
  // Without this glibc would move the limit up with the first large one.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  // Shared, because a reload that hangs may outlive this function.
  const auto wiring = std::make_shared<daemon::Wiring>();
  const auto wire = [wiring](auto config) { return wiring->wire(std::move(config)); };
  return daemon::run_daemon(loaded.config, wire, control::control_socket_path());
}

int run(int argc, char** argv) {
  CLI::App app("Routes mail flagged for Zivver over verified TLS, for Postfix and Sendmail.", "pams-milter");
  std::string file = kDefaultConfig;
  bool check_only = false;
  app.add_option("--config", file, "Configuration file")->capture_default_str();
  app.add_flag("--check", check_only, "Check the configuration, print all that is wrong, and end");
  app.set_version_flag("--version", "pams-milter " PAMS_VERSION);
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
  std::quick_exit(code);  // libmilter's threads may still be there
}
