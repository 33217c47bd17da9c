#include "milter/session/transaction.hpp"

#include <algorithm>
#include <utility>

#include "rules/base/text.hpp"
#include "rules/policy/hidden_flag.hpp"

namespace pams::milter::session {
namespace {

/// SIZE= is the client's word: room for more than this is made only when the bytes come.
constexpr std::size_t kMaxReserved = std::size_t{256} << 20U;

// What is stored after a header limit is for finding the flag, not for sending on.
constexpr std::size_t kMaxFlagsAfterLimit = 8;
constexpr std::size_t kMaxFlagBytes = 256;

}  // namespace

Transaction::Transaction(std::shared_ptr<const Services> services, std::string sender,
                         std::size_t declared_size)
    : services_(std::move(services)), declared_size_(declared_size) {
  envelope_.sender = std::move(sender);
}

void Transaction::add_recipient(std::string address, std::string parameters) {
  if (envelope_.recipients.size() >= config().policy.limits.recipients) {
    too_many_recipients_ = true;
    return;
  }
  envelope_.recipients.push_back(std::move(address));
  recipient_parameters_.push_back(std::move(parameters));
}

void Transaction::add_header(std::string_view name, std::string value) {
  // "zivver-relay : x" is the field zivver-relay (RFC 5322 4.5.3), whether or not the MTA has fixed it.
  name = text::trim_right(name);
  if (is_flag(name)) flag_seen_ = true;
  if (text::iequals(name, rules::kSealedHeader)) seal_seen_ = true;
  const auto& limits = config().policy.limits;
  header_bytes_ += name.size() + value.size() + 3;  // ":" and CRLF
  if (limits_exceeded_.empty()) {
    if (headers_.fields().size() >= limits.header_count)
      limits_exceeded_ = "header_count";
    else if (header_bytes_ > limits.header_bytes)
      limits_exceeded_ = "header_bytes";
  }
  if (!limits_exceeded_.empty()) return keep_only_flags(name, std::move(value));
  headers_.append({std::string(name), std::move(value)});
}

void Transaction::keep_only_flags(std::string_view name, std::string value) {
  if (!is_flag(name) || flags_after_limit_ >= kMaxFlagsAfterLimit) return;
  ++flags_after_limit_;
  value.resize(std::min(value.size(), kMaxFlagBytes));
  headers_.append({std::string(name), std::move(value)});
}

bool Transaction::is_flag(std::string_view name) const {
  return text::iequals(name, config().policy.pams.header);
}

void Transaction::begin_body(std::string_view chunk) {
  if (std::exchange(body_begun_, true) || flag_seen_) return;
  flag_hidden_ = rules::hidden_flag(headers_, chunk, config().policy.pams.header).has_value();
}

void Transaction::add_body(std::string_view chunk) {
  if (body_.view().empty()) body_.reserve(std::max(chunk.size(), std::min(declared_size_, kMaxReserved)));
  body_.append(chunk);
}

Message Transaction::take_message() {
  auto body = std::make_shared<const ByteBuffer>(std::move(body_));
  const auto view = body->view();
  return {std::move(headers_), SharedBytes(std::move(body), view)};
}

}  // namespace pams::milter::session
