#include "milter/mta/sendmail/sendmail.hpp"

#include "milter/mta/process.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::mta {
namespace {

/// More than the relay may take for one message.
constexpr std::chrono::minutes kForADelivery(25);

}  // namespace

Sendmail::Sendmail(const Settings& settings, std::chrono::milliseconds timeout)
    : directory_(settings.sendmail_config), program_(settings.sendmail_program), timeout_(timeout) {}

std::string Sendmail::feature() const { return path(kFeatureFile); }

Result<std::string> Sendmail::test(const std::vector<std::string>& lines) const {
  // -bt never opens the queue; -C makes it give up its rights, of which it needs none.
  return ask({"-bt", "-C", cf()}, text::join(lines, "\n") + "\n", timeout_);
}

Status Sendmail::run_queue(const std::string& id) const {
  return ask({"-C", cf(), "-v", "-qI" + id}, "", kForADelivery).map([](const std::string&) {});
}

Status Sendmail::end_quarantine(const std::string& id) const {
  return ask({"-C", cf(), "-qQ", "-qI" + id, "-Q"}, "", timeout_).map([](const std::string&) {});
}

Result<std::string> Sendmail::ask(const std::vector<std::string>& arguments, const std::string& input,
                                  std::chrono::milliseconds timeout) const {
  std::vector<std::string> argv{program_};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto finished = run_process(argv, {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}, timeout, input);
  if (!finished) return tl::unexpected(finished.error());
  if (finished->exit_code == 0) return std::move(finished->output);
  return fail(Failure::Misconfigured, text::join(argv, " ") + " ended with " +
                                          std::to_string(finished->exit_code) + ": " +
                                          text::printable(finished->errors + finished->output, 200));
}

}  // namespace pams::milter::mta
