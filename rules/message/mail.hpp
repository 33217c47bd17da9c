/// One message with its envelope and client as conditions see them. Decoded views are made when first asked
/// for and kept until the message changes. Belongs to one session: not for several threads at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/message/content.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"
#include "rules/message/mime_map.hpp"
#include "rules/message/organization.hpp"
#include "rules/message/readable_text.hpp"

namespace pams {

/// A header field as conditions see it.
struct FieldText {
  std::string name;  ///< as written
  ReadableText value;
};

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

  /// The fields of that name (any letter case) in their order. The reference holds until the next change.
  const std::vector<FieldText>& fields(std::string_view name) const;
  std::vector<std::string> from() const;  ///< addr-specs of From:
  const Result<MimeMap>& mime() const;
  static constexpr std::size_t kMaxText = 1U << 20U;
  /// body_text, the first kMaxText bytes; the error is mime()'s.
  const Result<ReadableText>& text() const;
  const Result<std::vector<Attachment>>& attached() const;

 private:
  void forget();

  Message message_;
  Envelope envelope_;
  Client client_;
  const Organization* organization_;
  MimeLimits limits_;
  bool trusted_ = false;
  bool flagged_ = false;
  std::vector<std::string> distrusted_;
  mutable std::optional<Result<MimeMap>> mime_;
  mutable std::optional<Result<ReadableText>> text_;
  mutable std::map<std::string, std::vector<FieldText>> fields_;  ///< by name in lower case
  mutable std::optional<Result<std::vector<Attachment>>> attached_;
};

}  // namespace pams
