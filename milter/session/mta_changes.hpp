/// The changes that a milter can ask the MTA for, as calls of libmilter. What was asked for has not happened
/// until the MTA hears CONTINUE; with 451 it forgets all of it. Belongs to one session, at the end of a
/// message. Failure::Temporary when the MTA does not take a change.
#pragma once

#include <string>
#include <string_view>

#include <libmilter/mfapi.h>

#include "milter/session/transaction.hpp"
#include "rules/policy/plan.hpp"

namespace pams::milter::session {

/// What fits one packet of the milter protocol: libmilter splits at this size, and one byte more
/// would cost a packet of its own.
inline constexpr std::size_t kBodyPiece = 65535;

class MtaChanges {
 public:
  /// `leading_space`: as the session agreed. `suffix`: what Sendmail's recipients get, see
  /// routing/route.hpp; "" = none. All outlive this.
  MtaChanges(SMFICTX* context, bool leading_space, const Transaction& message, const std::string& suffix)
      : context_(context), leading_space_(leading_space), message_(message), suffix_(suffix) {}

  /// Values as HeaderField::value.
  Status add_header(const std::string& name, const std::string& value) const;
  Status insert_header(const std::string& name, const std::string& value) const;
  /// `index` counts from 1 among the fields of that name; null deletes.
  Status change_header(const std::string& name, unsigned index, const std::string* value) const;
  /// Each received field, the last one first, so that the others keep their numbers.
  Status delete_all(const Headers& received) const;
  Status replace_body(std::string_view body) const;
  /// A notice about the message carries its header only (RFC 3461 4.3).
  Status return_headers_only() const;
  Status quarantine(const std::string& reason) const;
  Status add_recipient(const std::string& address) const;
  /// Sendmail: each recipient gets the suffix. Nothing where there is none.
  Status move_recipients() const;

 private:
  bool is_sendmail() const { return message_.config().settings.mta == MtaKind::Sendmail; }
  std::string routed(const std::string& address) const;
  Status add_recipient(const std::string& address, const std::string& parameters) const;
  std::string given_back(const std::string& value) const;

  SMFICTX* context_;
  bool leading_space_;
  const Transaction& message_;
  const std::string& suffix_;
};

}  // namespace pams::milter::session
