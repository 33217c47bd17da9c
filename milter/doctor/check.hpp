/// What a doctor check is. To add one: write checks/<id>.cpp and add CHECK(<id>) to checks/table.def.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "milter/config/config.hpp"
#include "milter/doctor/postfix_view.hpp"
#include "milter/mta/mta.hpp"
#include "milter/mta/sendmail/sendmail.hpp"

namespace pams::milter::doctor {

struct Accounts;  // account.hpp

enum class CheckStatus { Ok, Warn, Fail };
std::string_view to_string(CheckStatus status);  ///< "ok", "warn", "fail"

/// Why a check knows nothing of what it asks.
enum class Doubt {
  None,        ///< it has looked
  Unanswered,  ///< a tool, or what it reads, is not in order
  Late,        ///< a tool did not answer in time, or could not be started
  NotAllowed,  ///< this user may not look: a failure for the daemon, a warning to an operator
};

struct Finding {
  CheckStatus status = CheckStatus::Ok;
  std::string seen;  ///< what was found, in one line
  std::string
      remedy;  ///< a command or a line to paste; "" when ok, or when there is a doubt that nobody explained
  Doubt doubt = Doubt::None;
  /// What several checks fail of when they do, as "disk 8:1": told once. "" when it is this check's alone.
  std::string cause = {};
};

/// What one run of doctor, or one evaluation of the routing, examines.
struct Examination {
  const Config& config;
  const rules::OutboundConnector& connector;  ///< the flagged mail's
  const mta::Mta& mta;                        ///< Postfix's tools; only checks for Postfix ask them
  const mta::Sendmail* sendmail = nullptr;    ///< set where [milter] mta = "sendmail"
  /// On whose behalf checks of files ask; nullptr: the process asks for itself, as the daemon does.
  const Accounts* accounts = nullptr;
  PostfixView postfix{mta};  ///< what checks for Postfix read of it, once for all of them
};

struct Check {
  std::string_view id;              ///< "milter_header_checks"
  std::string_view why;             ///< what leaks or breaks when it fails, one sentence
  bool guards_routing = false;      ///< flagged mail is deferred while it fails
  bool guards_all_mail = false;     ///< while it fails, all mail of trusted peers to the outside waits
  bool stops_flagged_mail = false;  ///< flagged mail waits while it fails, though nobody holds it back
  /// The checks of its MTA alone can say nothing while it fails; so it is asked before them.
  bool is_prerequisite = false;
  std::optional<MtaKind> only = MtaKind::Postfix;  ///< the MTA that it is for; nullopt: for both
  Finding (*run)(const Examination& examination);
  bool is_for(MtaKind mta) const { return !only || *only == mta; }
};

std::span<const Check* const> checks();

/// What the check finds, with a remedy for a doubt that it left open (explain_doubt.hpp).
Finding examine(const Check& check, const Examination& examination);

}  // namespace pams::milter::doctor
