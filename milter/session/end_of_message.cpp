#include "milter/session/end_of_message.hpp"

#include <chrono>
#include <stdexcept>

#include "milter/log/log.hpp"
#include "milter/session/apply.hpp"
#include "milter/session/archiving.hpp"
#include "milter/session/brought_carrier.hpp"
#include "milter/session/hooks.hpp"
#include "milter/session/journaling.hpp"
#include "milter/session/message_counting.hpp"
#include "milter/session/message_log.hpp"
#include "milter/session/message_tracing.hpp"
#include "milter/session/peer.hpp"
#include "milter/session/progress.hpp"
#include "milter/session/reply.hpp"
#include "milter/session/routing.hpp"

namespace pams::milter::session {
namespace {

using metrics::DeferReason;
using rules::Verdict;

/// The one way out into the world. Each receipt can only be made by the step that it is named for.
sfsistat release(const Routing::Ready&, const Archiving::Done&, const Application::Applied&,
                 const Journaling::Done&) {
  return SMFIS_CONTINUE;
}

/// A carrier that goes on as it came: the message in it was archived and journaled when it was sealed.
sfsistat release_carrier(const Routing::Ready&, const Application::Applied&) { return SMFIS_CONTINUE; }

/// Nobody gets it; what a rule wanted archived is.
sfsistat discard(const Archiving::Done&) { return SMFIS_DISCARD; }

class EndOfMessage {
 public:
  /// All outlive this.
  EndOfMessage(SMFICTX* context, Session& session, MessageOutcome& outcome)
      : context_(context), session_(session), message_(session.transaction()), outcome_(outcome) {}

  /// Fills in the outcome as far as it comes.
  sfsistat run() {
    receive();
    if (session_.has_failed())
      return refuse(reply_to(Failure::Temporary), "a fault on the way in, see above");
    if (message_.has_too_many_recipients())
      return refuse(reply_too_many_recipients(), "limits.recipients", DeferReason::Recipients);
    if (is_brought_carrier(outcome_.received.headers) && message_.limits_exceeded().empty())
      return take_carrier();
    decide(evaluate());
    check(plan());
    switch (plan().verdict) {
      case Verdict::Accept:
      case Verdict::Quarantine:
        return deliver();
      case Verdict::Discard:
        return drop();
      case Verdict::Defer:
      case Verdict::Reject:
        return refuse(plan().reply, plan().reason, defer_reason_of(plan()));
    }
    throw std::logic_error("a verdict that nobody knows");
  }

 private:
  const rules::Plan& plan() const { return outcome_.plan.value(); }

  void receive() {
    outcome_.client = client_of(context_, message_.config().settings.mta, session_.address());
    outcome_.is_whole = message_.needs_body();
    outcome_.received = message_.take_message();
    outcome_.size = outcome_.is_whole ? outcome_.received.wire_size() : message_.declared_size();
  }

  void decide(rules::Plan plan) {
    log_decision(outcome_.queue_id, plan);
    outcome_.plan = std::move(plan);
  }

  rules::Plan evaluate() {
    const auto& policy = message_.config().policy;
    Hooks hooks(progress_, outcome_.queue_id);
    const auto deadline = std::chrono::steady_clock::now() + policy.limits.evaluation_time;
    const rules::EvaluationContext evaluation{
        now_,
        [&] {
          progress_.tell_if_due();
          return std::chrono::steady_clock::now() > deadline + hooks.time_spent();
        },
        [&](const rules::Hook& hook, const Mail& mail) { return hooks.run(hook, mail); }};
    // The copy shares the body.
    return message_.services().evaluate(policy, outcome_.received, message_.envelope(), outcome_.client,
                                        message_.limits_exceeded(), evaluation);
  }

  /// What no plan may say, whatever the rules are. Looked at here because it is the last place where a fault
  /// in the evaluation can be kept from becoming a leak.
  void check(const rules::Plan& plan) const {
    if (plan.verdict != Verdict::Accept && plan.verdict != Verdict::Quarantine) return;
    if (message_.flag_seen() && !plan.classification.flag_present)
      throw std::logic_error("the evaluation has not seen the flag");
    if (plan.classification.value == rules::MessageClass::Anomaly)
      throw std::logic_error("an anomaly was to be accepted");
    if (plan.classification.value == rules::MessageClass::Flagged && !plan.route)
      throw std::logic_error("a flagged message without a route was to be accepted");
    const bool does_nothing = plan.archives.empty() && !plan.route && plan.effects.empty();
    if (!message_.limits_exceeded().empty() && !does_nothing)
      throw std::logic_error("a message beyond its limits was to be changed");
  }

  sfsistat deliver() {
    const auto route = make_route_ready();
    if (!route) return fail_with(log::route_unverified, reply_route_not_ready(), route.error());

    const auto entry =
        journal_entry_of(message_.config().policy, plan(), message_.envelope(), outcome_.queue_id, now_);
    if (const auto ready = make_journal_ready(entry); !ready)
      return fail_with(log::journal_failed, reply_to(Failure::Temporary), ready.error());

    auto archives = prepare_archives();
    if (!archives) return fail_with(log::archive_failed, reply_to(Failure::Temporary), archives.error());

    const auto applied = Application::carry_out(task(), plan(), *route);
    if (!applied) return fail_with(log::deferred, reply_to(Failure::Temporary), applied.error());

    // Nothing but the answer itself can fail after these two, and nobody takes back what they have kept.
    const auto archived = commit(*archives);
    if (!archived) return fail_with(log::archive_failed, reply_to(Failure::Temporary), archived.error());

    const auto journaled = journal(entry);
    if (!journaled) {
      archives->withdraw("not accepted: the journal failed: " + journaled.error().what);
      return fail_with(log::journal_failed, reply_to(Failure::Temporary), journaled.error());
    }

    outcome_.archive_record = archived->payload().record_id;
    if (const auto& seal = applied->payload(); !seal.empty())
      outcome_.sealed = MessageOutcome::Sealed{seal, route->keys()->current().id()};
    archives->settle();  // last: what throws before it takes the records back
    return release(*route, *archived, *applied, *journaled);
  }

