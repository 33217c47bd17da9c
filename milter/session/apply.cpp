#include "milter/session/apply.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "milter/connector/route.hpp"
#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"

namespace pams::milter {
namespace {

/// libmilter takes char* where it only reads.
char* writable(const std::string& s) { return const_cast<char*>(s.c_str()); }

Status done(int result, const std::string& deed) {
  if (result == MI_SUCCESS) return {};
  return fail(Failure::Temporary, "the MTA did not take: " + deed);
}

/// RFC 3461 4: text that may stand in a parameter.
std::string xtext(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c >= '!' && c <= '~' && c != '+' && c != '=')
      out += c;
    else
      out += {'+', "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4U],
              "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15U]};
  return out;
}

/// With an ORCPT, so that no notice shows the suffix as what the sender has written (RFC 3461 4.2).
std::string parameters_with_origin(const std::string& parameters, const std::string& address) {
  for (const auto word : text::split(parameters, ' '))
    if (text::istarts_with(word, "ORCPT=")) return parameters;
  return parameters + (parameters.empty() ? "" : " ") + "ORCPT=rfc822;" + xtext(address);
}

class Changes {
 public:
  Changes(SMFICTX* context, bool leading_space, const Transaction& message, const std::string& route)
      : context_(context), leading_space_(leading_space), message_(message), route_(route) {}

  Status take_route() const {
    if (route_.empty()) return {};
    if (is_sendmail()) return move_recipients();
    return operator()(rules::AddHeader{std::string(rules::kRouteMarker), " " + route_});
  }

  Status quarantine(const std::string& reason) const {
    const auto line = text::printable(reason.empty() ? "quarantined by rule" : reason, 200);
    return done(smfi_quarantine(context_, writable(line)), "quarantine");
  }

  // Done by the steps before.
  Status operator()(const rules::Archive&) const { return {}; }
  Status operator()(const rules::RouteVia&) const { return {}; }

  Status operator()(const rules::ReturnHeadersOnly&) const {
    const auto sender = "<" + message_.envelope().sender + ">";  // libmilter refuses an empty one
    std::string arguments = "RET=HDRS";
    // Sendmail forgets the old parameters; Postfix keeps them.
    if (is_sendmail() && !message_.envelope_id().empty()) arguments += " " + message_.envelope_id();
    return done(smfi_chgfrom(context_, writable(sender), arguments.data()), "RET=HDRS");
  }

  Status operator()(const rules::ChangeHeader& change) const {
    const auto value = change.value ? given_back(*change.value) : "";
    const int result = smfi_chgheader(context_, writable(change.name), static_cast<int>(change.index),
                                      change.value ? writable(value) : nullptr);
    return done(result, "change-header " + change.name);
  }

  Status operator()(const rules::AddHeader& added) const {
    const auto value = given_back(added.value);
    return done(smfi_addheader(context_, writable(added.name), writable(value)), "add-header " + added.name);
  }

  Status operator()(const rules::InsertHeader& inserted) const {
    const auto value = given_back(inserted.value);
    return done(smfi_insheader(context_, 0, writable(inserted.name), writable(value)),
                "insert-header " + inserted.name);
  }

  Status operator()(const rules::ReplaceBody& replaced) const {
    auto rest = replaced.body.view();
    do {
      const auto piece = rest.substr(0, kBodyPiece);
      auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
      if (smfi_replacebody(context_, bytes, static_cast<int>(piece.size())) != MI_SUCCESS)
        return done(MI_FAILURE, "replace-body");
      rest.remove_prefix(piece.size());
    } while (!rest.empty());
    return {};
  }

  Status operator()(const rules::AddRecipient& added) const {
    if (!is_sendmail() || route_.empty()) return add_recipient(added.address, "");
    return add_recipient(routed(added.address), "");
  }

 private:
  bool is_sendmail() const { return message_.config().settings.mta == MtaKind::Sendmail; }

  std::string routed(const std::string& address) const {
    auto moved = routed_address(address, route_);
    if (!moved) throw std::logic_error("a recipient that the routing has not looked at");
    return std::move(*moved);
  }

  /// Each recipient as the connector's mailer knows it. First all of the new ones: at no time is there none.
  Status move_recipients() const {
    const auto& recipients = message_.envelope().recipients;
    Status status;
    for (std::size_t i = 0; i < recipients.size(); ++i)
      status = status.and_then([&] {
        return add_recipient(routed(recipients[i]),
                             parameters_with_origin(message_.recipient_parameters().at(i), recipients[i]));
      });
    for (const auto& recipient : recipients)
      status = status.and_then(
          [&] { return done(smfi_delrcpt(context_, writable("<" + recipient + ">")), "delete-recipient"); });
    return status;
  }

  Status add_recipient(const std::string& address, const std::string& parameters) const {
    const auto bracketed = "<" + address + ">";
    const int result = parameters.empty()
                           ? smfi_addrcpt(context_, writable(bracketed))
                           : smfi_addrcpt_par(context_, writable(bracketed), writable(parameters));
    return done(result, "add-recipient");
  }

  /// As the MTA wants it: folds as LF (CRLF would leave a stray CR), the leading blank by agreement.
  std::string given_back(const std::string& value) const {
    auto out = text::replace_all(value, "\r\n", "\n");
    if (!leading_space_ && out.starts_with(' ')) out.erase(0, 1);
    // Nothing that a rule makes can end a field; a value that would is a fault of ours.
    for (auto at = out.find_first_of("\r\n"); at != out.npos; at = out.find_first_of("\r\n", at + 1))
      if (out[at] == '\n' && (at + 1 == out.size() || (out[at + 1] != ' ' && out[at + 1] != '\t')))
        throw std::logic_error("a header value with a line of its own");
    return out;
  }

  SMFICTX* context_;
  bool leading_space_;
  const Transaction& message_;
  const std::string& route_;
};

}  // namespace

Result<Application::Applied> Application::carry_out(SMFICTX* context, bool leading_space,
                                                    const rules::Plan& plan, const Transaction& message,
                                                    const Routing::Ready& route) {
  const Changes changes(context, leading_space, message, route.id());
  auto status = changes.take_route();
  for (const auto& effect : plan.effects)
    status = status.and_then([&] { return std::visit(changes, effect); });
  if (plan.verdict == rules::Verdict::Quarantine)
    status = status.and_then([&] { return changes.quarantine(plan.reason); });
  return status.map([&] { return Applied(std::to_string(plan.effects.size())); });
}

}  // namespace pams::milter
