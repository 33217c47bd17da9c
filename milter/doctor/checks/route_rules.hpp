/// What several routing checks ask alike: which action a list of header tables gives to a header, and whether
/// a listener has the guard rules. Evaluated by postmap, never guessed from text. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/doctor/account.hpp"
#include "milter/doctor/check.hpp"
#include "milter/mta/postfix/postfix_services.hpp"
#include "milter/setup/postfix/postfix_site.hpp"

namespace pams::milter::doctor {

Finding ok(std::string seen);
Finding warn(std::string seen, std::string remedy);
Finding failed(std::string seen, std::string remedy);
/// A question that the MTA's tools did not answer: nothing is verified then. Why is asked of the system
/// (explain_doubt.hpp).
Finding unanswered(const Error& error);
/// The same for a file that the check reads itself.
Finding unread(const Examination& examination, const std::string& file, const Error& error);
/// An attempt (account.hpp) that could not be made.
Finding not_attempted(const Attempt& attempt);
/// Nobody knows who the milter is.
Finding no_account(const Error& error);
/// Postfix has no service for what goes to the connector.
Finding no_transport(const rules::OutboundConnector& connector);
/// This user may not read the file: puts into `finding` what lets it.
void may_not_read(const Problem& problem, Finding& finding);
/// What brings back a file that the MTA's settings name and that is not there.
std::string remedy_for_missing(const Examination& examination, const std::string& file);
/// A table that setup writes.
bool is_own_table(const Examination& examination, const std::string& file);

inline constexpr const char* kSetup = "pamsctl setup postfix --apply && postfix reload";

struct RouteAnswer {
  std::string map;
  std::string action;
};
/// The first map of the list that answers; Postfix asks no further.
Result<std::optional<RouteAnswer>> first_answer(const mta::Mta& mta, const std::string& maps,
                                                const std::string& header);

/// What is wrong; nullopt when flagged mail that comes in by this listener without a milter waits in the
/// queue, and a carrier that is requeued finds its connector again.
Result<std::optional<std::string>> guard_fault(const Examination& examination,
                                               const mta::PostfixServices& services,
                                               const mta::Service& listener);

/// The header of a carrier that leaves by `transport`, as the milter writes it, and as it may be folded.
std::vector<std::string> sealed_headers(const std::string& transport);

/// What the list of header tables does instead; nullopt when it sends what is sealed for the connector to the
/// relay, and what is sealed for a transport that is no more, to the flagged mail's.
Result<std::optional<std::string>> sealed_fault(const Examination& examination,
                                                const mta::PostfixServices& services,
                                                const std::string& maps);

/// Setup writes main.cf and its own services: a service's own setting must go first.
std::string setup_without_override(const mta::PostfixServices& services, const mta::Service& service,
                                   const std::string& parameter);

/// A command that takes one word out of the service's receive_override_options, where they are set.
std::string remedy_without_option(const mta::PostfixServices& services, const mta::Service& service,
                                  const std::string& option);

/// Whether a comma list such as receive_override_options holds the word.
bool holds_word(const std::string& list, const std::string& word);

}  // namespace pams::milter::doctor
