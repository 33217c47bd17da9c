#include "rules/actions/action.hpp"

namespace pams::rules {
namespace {

Result<Step> compile(const schema::Args& args) {
  if (args.text("connector").empty())
    return fail(Failure::Misconfigured, "the name of the connector is empty");
  return Step([connector = args.text("connector")](Draft& draft) -> Result<std::string> {
    if (!draft.connector) draft.connector = connector;
    if (*draft.connector == connector) return "routed via " + connector;
    // One message, one connector: the flag's, else the first rule's.
    auto note = "not routed via " + connector + ": " +
                (draft.mail.is_flagged() ? "flagged, leaves" : "leaves") + " via " + *draft.connector;
    draft.notes.push_back(note);
    return note;
  });
}

constexpr schema::Param kParams[] = {
    {.key = "connector",
     .type = schema::Type::Text,
     .doc = "Name of an [[outbound_connector]].",
     .required = true},
};
constexpr ActionExample kExamples[] = {
    {R"("Partner")", "Subject: a\n\n", "= connector Partner"},
};

}  // namespace

extern constinit const Action route_message_outbound_connector{
    .name = "route_message_outbound_connector",
    .exchange = "RouteMessageOutboundConnector",
    .summary = "Sends the message through an outbound connector.",
    .needs_body = true,
    .edits_content = false,
    .keys = {.connector = "connector"},
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
