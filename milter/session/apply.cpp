#include "milter/session/apply.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

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

class Changes {
 public:
  Changes(SMFICTX* context, bool leading_space, const Envelope& envelope)
      : context_(context), leading_space_(leading_space), envelope_(envelope) {}

  Status mark_route(const std::string& token) const {
    return operator()(rules::AddHeader{std::string(rules::kRouteMarker), " " + token});
  }

  Status quarantine(const std::string& reason) const {
    const auto line = text::printable(reason.empty() ? "quarantined by rule" : reason, 200);
    return done(smfi_quarantine(context_, writable(line)), "quarantine");
  }

  // Done by the steps before.
  Status operator()(const rules::Archive&) const { return {}; }
  Status operator()(const rules::RouteVia&) const { return {}; }

  Status operator()(const rules::ReturnHeadersOnly&) const {
    const auto sender = "<" + envelope_.sender + ">";  // libmilter refuses an empty one
    std::string arguments = "RET=HDRS";
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
    const auto address = "<" + added.address + ">";
    return done(smfi_addrcpt(context_, writable(address)), "add-recipient");
  }

 private:
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
  const Envelope& envelope_;
};

}  // namespace

Result<Application::Applied> Application::carry_out(SMFICTX* context, bool leading_space,
                                                    const rules::Plan& plan, const Envelope& envelope,
                                                    const Routing::Ready& route) {
  const Changes changes(context, leading_space, envelope);
  Status status;
  if (!route.id().empty()) status = changes.mark_route(route.id());
  for (const auto& effect : plan.effects)
    status = status.and_then([&] { return std::visit(changes, effect); });
  if (plan.verdict == rules::Verdict::Quarantine)
    status = status.and_then([&] { return changes.quarantine(plan.reason); });
  return status.map([&] { return Applied(std::to_string(plan.effects.size())); });
}

}  // namespace pams::milter
