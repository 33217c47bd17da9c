#include "milter/session/end_of_message.hpp"

#include <chrono>
#include <stdexcept>

#include "milter/log/log.hpp"
#include "milter/session/apply.hpp"
#include "milter/session/archiving.hpp"
#include "milter/session/brought_carrier.hpp"
#include "milter/session/hooks.hpp"
#include "milter/session/journaling.hpp"
#include "milter/session/message_log.hpp"
#include "milter/session/message_tracing.hpp"
#include "milter/session/peer.hpp"
#include "milter/session/progress.hpp"
#include "milter/session/reply.hpp"
#include "milter/session/routing.hpp"

namespace pams::milter::session {
namespace {

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
  EndOfMessage(SMFICTX* context, Session& session)
      : context_(context),
        session_(session),
        message_(session.transaction()),
        report_(macro(context, "i"), message_.envelope()),
        trace_(message_, report_.queue_id(), began_) {}

  sfsistat run() {
    receive();
    if (session_.has_failed())
      return refuse(reply_to(Failure::Temporary), "a fault on the way in, see above");
    if (message_.has_too_many_recipients()) return refuse(reply_too_many_recipients(), "limits.recipients");
    if (is_brought_carrier(received_.headers) && message_.limits_exceeded().empty()) return take_carrier();
    plan_ = evaluate();
    report_.decided(plan_);
    trace_.decided(plan_);
    check(plan_);
    switch (plan_.verdict) {
      case Verdict::Accept:
      case Verdict::Quarantine:
        return deliver();
      case Verdict::Discard:
        return drop();
      case Verdict::Defer:
      case Verdict::Reject:
        return refuse(plan_.reply, plan_.reason);
    }
    throw std::logic_error("a verdict that nobody knows");
  }

 private:
  void receive() {
    client_ = client_of(context_, message_.config().settings.mta, session_.address());
    const bool whole = message_.needs_body();
    received_ = message_.take_message();
    const auto size = whole ? received_.wire_size() : message_.declared_size();
    report_.received(size, whole);
    trace_.received(received_.headers, client_, size);
  }

  rules::Plan evaluate() {
    const auto& policy = message_.config().policy;
    Progress progress(context_);
    Hooks hooks(context_, report_.queue_id());
    const auto deadline = std::chrono::steady_clock::now() + policy.limits.evaluation_time;
    const rules::Moment moment{
        now_,
        [&] {
          progress.tell();
          return std::chrono::steady_clock::now() > deadline + hooks.time_spent();
        },
        [&](const rules::Hook& hook, const Mail& mail) { return hooks.run(hook, mail); }};
    // The copy shares the body.
    return message_.services().evaluate(policy, received_, message_.envelope(), client_,
                                        message_.limits_exceeded(), moment);
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
        journal_entry_of(message_.config().policy, plan_, message_.envelope(), report_.queue_id(), now_);
    if (const auto ready = make_journal_ready(entry); !ready)
      return fail_with(log::journal_failed, reply_to(Failure::Temporary), ready.error());

    auto archives = prepare_archives();
    if (!archives) return fail_with(log::archive_failed, reply_to(Failure::Temporary), archives.error());

    const auto applied = Application::carry_out(task(), plan_, *route);
    if (!applied) return fail_with(log::deferred, reply_to(Failure::Temporary), applied.error());

    // Nothing but the answer itself can fail after these two, and nobody takes back what they have kept.
    const auto archived = commit(*archives);
    if (!archived) return fail_with(log::archive_failed, reply_to(Failure::Temporary), archived.error());

    const auto journaled = journal(entry);
    if (!journaled) {
      archives->withdraw("not accepted: the journal failed: " + journaled.error().what);
      return fail_with(log::journal_failed, reply_to(Failure::Temporary), journaled.error());
    }

    report_.released(archived->id());
    trace_.released(archived->id());
    if (!applied->id().empty()) trace_.sealed(applied->id(), route->keys()->current().id());
    archives->settle();  // last: what throws before it takes the records back
    return release(*route, *archived, *applied, *journaled);
  }

