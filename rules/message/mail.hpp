/// One message with its envelope and client as conditions see them. Decoded views are made when first asked
/// for and kept until the message changes. Belongs to one session: not for several threads at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/message/content.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"
#include "rules/message/mime_map.hpp"
#include "rules/message/organization.hpp"

namespace pams {

class Mail {
 public:
  Mail(Message message, Envelope envelope, Client client, const Organization& organization,
       const MimeLimits& limits)
      : message_(std::move(message)),
        envelope_(std::move(envelope)),
        client_(std::move(client)),
        organization_(&organization),
        limits_(limits) {}

  const Message& message() const { return message_; }
  const Envelope& envelope() const { return envelope_; }
  const Client& client() const { return client_; }
  const Organization& organization() const { return *organization_; }
  const MimeLimits& mime_limits() const { return limits_; }

  /// Whether the peer is trusted (product: trust.networks, SASL, proven Exchange Online); decided before
  /// rules run.
  bool is_trusted() const { return trusted_; }
  bool is_flagged() const { return flagged_; }
  void classify(bool trusted, bool flagged) {
    trusted_ = trusted;
    flagged_ = flagged;
  }

  /// Fields that this peer may not vouch for (Zivver's marks from anybody but Zivver): they stay in the
  /// message, but to conditions they are not there.
  void distrust(std::vector<std::string> names) { distrusted_ = std::move(names); }
  bool believes(std::string_view name) const;

  /// Changes the message; the decoded views are made anew.
  void replace(Message message);
  /// For changes of header fields alone; decoded views are made anew.
  Headers& edit_headers();

  std::string subject() const;            ///< decoded; "" when there is none
  std::vector<std::string> from() const;  ///< addr-specs of From:
  const Result<MimeMap>& mime() const;
  const Result<std::string>& text() const;  ///< body_text, first 1 MiB; the error is mime()'s
  const Result<std::vector<Attachment>>& attached() const;

 private:
  Message message_;
  Envelope envelope_;
  Client client_;
  const Organization* organization_;
  MimeLimits limits_;
  bool trusted_ = false;
  bool flagged_ = false;
  std::vector<std::string> distrusted_;
  mutable std::optional<Result<MimeMap>> mime_;
  mutable std::optional<Result<std::string>> text_;
  mutable std::optional<Result<std::vector<Attachment>>> attached_;
};

}  // namespace pams