  /// Rules, archive and journal have had the message when it was sealed; now only its route counts.
  sfsistat take_carrier() {
    const auto keys = message_.services().seal_keys->read();
    if (!keys) return fail_with(log::route_unverified, reply_route_not_ready(), keys.error());
    const auto carrier = progress_.during([&] { return authenticate(**keys, outcome_.received); });
    if (!carrier) return refuse_carrier(carrier.error());
    decide(plan_for(*carrier));
    const auto route = make_route_ready();
    if (!route) return fail_with(log::route_unverified, reply_route_not_ready(), route.error());
    const auto applied = Application::keep_carrier(task(), carrier->seal, *route);
    if (!applied) return fail_with(log::deferred, reply_to(Failure::Temporary), applied.error());
    outcome_.sealed = MessageOutcome::Sealed{carrier->seal, std::nullopt};
    return release_carrier(*route, *applied);
  }

  rules::Plan plan_for(const BroughtCarrier& carrier) const {
    rules::Plan plan;
    plan.classification.value = rules::MessageClass::Flagged;
    plan.classification.reason = "a message that this gateway has sealed";
    plan.classification.flag_present = true;
    plan.route = connector_of(carrier);
    plan.outgoing = outcome_.received;
    return plan;
  }

  /// A report has no connector of its own where it is delivered by LMTP.
  std::string connector_of(const BroughtCarrier& carrier) const {
    const auto& name = carrier.contents.connector;
    return name.empty() ? message_.config().policy.pams.connector : name;
  }

  sfsistat refuse_carrier(const Error& error) {
    log::write(log::carrier_refused, {{"qid", outcome_.queue_id}, {"reason", error.what}});
    if (error.failure != Failure::Refused)
      return refuse(reply_route_not_ready(), error.what, DeferReason::Carrier);
    return refuse({550, "5.7.1", "Not a message that this gateway has sealed, or changed on its way"},
                  error.what);
  }

  Application::Task task() const {
    return {context_, session_.agreement().leading_space, message_, outcome_.received, outcome_.queue_id,
            now_};
  }

  sfsistat drop() {
    auto archives = prepare_archives();
    if (!archives) return fail_with(log::archive_failed, reply_to(Failure::Temporary), archives.error());
    const auto archived = commit(*archives);
    if (!archived) return fail_with(log::archive_failed, reply_to(Failure::Temporary), archived.error());
    outcome_.archive_record = archived->payload().record_id;
    archives->settle();  // last, as above
    return discard(*archived);
  }

  Result<Routing::Ready> make_route_ready() {
    const bool asks_the_mta = Routing::is_needed(message_.services(), plan(), message_.envelope());
    return progress_.during_if(
        asks_the_mta, [&] { return Routing::prepare(message_.services(), plan(), message_.envelope()); });
  }

  template <class Work>
  auto archiving(Work work) {
    const auto began = std::chrono::steady_clock::now();
    auto result = progress_.during_if(Archiving::is_wanted(plan()), std::move(work));
    outcome_.archiving += std::chrono::steady_clock::now() - began;
    return result;
  }

  Result<PreparedArchives> prepare_archives() {
    return archiving([&] {
      return Archiving::prepare(
          message_.services(), plan(),
          record_of(plan(), message_.envelope(), outcome_.queue_id, now_, outcome_.received));
    });
  }

  Result<Archiving::Done> commit(PreparedArchives& archives) {
    return archiving([&] { return archives.commit(); });
  }

  Status make_journal_ready(const journal::JournalEntry& entry) {
    return progress_.during_if(entry.is_confidential && !entry.mailboxes.empty(),
                               [&] { return Journaling::prepare(message_.services(), entry); });
  }

  Result<Journaling::Done> journal(const journal::JournalEntry& entry) {
    return progress_.during_if(!entry.mailboxes.empty(),
                               [&] { return Journaling::carry_out(message_.services(), entry); });
  }

  sfsistat refuse(const rules::Reply& reply, const std::string& reason,
                  DeferReason kind = DeferReason::Fault) {
    outcome_.refused = MessageOutcome::Refused{reply, reason, kind};
    return answer(context_, reply);
  }

  sfsistat fail_with(const log::Event& event, const rules::Reply& reply, const Error& error) {
    log::write(event, {{"qid", outcome_.queue_id}, {"reason", error.what}});
    return refuse(reply, error.what, defer_reason_of(event));
  }

  SMFICTX* context_;
  Session& session_;
  Transaction& message_;
  MessageOutcome& outcome_;
  Progress progress_{context_};
  const std::chrono::sys_seconds now_ = std::chrono::floor<std::chrono::seconds>(outcome_.began);
};

}  // namespace

sfsistat end_of_message(SMFICTX* context, Session& session) {
  const auto& message = session.transaction();
  MessageOutcome outcome;
  outcome.queue_id = macro(context, "i");
  try {
    const auto answered = EndOfMessage(context, session, outcome).run();
    // libmilter gives the answer when this has returned: the MTA's log never tells of a message that the
    // trace does not know.
    trace_outcome(outcome, message);
    count_outcome(outcome, message.services());
    log_outcome(outcome, message.envelope());
    return answered;
  } catch (...) {  // the border logs the fault and answers
    trace_fault(outcome, message);
    count_outcome(outcome, message.services());
    throw;
  }
}

}  // namespace pams::milter::session
