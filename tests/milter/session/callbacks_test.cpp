#include "milter/session/callbacks.hpp"

#include <memory>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "tests/support/gateway.hpp"
#include "tests/support/milter_client.hpp"
#include "tests/support/opened_carrier.hpp"
#include "tests/support/running_milter.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

constexpr std::string_view kOrdinary = "Subject: hello\n\nhello\n";
constexpr std::string_view kFlagged = "zivver-relay: relay-1\n\nsecret\n";
constexpr const char* kUnavailable = "451 4.3.0 Service temporarily unavailable";

const std::string kLooksAtBodies = R"(
[[transport_rule]]
name = "Looks at bodies"
[transport_rule.if]
subject_or_body_contains_words = ["never there"]
[[transport_rule.do]]
delete_message = {}
)";

/// Every NR_* bit; those of stages that are not sent included.
constexpr std::uint32_t kNoReplies = 0x80 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000 | 0x40000;
constexpr std::uint32_t kNoReplyToBody = 0x80000;
constexpr std::uint32_t kSkip = 0x400;

session::Evaluate throwing(const std::string& subject) {
  return [subject](const rules::Policy& policy, Message message, Envelope envelope, Client client,
                   std::string_view limits, const rules::EvaluationContext& context) {
    if (const auto* field = message.headers.find("Subject"); field && field->unfolded() == subject)
      throw std::runtime_error("a fault for the test");
    return rules::evaluate(policy, std::move(message), std::move(envelope), std::move(client), limits,
                           context);
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(callbacks)

BOOST_AUTO_TEST_CASE(nothing_is_answered_that_need_not_be) {
  const Gateway gateway(kLooksAtBodies);
  RunningMilter milter(gateway.services());
  const MilterClient client(gateway.socket());
  BOOST_TEST((client.steps() & (kNoReplies | kNoReplyToBody)) == (kNoReplies | kNoReplyToBody));
  BOOST_TEST(client.macros_asked_for().find("{cert_subject}") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_body_that_nobody_needs_is_skipped_at_its_first_chunk) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterClient client(gateway.socket());
  BOOST_TEST((client.steps() & kNoReplyToBody) == 0U);
  client.connect();
  client.mail("ann@example.org", "SIZE=200000");
  client.recipient("bob@example.net");
  client.header("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x')) == 's');
  BOOST_TEST(client.end_of_message().kind == 'c');
  client.mail("ann@example.org", "SIZE=200000");
  client.recipient("bob@example.net");
  client.header("zivver-relay", "relay-1");
  BOOST_TEST(client.body(std::string(200000, 'x')) == 'c');
  BOOST_TEST(client.end_of_message().kind == 'c');
}

BOOST_AUTO_TEST_CASE(an_mta_without_skip_sends_all_of_it_and_is_answered) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterClient client(gateway.socket(), Offer{.steps = 0x1fffff & ~kSkip});
  client.connect();
  client.mail("ann@example.org");
  client.recipient("bob@example.net");
  BOOST_TEST(client.body(std::string(200000, 'x')) == 'c');
  BOOST_TEST(client.end_of_message().kind == 'c');
}

BOOST_AUTO_TEST_CASE(an_old_mta_that_waits_for_every_answer_gets_them) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterClient client(gateway.socket(), Offer{.steps = 0x7f});
  BOOST_TEST(client.connect() == 'c');
  BOOST_TEST(is_sealed(client.send("ann@example.org", {"bob@example.net"}, kFlagged)));
}

BOOST_AUTO_TEST_CASE(an_mta_that_cannot_change_headers_is_refused) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  constexpr std::uint32_t kChangeHeaders = 0x10;
  BOOST_CHECK_THROW(MilterClient(gateway.socket(), Offer{.actions = 0x1ff & ~kChangeHeaders}), HangUp);
  BOOST_TEST(!milter.line_with("event=mta_unfit").empty());
}

BOOST_AUTO_TEST_CASE(a_fault_in_the_evaluation_defers_that_message_and_no_other) {
  const Gateway gateway;
  const auto services = gateway.services();
  services->evaluate = throwing("poison");
  RunningMilter milter(services);
  MilterClient client(gateway.socket());
  client.connect();
  const auto ending =
      client.send("ann@example.org", {"bob@example.net"}, "Subject: poison\nzivver-relay: relay-1\n\nb\n");
  BOOST_TEST(ending.text == kUnavailable);
  BOOST_TEST(ending.modifications.empty());
  BOOST_TEST(milter.line_with("event=exception").find("a fault for the test") != std::string::npos);
  BOOST_TEST(client.send("ann@example.org", {"bob@example.net"}, kOrdinary).kind == 'c');
}

