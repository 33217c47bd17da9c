#include <chrono>
#include <filesystem>

#include <sys/timex.h>

#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

namespace fs = std::filesystem;

/// A file from the future means that the clock was set back since it was written.
bool is_from_the_future(const std::string& path) {
  std::error_code error;
  const auto written = fs::last_write_time(path, error);
  return !error && written > fs::file_time_type::clock::now() + std::chrono::minutes(5);
}

Finding run(const Examination& examination) {
  const std::string remedy = "timedatectl set-ntp true";
  for (const auto& file : {examination.config.settings.file, examination.mta.config_directory() + "/main.cf"})
    if (is_from_the_future(file))
      return failed("the clock shows an earlier time than that at which " + file + " was written", remedy);
  timex state{};  // mode 0: asks only
  const int answer = adjtimex(&state);
  if (answer == TIME_ERROR || (answer >= 0 && (state.status & STA_UNSYNC) != 0))
    return warn("nothing keeps this machine's clock right", remedy);
  if (answer < 0) return warn("the kernel does not say whether the clock is kept right", remedy);
  return ok("the clock is kept right");
}

}  // namespace

extern constinit const Check clock_is_right{
    .id = "clock_is_right",
    .why =
        "Certificates are valid for a time, rules hold from a date: with a wrong clock flagged mail waits.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
