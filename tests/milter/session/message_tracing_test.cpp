#include "milter/session/message_tracing.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/support/files.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/milter_client.hpp"
#include "tests/support/running_milter.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

constexpr std::string_view kFlagged =
    "From: ann@example.org\n"
    "Subject: offer\n"
    "Message-Id: <1@example.org>\n"
    "zivver-relay: relay-1\n"
    "\n"
    "secret\n";

/// A line a message, in the file before record() returns: the milter is another process.
class TraceToFile : public trace::TraceSink {
 public:
  explicit TraceToFile(std::string path) : path_(std::move(path)) {}
  void record(trace::MessageTrace message) noexcept override {
    std::ofstream(path_, std::ios::app)
        << message.queue_id << ' ' << message.message_id << ' ' << message.subject << ' '
        << to_string(message.status) << " class=" << message.message_class
        << " route=" << (message.route ? message.route->connector : "none") << " reply=" << message.reply
        << " last=" << message.events.back().text << '\n';
  }
  void stop(std::chrono::milliseconds) override {}

 private:
  std::string path_;
};

class FaultyArchive : public archive::ArchiveStore {
 public:
  Result<std::unique_ptr<Prepared>> prepare(const archive::ArchiveRecord&) override {
    throw std::runtime_error("broken");
  }
  Result<bool> mark(const archive::ArchivedTry&, archive::RecordOutcome, const std::string&) override {
    return false;
  }
};

/// A gateway whose trace is a file of lines.
struct Traced {
  explicit Traced(const std::string& rules = "") : gateway(rules), services(gateway.services()) {
    services->trace = std::make_shared<TraceToFile>(path());
  }
  std::string path() const { return gateway.socket() + ".trace"; }
  std::string lines() const { return pams::test::read_file(path()); }

  Ending send(std::string_view eml, const std::vector<std::string>& to = {"bob@example.net"}) {
    RunningMilter milter(services);
    MilterClient client(gateway.socket());
    client.connect("127.0.0.1");
    return client.send("ann@example.org", to, eml);
  }

  Gateway gateway;
  std::shared_ptr<session::Services> services;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(message_tracing)

BOOST_AUTO_TEST_CASE(an_accepted_message_is_in_the_trace_before_the_mta_has_its_answer) {
  Traced traced;
  BOOST_TEST(traced.send(kFlagged).kind == 'c');
  BOOST_TEST(traced.lines() ==
             "4Zq1 <1@example.org> offer Pending class=flagged route=Zivver reply= last=250\n");
}

BOOST_AUTO_TEST_CASE(a_refused_message_is_traced_with_the_answer_and_the_reason) {
  Traced traced;
  traced.services->route_guard = std::make_shared<RoutingIs>(false);
  BOOST_TEST(traced.send(kFlagged).kind == 'y');
  BOOST_TEST(traced.lines().find("Deferred class=flagged route=Zivver reply=451 4.7.1 Secure delivery") !=
             std::string::npos);
  BOOST_TEST(traced.lines().find("milter_header_checks is not set") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_message_whose_evaluation_throws_is_traced_as_deferred) {
  Traced traced;
  traced.services->evaluate = [](const rules::Policy&, const Message&, const Envelope&, const Client&,
                                 std::string_view, const rules::EvaluationContext&) -> rules::Plan {
    throw std::runtime_error("broken");
  };
  BOOST_TEST(traced.send(kFlagged).text == "451 4.3.0 Service temporarily unavailable");
  BOOST_TEST(traced.lines().find("<1@example.org> offer Deferred class= route=none reply=451 4.3.0") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_fault_after_the_decision_is_traced_as_deferred_with_what_was_decided) {
  Traced traced(kArchiveFlagged);
  traced.services->archives["compliance"] = std::make_shared<FaultyArchive>();
  BOOST_TEST(traced.send(kFlagged).text == "451 4.3.0 Service temporarily unavailable");
  BOOST_TEST(traced.lines().find("offer Deferred class=flagged route=Zivver reply=451 4.3.0") !=
             std::string::npos);
  BOOST_TEST(traced.lines().find("(a fault, see the log)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_message_whose_end_throws_has_no_line_of_its_own_in_the_log) {
  const Gateway gateway(kArchiveFlagged);
  const auto services = gateway.services();
  services->archives["compliance"] = std::make_shared<FaultyArchive>();
  RunningMilter milter(services);
  MilterClient client(gateway.socket());
  client.connect("127.0.0.1");
  BOOST_TEST(client.send("ann@example.org", {"bob@example.net"}, kFlagged).kind == 'y');
  BOOST_TEST(client.send("ann@example.org", {"bob@example.net"}, "Subject: x\n\nb\n").kind == 'c');
  BOOST_TEST(milter.line_with("event=message").find("class=outbound") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_message_with_too_many_recipients_is_traced_with_its_subject) {
  Traced traced;  // its limit is 3
  const auto ending =
      traced.send(kFlagged, {"a@example.net", "b@example.net", "c@example.net", "d@example.net"});
  BOOST_TEST(ending.text == "452 4.5.3 Too many recipients");
  BOOST_TEST(traced.lines().find("offer Deferred class= route=none reply=452 4.5.3") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_message_that_a_rule_drops_is_traced_as_failed) {
  Traced traced("[[transport_rule]]\nname = \"Drop\"\n[[transport_rule.do]]\ndelete_message = true\n");
  BOOST_TEST(traced.send("Subject: hello\n\nhello\n").kind == 'd');
  BOOST_TEST(traced.lines().find("hello Failed class=outbound") != std::string::npos);
  BOOST_TEST(traced.lines().find("accepted and dropped by a rule") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
