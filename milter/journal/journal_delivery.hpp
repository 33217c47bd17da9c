/// Brings what waits in the spool to the MTA: one thread of its own, the oldest report first, again and again
/// until each is taken. A report whose mailbox refuses it goes to the alternate journaling mailbox; one that
/// nobody takes waits, and is told of. Nothing is ever given up.
///
/// At least once: when the process is killed between the MTA's answer and the mark in the spool, the report
/// goes a second time, with the same Message-ID.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <thread>

#include "milter/base/mutex.hpp"
#include "milter/journal/journal_spool.hpp"
#include "milter/journal/report_route.hpp"
#include "milter/journal/submission.hpp"

namespace pams::milter::journal {

class JournalDelivery {
 public:
  using Submit = std::function<Submitted(const Submission&)>;

  /// `spool` lives longer than this.
  JournalDelivery(std::shared_ptr<const Config> config, JournalSpool& spool, ReportRoute route,
                  Submit submit_report = submit);
  JournalDelivery(const JournalDelivery&) = delete;
  JournalDelivery& operator=(const JournalDelivery&) = delete;
  /// Ends the thread when the report in work is done.
  ~JournalDelivery();

  /// Begins to deliver what waits.
  void start();
  /// There is something new.
  void wake();
  /// What holds for every trial that begins from now on; what waits is tried at once.
  void change(std::shared_ptr<const Config> config, ReportRoute route);

  struct Use {
    std::shared_ptr<const Config> config;
    ReportRoute route;
  };
  /// What holds now.
  std::shared_ptr<const Use> use();

  /// One round over all that is due; what the thread does. When to come again: earlier if woken.
  std::chrono::steady_clock::time_point run_once(std::chrono::steady_clock::time_point now,
                                                 std::chrono::sys_seconds time);

 private:
  struct Trial {
    unsigned failures = 0;
    std::chrono::steady_clock::time_point due{};
    std::string reason;
    bool is_taken = false;  ///< by the MTA: only the spool does not know yet
  };
  void run();
  /// False: the MTA takes nothing now, so the others are not tried.
  bool try_one(const std::string& id, std::chrono::steady_clock::time_point now);
  bool finish(const std::string& id, std::chrono::steady_clock::time_point now);
  Submitted send(const JournalSpool::Opened& report, const std::string& recipient);
  Submitted seal_and_send(const JournalSpool::Opened& report, const std::string& recipient, const Use& now);
  Submitted deliver(const std::string& id, JournalSpool::Opened report);
  void try_all_soon();
  void postpone(const std::string& id, const std::string& reason, std::chrono::steady_clock::time_point now);
  void alert(const std::vector<JournalSpool::Waiting>& waiting, std::chrono::sys_seconds time);

  JournalSpool& spool_;
  const Submit submit_;
  std::map<std::string, Trial> trials_;  ///< the thread's own
  std::chrono::sys_seconds next_alert_{};
  std::chrono::sys_seconds next_clearing_{};
  Mutex mutex_;
  std::shared_ptr<const Use> use_ PAMS_GUARDED_BY(mutex_);
  std::condition_variable changed_;
  bool is_woken_ PAMS_GUARDED_BY(mutex_) = false;
  bool has_changed_ PAMS_GUARDED_BY(mutex_) = false;
  bool ends_ PAMS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pams::milter::journal
