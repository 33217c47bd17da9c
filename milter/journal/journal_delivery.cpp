#include "milter/journal/journal_delivery.hpp"

#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

#include "milter/log/log.hpp"

namespace pams::milter::journal {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using Outcome = Submitted::SubmissionStatus;

constexpr seconds kFirstPause{1};
constexpr seconds kLongestPause{300};
constexpr seconds kLongestRest{60};
constexpr std::chrono::hours kClearing{1};

seconds pause_after(unsigned failures) {
  return std::min(kLongestPause, kFirstPause * (1U << std::min(failures - 1, 10U)));
}

std::chrono::sys_seconds time_now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

/// TERM and INT are for the thread that waits for them: a new thread must not hear any signal.
template <class Work>
std::thread deaf_thread(Work work) {
  sigset_t all;
  sigset_t former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &former, nullptr);
  return thread;
}

}  // namespace

JournalDelivery::JournalDelivery(std::shared_ptr<const Config> config, JournalSpool& spool, ReportRoute route,
                                 Submit submit_report)
    : spool_(spool),
      submit_(std::move(submit_report)),
      use_(std::make_shared<const Use>(Use{std::move(config), std::move(route)})) {}

JournalDelivery::~JournalDelivery() {
  {
    const MutexLock lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void JournalDelivery::start() {
  thread_ = deaf_thread([this] { run(); });
}

void JournalDelivery::wake() {
  {
    const MutexLock lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_one();
}

void JournalDelivery::change(std::shared_ptr<const Config> config, ReportRoute route) {
  {
    const MutexLock lock(mutex_);
    use_ = std::make_shared<const Use>(Use{std::move(config), std::move(route)});
    is_woken_ = has_changed_ = true;
  }
  changed_.notify_one();
}

std::shared_ptr<const JournalDelivery::Use> JournalDelivery::use() {
  const MutexLock lock(mutex_);
  return use_;
}

/// What a report waited for may be fixed by a new configuration.
void JournalDelivery::try_all_soon() {
  {
    const MutexLock lock(mutex_);
    if (!std::exchange(has_changed_, false)) return;
  }
  for (auto& [id, trial] : trials_) trial.due = {};
}

void JournalDelivery::run() {
  for (;;) {
    auto next = steady_clock::now() + kLongestRest;
    try {
      next = run_once(steady_clock::now(), time_now());
    } catch (const std::exception& fault) {
      log::write(log::journal_waiting, {{"reason", std::string("a fault: ") + fault.what()}});
    }
    MutexLock lock(mutex_);
    lock.wait_until(changed_, next, [this]() PAMS_REQUIRES(mutex_) { return ends_ || is_woken_; });
    if (ends_) return;
    is_woken_ = false;
  }
}

steady_clock::time_point JournalDelivery::run_once(steady_clock::time_point now,
                                                   std::chrono::sys_seconds time) {
  auto next = now + kLongestRest;
  try_all_soon();
  const auto waiting = spool_.waiting();
  if (!waiting) {
    log::write(log::journal_waiting, {{"reason", waiting.error().what}});
    return next;
  }
  std::set<std::string> present;
  bool goes_on = true;
  for (const auto& report : *waiting) {
    present.insert(report.id);
    if (goes_on && trials_[report.id].due <= now) goes_on = try_one(report.id, now);
    if (const auto trial = trials_.find(report.id); trial != trials_.end())
      next = std::min(next, std::max(trial->second.due, now + kFirstPause));
  }
  std::erase_if(trials_, [&](const auto& trial) { return !present.contains(trial.first); });
  alert(*waiting, time);
  if (time >= next_clearing_) {
    spool_.forget_sent(time);
    next_clearing_ = time + kClearing;
  }
  return next;
}

bool JournalDelivery::try_one(const std::string& id, steady_clock::time_point now) {
  // A former process, or a full disk, may have kept us from taking it out of the spool.
  if (trials_[id].is_taken || spool_.is_sent(id)) return finish(id, now);
  auto report = spool_.open(id);
  if (!report) {
    postpone(id, report.error().what, now);
    return true;
  }
  const auto label = report->label;
  const auto submitted = deliver(id, std::move(*report));
  if (submitted.outcome != Outcome::Taken) {
    postpone(id, submitted.reply, now);
    return submitted.outcome != Outcome::Unreachable;
  }
  trials_[id].is_taken = true;
  log::write(
      log::journal_delivered,
      {{"report", id}, {"qid", label.queue_id}, {"mailbox", label.mailbox}, {"reply", submitted.reply}});
  return finish(id, now);
}

bool JournalDelivery::finish(const std::string& id, steady_clock::time_point now) {
  if (const auto marked = spool_.mark_sent(id); !marked)
    postpone(id, "it is sent, but cannot be taken from the spool: " + marked.error().what, now);
  else
    trials_.erase(id);
  return true;
}

Submitted JournalDelivery::deliver(const std::string& id, JournalSpool::Opened report) {
  auto submitted = send(report, report.label.mailbox);
  const auto now = use();
  const auto& alternate = now->config->policy.journal.journaling_report_ndr_to;
  if (submitted.outcome != Outcome::Refused || alternate.empty()) return submitted;
  auto again = spool_.open(id);  // from its beginning
  if (!again) return {Outcome::Later, again.error().what};
  const auto refused = submitted.reply;
  submitted = send(*again, alternate);
  if (submitted.outcome != Outcome::Taken)
    return {submitted.outcome, refused + "; alternate: " + submitted.reply};
  log::write(log::journal_alternate, {{"report", id},
                                      {"qid", report.label.queue_id},
                                      {"mailbox", report.label.mailbox},
                                      {"alternate", alternate},
                                      {"reason", refused}});
  return submitted;
}

Submitted JournalDelivery::send(const JournalSpool::Opened& report, const std::string& recipient) {
  const auto now = use();
  const auto& listener = now->config->policy.journal.submit_to;
  const auto content = [&](const Sink& sink) { return spool_.read(report, sink); };
  if (!report.label.is_confidential) return submit_({listener, recipient, report.label.has_8bit, content});
  if (const auto ready = now->route.ready(); !ready) return {Outcome::Later, ready.error().what};
  if (ReportRoute::is_sealed(report.begin)) return submit_({listener, recipient, false, content});
  return seal_and_send(report, recipient, *now);
}

/// A report that was spooled before reports were sealed.
Submitted JournalDelivery::seal_and_send(const JournalSpool::Opened& report, const std::string& recipient,
                                         const Use& now) {
  ReportRoute::Report plain{report.label.mailbox, report.label.queue_id, "", time_now()};
  const auto read = spool_.read(report, [&](std::string_view piece) -> Status {
    plain.bytes += piece;
    return {};
  });
  if (!read) return {Outcome::Later, read.error().what};
  const auto sealed = now.route.sealed(std::move(plain));
  if (!sealed) return {Outcome::Later, sealed.error().what};
  return submit_({now.config->policy.journal.submit_to, recipient, false,
                  [&](const Sink& sink) { return sink(*sealed); }});
}

void JournalDelivery::postpone(const std::string& id, const std::string& reason,
                               steady_clock::time_point now) {
  auto& trial = trials_[id];
  const bool is_new = trial.reason != reason;
  trial.reason = reason;
  trial.due = now + pause_after(++trial.failures);
  if (is_new) log::write(log::journal_deferred, {{"report", id}, {"reason", reason}});
}

void JournalDelivery::alert(const std::vector<JournalSpool::Waiting>& waiting,
                            std::chrono::sys_seconds time) {
  const auto limit = use()->config->policy.journal.alert_after;
  const auto is_late = [&](const auto& report) {
    return report.since + limit <= time && trials_.contains(report.id);
  };
  const auto oldest = std::ranges::find_if(waiting, is_late);
  if (oldest == waiting.end() || time < next_alert_) return;
  next_alert_ = time + std::max(limit, seconds{60});
  log::write(log::journal_waiting, {{"reports", std::to_string(waiting.size())},
                                    {"oldest", oldest->id},
                                    {"age_s", std::to_string((time - oldest->since).count())},
                                    {"reason", trials_[oldest->id].reason}});
}

}  // namespace pams::milter::journal
