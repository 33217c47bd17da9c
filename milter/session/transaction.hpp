/// One message while it arrives: collects envelope, header and body within the limits. Shares nothing with
/// another message on the same connection. It decides nothing, except that a body which nobody will look at
/// is not kept. Belongs to one session.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "milter/base/byte_buffer.hpp"
#include "milter/session/services.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"

namespace pams::milter {

class Transaction {
 public:
  /// `declared_size`: SIZE= of MAIL, or 0.
  Transaction(std::shared_ptr<const Services> services, std::string sender, std::size_t declared_size);

  void add_recipient(std::string address);
  /// `value` as in HeaderField.
  void add_header(std::string_view name, std::string value);
  void add_body(std::string_view chunk);

  /// Flagged, some rule looks at bodies, or mail is journaled. Asked when the header is complete.
  bool needs_body() const { return flag_seen_ || services_->config->policy.needs_body(); }

  const Services& services() const { return *services_; }
  const Config& config() const { return *services_->config; }
  bool flag_seen() const { return flag_seen_; }
  bool has_too_many_recipients() const { return too_many_recipients_; }
  /// Which limit was met ("header_count", "header_bytes"); "" for none. Fields behind it are not kept.
  const std::string& limits_exceeded() const { return limits_exceeded_; }
  const Envelope& envelope() const { return envelope_; }
  std::size_t declared_size() const { return declared_size_; }

  /// The message, handed over; once.
  Message take_message();

 private:
  void keep_only_flags(std::string_view name, std::string value);
  bool is_flag(std::string_view name) const;

  std::shared_ptr<const Services> services_;
  Envelope envelope_;
  std::size_t declared_size_;
  Headers headers_;
  std::size_t header_bytes_ = 0;
  std::size_t flags_behind_limit_ = 0;
  std::string limits_exceeded_;
  bool flag_seen_ = false;
  bool too_many_recipients_ = false;
  ByteBuffer body_;
};

}  // namespace pams::milter
