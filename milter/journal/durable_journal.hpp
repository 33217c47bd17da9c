/// Journaling as it is on a gateway: a JournalStore whose reports are on the disk before the message is
/// accepted, and reach the MTA from there by a thread of their own. Any thread.
#pragma once

#include <array>
#include <memory>

#include "milter/base/mutex.hpp"
#include "milter/config/config.hpp"
#include "milter/journal/journal_delivery.hpp"
#include "milter/journal/journal_spool.hpp"
#include "milter/journal/journal_store.hpp"
#include "milter/journal/report_route.hpp"

namespace pams::milter::journal {

class DurableJournal final : public JournalStore {
 public:
  DurableJournal(std::shared_ptr<const Config> config, ReportRoute route,
                 std::shared_ptr<Disk> disk = std::make_shared<Disk>(),
                 JournalDelivery::Submit submit_report = submit);

  /// Takes up what a former process has left, and begins to deliver. A directory that cannot be used is an
  /// error; messages that must be journaled will then wait.
  Status start();

  /// What a new configuration says of the same directory. Also for messages that are in work, and reports
  /// that wait: which way is safe for them is the newest configuration's word.
  void change(std::shared_ptr<const Config> config, ReportRoute route) {
    delivery_.change(std::move(config), std::move(route));
  }

  Status prepare(const JournalEntry& entry) override;
  Result<Spooled> spool(const JournalEntry& entry) override;

 private:
  JournalSpool spool_;
  JournalDelivery delivery_;
  /// The same message may be in work twice (a client that gave up and came again): one at a time, so that a
  /// failure of one does not take the other's reports away.
  std::array<Mutex, 64> in_work_;
};

}  // namespace pams::milter::journal
