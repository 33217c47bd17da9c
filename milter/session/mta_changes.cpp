#include "milter/session/mta_changes.hpp"

#include <map>
#include <stdexcept>
#include <vector>

#include "milter/routing/route.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::session {
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

}  // namespace

Status MtaChanges::add_header(const std::string& name, const std::string& value) const {
  const auto given = given_back(value);
  return done(smfi_addheader(context_, writable(name), writable(given)), "add-header " + name);
}

Status MtaChanges::insert_header(const std::string& name, const std::string& value) const {
  const auto given = given_back(value);
  return done(smfi_insheader(context_, 0, writable(name), writable(given)), "insert-header " + name);
}

Status MtaChanges::change_header(const std::string& name, unsigned index, const std::string* value) const {
  const auto given = value == nullptr ? "" : given_back(*value);
  const int result = smfi_chgheader(context_, writable(name), static_cast<int>(index),
                                    value == nullptr ? nullptr : writable(given));
  return done(result, "change-header " + name);
}

Status MtaChanges::delete_all(const Headers& received) const {
  std::map<std::string, unsigned> counts;
  std::vector<unsigned> numbers;
  for (const auto& field : received.fields()) numbers.push_back(++counts[text::to_lower(field.name)]);
  Status status;
  for (auto i = numbers.size(); status && i-- > 0;)
    status = change_header(received.fields()[i].name, numbers[i], nullptr);
  return status;
}

Status MtaChanges::replace_body(std::string_view body) const {
  do {
    const auto piece = body.substr(0, kBodyPiece);
    auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
    if (smfi_replacebody(context_, bytes, static_cast<int>(piece.size())) != MI_SUCCESS)
      return done(MI_FAILURE, "replace-body");
    body.remove_prefix(piece.size());
  } while (!body.empty());
  return {};
}

Status MtaChanges::return_headers_only() const {
  const auto sender = "<" + message_.envelope().sender + ">";  // libmilter refuses an empty one
  std::string arguments = "RET=HDRS";
  // Sendmail forgets the old parameters; Postfix keeps them.
  if (is_sendmail() && !message_.envelope_id().empty()) arguments += " " + message_.envelope_id();
  return done(smfi_chgfrom(context_, writable(sender), arguments.data()), "RET=HDRS");
}

Status MtaChanges::quarantine(const std::string& reason) const {
  const auto line = text::printable(reason.empty() ? "quarantined by rule" : reason, 200);
  return done(smfi_quarantine(context_, writable(line)), "quarantine");
}

Status MtaChanges::add_recipient(const std::string& address) const {
  return add_recipient(suffix_.empty() ? address : routed(address), "");
}

/// First all of the new ones: at no time is there none.
Status MtaChanges::move_recipients() const {
  if (suffix_.empty()) return {};
  const auto& recipients = message_.envelope().recipients;
  Status status;
  for (std::size_t i = 0; status && i < recipients.size(); ++i)
    status = add_recipient(routed(recipients[i]),
                           parameters_with_origin(message_.recipient_parameters().at(i), recipients[i]));
  for (std::size_t i = 0; status && i < recipients.size(); ++i)
    status = done(smfi_delrcpt(context_, writable("<" + recipients[i] + ">")), "delete-recipient");
  return status;
}

std::string MtaChanges::routed(const std::string& address) const {
  auto moved = routing::routed_address(address, suffix_);
  if (!moved) throw std::logic_error("a recipient that the routing has not looked at");
  return std::move(*moved);
}

Status MtaChanges::add_recipient(const std::string& address, const std::string& parameters) const {
  const auto bracketed = "<" + address + ">";
  const int result = parameters.empty()
                         ? smfi_addrcpt(context_, writable(bracketed))
                         : smfi_addrcpt_par(context_, writable(bracketed), writable(parameters));
  return done(result, "add-recipient");
}

/// As the MTA wants it: folds as LF (CRLF would leave a stray CR), the leading blank by agreement.
std::string MtaChanges::given_back(const std::string& value) const {
  auto out = text::replace_all(value, "\r\n", "\n");
  if (!leading_space_ && out.starts_with(' ')) out.erase(0, 1);
  // Nothing that a rule makes can end a field; a value that would is a fault of ours.
  for (auto at = out.find_first_of("\r\n"); at != out.npos; at = out.find_first_of("\r\n", at + 1))
    if (out[at] == '\n' && (at + 1 == out.size() || (out[at + 1] != ' ' && out[at + 1] != '\t')))
      throw std::logic_error("a header value with a line of its own");
  return out;
}

}  // namespace pams::milter::session