BOOST_AUTO_TEST_CASE(an_aborted_message_leaves_nothing_to_the_next_one) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterClient client(gateway.socket());
  client.connect();
  client.mail("ann@example.org", "SIZE=18446744073709551615");
  client.recipient("bob@example.net");
  client.header("zivver-relay", "relay-1");
  client.body(std::string(100000, 'x'));
  client.abort();
  BOOST_TEST(client.send("ann@example.org", {"bob@example.net"}, kOrdinary).modifications.empty());
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_in_a_body_harms_no_other) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  {
    MilterClient client(gateway.socket());
    client.connect();
    client.mail("ann@example.org");
    client.recipient("bob@example.net");
    client.header("zivver-relay", "relay-1");
    client.body(std::string(100000, 'x'));
  }
  MilterClient client(gateway.socket());
  client.connect();
  BOOST_TEST(client.send("ann@example.org", {"bob@example.net"}, kFlagged).kind == 'c');
}

/// Commands in an order that no MTA sends: the milter hangs up or goes on, and releases nothing.
BOOST_AUTO_TEST_CASE(commands_in_a_wrong_order_release_nothing) {
  const Gateway gateway(kLooksAtBodies);  // chunks are not answered: a 'c' is the end of a message
  RunningMilter milter(gateway.services());
  const std::vector<std::string> sequences{"E",     "BE",     "LE",   "NE",    "RE",  "MME",  "MLE",
                                           "MNBE",  "MRLMLE", "CMRE", "DE",    "OE",  "MRDE", "XE",
                                           "MRLAE", "RLBE",   "KE",   "MRBLE", "MROE"};
  for (const auto& sequence : sequences) {
    MilterClient client(gateway.socket());
    try {
      for (const char command : sequence) {
        if (command == 'M')
          client.mail("ann@example.org");
        else if (command == 'R')
          client.recipient("bob@example.net");
        else if (command == 'L')
          client.header("zivver-relay", "relay-1");
        else if (command == 'C')
          client.connect();
        else if (command == 'B')
          client.raw('B', "body");
        else
          client.raw(command);
      }
      client.quit();
      for (bool marked = false;;) {
        const auto [answer, data] = client.receive();
        marked = marked || answer == 'h';
        const bool flagged = sequence.find('L') != std::string::npos;
        BOOST_TEST_CONTEXT(sequence) BOOST_TEST((answer != 'c' || marked || !flagged));
      }
    } catch (const HangUp&) {  // NOLINT(bugprone-empty-catch): a fine answer
    }
  }
  MilterClient client(gateway.socket());
  client.connect();
  BOOST_TEST(client.send("ann@example.org", {"bob@example.net"}, kFlagged).kind == 'c');
}

BOOST_AUTO_TEST_CASE(two_hundred_idle_connections_keep_nobody_waiting) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  std::vector<std::unique_ptr<MilterClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<MilterClient>(gateway.socket()));
    clients.back()->connect();
  }
  for (const auto& client : clients)
    BOOST_TEST(client->send("ann@example.org", {"bob@example.net"}, kFlagged).kind == 'c');
}

BOOST_AUTO_TEST_CASE(sasl_makes_a_foreign_peer_trusted_and_only_for_that_message) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterClient client(gateway.socket());
  client.connect("192.0.2.1");
  client.mail("ann@example.org", "", {{"{auth_authen}", "ann"}});
  client.recipient("bob@example.net");
  client.header("zivver-relay", "relay-1");
  client.body("b\r\n");
  BOOST_TEST(client.end_of_message().kind == 'c');
  BOOST_TEST(client.send("ann@example.org", {"bob@example.net"}, kFlagged).text.starts_with("451 4.7.1"));
}

BOOST_AUTO_TEST_CASE(mail_of_the_sendmail_command_comes_without_brackets_and_is_local) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterClient client(gateway.socket());
  client.connect("127.0.0.1");
  client.raw('M', std::string("ann@example.org\0", 16));
  client.raw('R', std::string("bob@example.net\0", 16));
  client.header("zivver-relay", "relay-1");
  client.body("b\r\n");
  const auto ending = client.end_of_message();
  BOOST_TEST(ending.kind == 'c');
  BOOST_REQUIRE(ending.first('e') != nullptr);
  BOOST_TEST(ending.first('e')->data == "<ann@example.org>|RET=HDRS");
}

BOOST_AUTO_TEST_SUITE_END()