  /// Rules, archive and journal have had the message when it was sealed; now only its route counts.
  sfsistat take_carrier() {
    const auto keys = message_.services().seal_keys->read();
    if (!keys) return fail_with(log::route_unverified, reply_route_not_ready(), keys.error());
    const auto carrier = with_progress(context_, [&] { return authenticate(**keys, received_); });
    if (!carrier) return refuse_carrier(carrier.error());
    plan_.classification.value = rules::MessageClass::Flagged;
    plan_.classification.reason = "a message that this gateway has sealed";
    plan_.classification.flag_present = true;
    plan_.route = connector_of(*carrier);
    plan_.outgoing = received_;
    report_.decided(plan_);
    trace_.decided(plan_);
    const auto route = make_route_ready();
    if (!route) return fail_with(log::route_unverified, reply_route_not_ready(), route.error());
    const auto applied = Application::keep_carrier(task(), carrier->seal, *route);
    if (!applied) return fail_with(log::deferred, reply_to(Failure::Temporary), applied.error());
    trace_.sealed(carrier->seal);
    return release_carrier(*route, *applied);
  }

  /// A report has no connector of its own where it is delivered by LMTP.
  std::string connector_of(const BroughtCarrier& carrier) const {
    const auto& name = carrier.contents.connector;
    return name.empty() ? message_.config().policy.pams.connector : name;
  }

  sfsistat refuse_carrier(const Error& error) {
    log::write(log::carrier_refused, {{"qid", report_.queue_id()}, {"reason", error.what}});
    if (error.failure != Failure::Refused) return refuse(reply_route_not_ready(), error.what);
    return refuse({550, "5.7.1", "Not a message that this gateway has sealed, or changed on its way"},
                  error.what);
  }

  Application::Task task() const {
    return {context_, session_.agreement().leading_space, message_, received_, report_.queue_id(), now_};
  }

  sfsistat drop() {
    auto archives = prepare_archives();
    if (!archives) return fail_with(log::archive_failed, reply_to(Failure::Temporary), archives.error());
    const auto archived = commit(*archives);
    if (!archived) return fail_with(log::archive_failed, reply_to(Failure::Temporary), archived.error());
    archives->settle();
    report_.released(archived->id());
    trace_.released(archived->id());
    return discard(*archived);
  }

  Result<Routing::Ready> make_route_ready() {
    const auto prepare = [&] { return Routing::prepare(message_.services(), plan_, message_.envelope()); };
    const bool asks_the_mta = Routing::is_needed(message_.services(), plan_, message_.envelope());
    return asks_the_mta ? with_progress(context_, prepare) : prepare();
  }

  Result<PreparedArchives> prepare_archives() {
    const auto prepare = [&] {
      return Archiving::prepare(message_.services(), plan_,
                                record_of(plan_, message_.envelope(), report_.queue_id(), now_, received_));
    };
    return Archiving::is_wanted(plan_) ? with_progress(context_, prepare) : prepare();
  }

  Result<Archiving::Done> commit(PreparedArchives& archives) {
    const auto commit = [&] { return archives.commit(); };
    return Archiving::is_wanted(plan_) ? with_progress(context_, commit) : commit();
  }

  Status make_journal_ready(const journal::JournalEntry& entry) {
    const auto prepare = [&] { return Journaling::prepare(message_.services(), entry); };
    return entry.is_confidential && !entry.mailboxes.empty() ? with_progress(context_, prepare) : prepare();
  }

  Result<Journaling::Done> journal(const journal::JournalEntry& entry) {
    const auto commit = [&] { return Journaling::carry_out(message_.services(), entry); };
    return entry.mailboxes.empty() ? commit() : with_progress(context_, commit);
  }

  sfsistat refuse(const rules::Reply& reply, const std::string& reason) {
    report_.refused(reply, reason);
    trace_.refused(reply, reason);
    return answer(context_, reply);
  }

  sfsistat fail_with(const log::Event& event, const rules::Reply& reply, const Error& error) {
    log::write(event, {{"qid", report_.queue_id()}, {"reason", error.what}});
    return refuse(reply, error.what);
  }

  SMFICTX* context_;
  Session& session_;
  Transaction& message_;
  const std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
  const std::chrono::sys_seconds now_ = std::chrono::floor<std::chrono::seconds>(began_);
  MessageLog report_;
  Client client_;
  Message received_;
  rules::Plan plan_;
  MessageTracing trace_;  // looks at those above when it goes out of scope
};

}  // namespace

sfsistat end_of_message(SMFICTX* context, Session& session) { return EndOfMessage(context, session).run(); }

}  // namespace pams::milter::session
