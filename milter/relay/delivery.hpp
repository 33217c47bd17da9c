/// One carrier from the MTA, opened and sent on while it comes: the server gets the content in pieces as they
/// are authenticated, and the final dot only when the whole seal was, and the MTA has said its own. Whatever
/// goes wrong before that breaks the server's connection off without the dot. One message, one thread.
///
/// What happened is on the disk (Ledger) before the MTA hears of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/relay/dispatch.hpp"
#include "milter/relay/flag_finder.hpp"
#include "milter/relay/recipients.hpp"
#include "milter/relay/relay_services.hpp"
#include "milter/seal/carrier.hpp"

namespace pams::milter::relay {

class Delivery {
 public:
  struct Asked {
    std::vector<CarrierRecipient> recipients;
    std::string envelope_id;  ///< "ENVID=..." or ""
    bool is_utf8 = false;     ///< the MTA gave SMTPUTF8
    LmtpClient client;
  };
  /// `services` lives longer than this.
  Delivery(RelayServices& services, std::shared_ptr<const Config> config,
           std::shared_ptr<const seal::KeyRing> keys, Asked asked);
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  /// Without finish() nothing was delivered.
  ~Delivery() = default;

  /// More of the carrier. Never fails: the answers tell.
  void add(std::string_view bytes);
  /// The MTA has said its final dot. One answer for each recipient that it asked for, in its order.
  std::vector<Answer> finish();
  /// Instead of finish(), for what the session itself finds wrong.
  std::vector<Answer> refuse(const Answer& answer);

 private:
  struct Target {
    std::size_t place;  ///< in the seal's recipients
    std::size_t asked;  ///< the first of the MTA's that is this one
    std::optional<Answer> answer;
    bool is_new = true;  ///< the answer is from this delivery: to be recorded
  };
  Status opened(const seal::CarrierReader::Header& header, const seal::Contents& contents);
  Status message(std::string_view bytes);
  void sort_recipients();
  Answer extra(const CarrierRecipient& recipient);
  bool is_report() const { return contents_.kind == seal::Contents::Kind::JournalReport; }
  std::optional<Answer> known_answer(Target& target);
  Result<std::optional<Answer>> earlier_answer(Target& target);
  bool is_switched_off() const;
  Status judge_flag();
  void begin_sending();
  OutgoingEnvelope envelope() const;
  void use_answers();
  void break_off(const Answer& answer);
  void send_end();
  void record();
  void log_outcome() const;
  std::vector<Answer> answers() const;
  const Answer& answer_of_all(const std::vector<std::size_t>& targets) const;
  std::vector<Answer> not_authentic(const Error& error);

  RelayServices& services_;
  const std::shared_ptr<const Config> config_;
  const std::shared_ptr<const seal::KeyRing> keys_;
  const Asked asked_;
  seal::CarrierReader reader_;
  std::optional<Error> error_;

  // From the seal, once it is open.
  std::string seal_, received_;
  seal::Contents contents_;
  std::vector<std::vector<std::size_t>> matches_;  ///< for each asked one, its places in targets_
  std::vector<std::optional<Answer>> extras_;      ///< for each asked one that the seal does not have
  std::vector<Target> targets_;
  std::vector<trace::RelayDelivery> deliveries_;
  bool ledger_has_failed_ = false;
  InFlight::Claims claims_;
  Dispatch dispatch_;
  std::optional<FlagFinder> flag_;    ///< while PAMS is switched off and the header has not ended
  std::vector<std::size_t> pending_;  ///< places in targets_, as the transaction's envelope has them
  std::unique_ptr<LmtpTransaction> transaction_;  ///< null: nothing is being sent
  smart_host::Peer peer_;
};

}  // namespace pams::milter::relay
