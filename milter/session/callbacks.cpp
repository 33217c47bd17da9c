#include "milter/session/callbacks.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <new>
#include <stdexcept>
#include <thread>

#include "milter/base/mutex.hpp"
#include "milter/log/log.hpp"
#include "milter/session/end_of_message.hpp"
#include "milter/session/peer.hpp"
#include "milter/session/reply.hpp"
#include "milter/session/session.hpp"

namespace pams::milter::session {
namespace {

// libmilter gives callbacks nothing but the connection, so what all of them share is here.
Mutex shared_mutex;
std::condition_variable shared_changed;
std::shared_ptr<const Services> shared_services PAMS_GUARDED_BY(shared_mutex);
unsigned messages_in_work PAMS_GUARDED_BY(shared_mutex) = 0;
Counts all_counts PAMS_GUARDED_BY(shared_mutex);
std::chrono::steady_clock::time_point last_message_ended PAMS_GUARDED_BY(shared_mutex);

/// libmilter writes the answer when the callback has returned, and tells nobody when it has done so.
constexpr std::chrono::milliseconds kTimeToAnswer{500};

std::shared_ptr<const Services> current_services() {
  const MutexLock lock(shared_mutex);
  if (shared_services == nullptr) throw std::logic_error("no services yet");
  return shared_services;
}

class InWork {
 public:
  InWork() {
    const MutexLock lock(shared_mutex);
    ++messages_in_work;
    ++all_counts.messages;
  }
  InWork(const InWork&) = delete;
  InWork& operator=(const InWork&) = delete;
  ~InWork() {
    const MutexLock lock(shared_mutex);
    --messages_in_work;
    last_message_ended = std::chrono::steady_clock::now();
    shared_changed.notify_all();
  }
};

void count_connection(int more) {
  const MutexLock lock(shared_mutex);
  all_counts.connections += more;
}

void fail_closed(SMFICTX* context, const char* what) noexcept {
  if (auto* session = static_cast<Session*>(smfi_getpriv(context))) session->fail();
  static_cast<void>(answer(context, reply_to(Failure::Temporary)));
  try {
    log::write(log::exception, {{"qid", macro(context, "i")}, {"reason", what}});
  } catch (...) {  // NOLINT(bugprone-empty-catch): the answer matters more than the line
  }
}

/// Everything that libmilter calls goes through here; `on_fault` is what it gets when `deed` throws.
template <class Deed>
sfsistat guarded(SMFICTX* context, sfsistat on_fault, Deed deed) noexcept {
  try {
    return deed();
  } catch (const std::exception& e) {
    fail_closed(context, e.what());
  } catch (...) {
    fail_closed(context, "unknown exception");
  }
  return on_fault;
}

/// Stages at which the MTA waits for no answer (SMFIP_NR_*; libmilter answers CONTINUE itself where an MTA
/// does not know them). An answer would put the two out of step, so a fault only marks the session and the
/// end of the message gives the answer.
template <class Deed>
sfsistat unanswered(SMFICTX* context, Deed deed) noexcept {
  return guarded(context, SMFIS_NOREPLY, [&] {
    deed(Session::of(context));
    return SMFIS_NOREPLY;
  });
}

constexpr unsigned long kActions = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT |
                                   SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_CHGFROM | SMFIF_QUARANTINE;
constexpr unsigned long kNotAnswered = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT |
                                       SMFIP_NR_DATA | SMFIP_NR_UNKN | SMFIP_NR_HDR | SMFIP_NR_EOH;
constexpr unsigned long kNotNeeded = SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOUNKNOWN | SMFIP_NOEOH;

/// Whether nothing in the MTA can keep mail from coming to its end here, or take its flag before.
bool mail_reaches_its_end(const Services& services) {
  const auto& config = *services.config;
  const auto* connector = config.policy.connector(config.policy.pams.connector);
  if (connector == nullptr || !config.settings.verify_route || services.route_guard == nullptr) return true;
  return services.route_guard->flag_survives(*connector).has_value();
}

void ask_for_macros(SMFICTX* context, int stage, const char* names) {
  std::string writable = names;
  if (smfi_setsymlist(context, stage, writable.data()) != MI_SUCCESS) throw std::bad_alloc();
}

sfsistat negotiate(SMFICTX* context, unsigned long actions, unsigned long steps,
                   unsigned long* wanted_actions, unsigned long* wanted_steps) {
  if ((actions & kActions) != kActions) {
    log::write(log::mta_unfit, {{"offered", std::to_string(actions)}, {"needed", std::to_string(kActions)}});
    return SMFIS_REJECT;  // libmilter hangs up, and the MTA defers by its own default
  }
  // SKIP is an answer to a chunk, so chunks are answered where a message might need no body.
  const bool every_body_needed = current_services()->config->policy.needs_body();
  // Where a rule of the MTA could take mail past the end of the message, RCPT is the last word.
  const bool recipients_may_wait = !mail_reaches_its_end(*current_services());
  *wanted_actions = kActions | (actions & SMFIF_SETSYMLIST);
  *wanted_steps = steps & (kNotAnswered | kNotNeeded | SMFIP_SKIP | SMFIP_HDR_LEADSPC |
                           (every_body_needed ? SMFIP_NR_BODY : 0));
  if (recipients_may_wait) *wanted_steps &= ~static_cast<unsigned long>(SMFIP_NR_RCPT);
  if ((actions & SMFIF_SETSYMLIST) != 0) {
    ask_for_macros(context, SMFIM_ENVFROM, kMacrosAtMail);
    ask_for_macros(context, SMFIM_EOM, kMacrosAtEnd);
  }
  auto session =
      std::make_unique<Session>(Session::Agreement{.leading_space = (*wanted_steps & SMFIP_HDR_LEADSPC) != 0,
                                                   .answers_recipients = (*wanted_steps & SMFIP_NR_RCPT) == 0,
                                                   .answers_body = (*wanted_steps & SMFIP_NR_BODY) == 0,
                                                   .can_skip = (*wanted_steps & SMFIP_SKIP) != 0});
  if (smfi_setpriv(context, session.get()) != MI_SUCCESS) throw std::runtime_error("smfi_setpriv");
  static_cast<void>(session.release());  // on_close owns it
  count_connection(1);
  return SMFIS_CONTINUE;
}

sfsistat on_negotiate(SMFICTX* context, unsigned long actions, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* wanted_actions, unsigned long* wanted_steps,
                      unsigned long* reserved2, unsigned long* reserved3) {
  *reserved2 = *reserved3 = 0;
  return guarded(context, SMFIS_REJECT,
                 [&] { return negotiate(context, actions, steps, wanted_actions, wanted_steps); });
}

sfsistat on_connect(SMFICTX* context, char*, _SOCK_ADDR* address) {
  return unanswered(context, [&](Session& session) { session.connect(address_text(address)); });
}

sfsistat on_mail(SMFICTX* context, char** arguments) {
  return unanswered(context, [&](Session& session) { session.mail(current_services(), arguments); });
}

/// With 451 where the message might be led past the milter, whatever it holds.
sfsistat answer_to_recipient(SMFICTX* context, Session& session, const std::string& recipient) {
  const auto& services = session.transaction().services();
  if (services.config->policy.organization.has_recipient(recipient) || mail_reaches_its_end(services))
    return SMFIS_CONTINUE;
  log::write(log::route_unverified,
             {{"qid", macro(context, "i")},
              {"reason", "a rule of the MTA could take mail past the milter; see doctor"}});
  if (services.metrics != nullptr) services.metrics->deferred(metrics::DeferReason::Route);
  return answer(context, reply_route_not_ready());
}

sfsistat on_recipient(SMFICTX* context, char** arguments) {
  const auto* session = static_cast<const Session*>(smfi_getpriv(context));
  if (session == nullptr || !session->agreement().answers_recipients)
    return unanswered(context, [&](Session& own) { own.recipient(arguments); });
  return guarded(context, SMFIS_TEMPFAIL, [&] {
    auto& own = Session::of(context);
    const auto answered = answer_to_recipient(context, own, without_brackets(arguments[0]));
    if (answered == SMFIS_CONTINUE) own.recipient(arguments);  // the MTA forgets one that is refused
    return answered;
  });
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
  return unanswered(context, [&](Session& session) { session.header(name, value); });
}

sfsistat on_body(SMFICTX* context, unsigned char* bytes, std::size_t size) {
  // A fault is answered at the end of the message here too: by then libmilter and the MTA are in step.
  guarded(context, SMFIS_CONTINUE, [&] {
    Session::of(context).body({reinterpret_cast<const char*>(bytes), size});
    return SMFIS_CONTINUE;
  });
  const auto* session = static_cast<const Session*>(smfi_getpriv(context));
  return session == nullptr ? SMFIS_TEMPFAIL : session->answer_to_body();
}

sfsistat on_abort(SMFICTX* context) {
  if (auto* session = static_cast<Session*>(smfi_getpriv(context))) session->forget_message();
  return SMFIS_CONTINUE;
}

sfsistat on_end_of_message(SMFICTX* context) {
  const auto answered = guarded(context, SMFIS_TEMPFAIL, [&] {
    const InWork in_work;
    return end_of_message(context, Session::of(context));
  });
  on_abort(context);
  return answered;
}

sfsistat on_close(SMFICTX* context) {
  const auto* session = static_cast<Session*>(smfi_getpriv(context));
  if (session != nullptr) count_connection(-1);
  delete session;
  smfi_setpriv(context, nullptr);
  return SMFIS_CONTINUE;
}

}  // namespace

smfiDesc milter_description() {
  static std::string name = "pams-milter";
  smfiDesc description{};
  description.xxfi_name = name.data();
  description.xxfi_version = SMFI_VERSION;
  description.xxfi_flags = kActions;
  description.xxfi_negotiate = on_negotiate;
  description.xxfi_connect = on_connect;
  description.xxfi_envfrom = on_mail;
  description.xxfi_envrcpt = on_recipient;
  description.xxfi_header = on_header;
  description.xxfi_body = on_body;
  description.xxfi_eom = on_end_of_message;
  description.xxfi_abort = on_abort;
  description.xxfi_close = on_close;
  return description;
}

void use_services(std::shared_ptr<const Services> services) {
  const MutexLock lock(shared_mutex);
  shared_services = std::move(services);
}

Counts counts() {
  const MutexLock lock(shared_mutex);
  return all_counts;
}

void wait_for_messages_in_work() {
  MutexLock lock(shared_mutex);
  lock.wait(shared_changed, []() PAMS_REQUIRES(shared_mutex) { return messages_in_work == 0; });
  const auto answered = last_message_ended + kTimeToAnswer;
  lock.unlock();
  std::this_thread::sleep_until(answered);
}

}  // namespace pams::milter::session
