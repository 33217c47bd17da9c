#include "milter/journal/submission.hpp"

#include <map>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/base/fd.hpp"

using namespace pams;
using namespace pams::milter;
using Outcome = milter::journal::Submitted::SubmissionStatus;

namespace {

using Answers = std::map<std::string, std::string>;

/// One conversation of an MTA whose answers the test chooses by verb; "" hangs up.
class ScriptedMta {
 public:
  explicit ScriptedMta(Answers answers) : answers_(std::move(answers)) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    BOOST_TEST_REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    BOOST_TEST_REQUIRE(::listen(listener_.get(), 1) == 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedMta() { end(); }
  ScriptedMta(const ScriptedMta&) = delete;
  ScriptedMta& operator=(const ScriptedMta&) = delete;

  milter::journal::Submitted submit(const std::string& content, bool has_8bit = false) {
    return submit([&](const Sink& sink) { return sink(content); }, has_8bit);
  }
  milter::journal::Submitted submit(const Producer& content, bool has_8bit = false) {
    auto submitted = milter::journal::submit(
        {"127.0.0.1:" + std::to_string(port_), "journal@example.org", has_8bit, content});
    end();
    return submitted;
  }
  std::string heard;  ///< all that the client said; read it after submit()

 private:
  void end() {
    if (thread_.joinable()) thread_.join();
  }
  bool say(int client, const std::string& verb, const std::string& usual) {
    const auto found = answers_.find(verb);
    const auto answer = found == answers_.end() ? usual : found->second;
    return !answer.empty() && ::send(client, (answer + "\r\n").data(), answer.size() + 2, MSG_NOSIGNAL) > 0;
  }
  /// The next line, or the whole message up to its dot.
  bool hear(int client, const std::string& until) {
    const auto from = heard.size();
    char byte = 0;
    while (::recv(client, &byte, 1, 0) == 1) {
      heard += byte;
      if (heard.size() - from >= until.size() && heard.ends_with(until)) return true;
    }
    return false;
  }
  void serve() {
    const Fd client(::accept(listener_.get(), nullptr, nullptr));
    if (!say(client.get(), "greeting", "220 here")) return;
    for (const auto& [verb, usual] : {std::pair<std::string, std::string>{"EHLO", "250-here\r\n250 8BITMIME"},
                                      {"MAIL", "250 fine"},
                                      {"RCPT", "250 fine"},
                                      {"DATA", "354 go on"}}) {
      if (!hear(client.get(), "\r\n") || !say(client.get(), verb, usual)) return;
    }
    if (!hear(client.get(), "\r\n.\r\n") || !say(client.get(), "end", "250 2.0.0 queued as 4Zq1")) return;
    hear(client.get(), "QUIT\r\n");
  }

  const std::map<std::string, std::string> answers_;
  Fd listener_;
  unsigned port_ = 0;
  std::thread thread_;
};

const std::string kText = "Subject: x\r\n\r\n.\r\n..\r\na\n.b\r\nlast\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(submission)

BOOST_AUTO_TEST_CASE(a_report_is_handed_over_with_the_null_sender_and_doubled_dots) {
  ScriptedMta mta(Answers{});
  const auto submitted = mta.submit(kText, true);
  BOOST_TEST((submitted.outcome == Outcome::Taken));
  BOOST_TEST(submitted.reply == "250 2.0.0 queued as 4Zq1");
  BOOST_TEST(mta.heard ==
             "EHLO localhost\r\nMAIL FROM:<> BODY=8BITMIME\r\nRCPT TO:<journal@example.org>\r\nDATA\r\n"
             "Subject: x\r\n\r\n..\r\n...\r\na\n..b\r\nlast\r\n.\r\nQUIT\r\n");
}

BOOST_AUTO_TEST_CASE(a_5xx_to_recipient_or_message_is_a_refusal_a_4xx_is_not) {
  const std::pair<std::string, std::string> refusals[] = {
      {"RCPT", "550 unknown"}, {"end", "554 no"}, {"DATA", "554 no"}};
  for (const auto& [verb, answer] : refusals)
    BOOST_TEST((ScriptedMta(Answers{{verb, answer}}).submit(kText).outcome == Outcome::Refused), verb);
  for (const auto* verb : {"RCPT", "DATA", "end"})
    BOOST_TEST((ScriptedMta(Answers{{verb, "451 later"}}).submit(kText).outcome == Outcome::Later), verb);
}

BOOST_AUTO_TEST_CASE(what_is_refused_before_the_recipient_is_no_word_about_the_report) {
  for (const auto* verb : {"greeting", "EHLO", "MAIL"})
    BOOST_TEST((ScriptedMta(Answers{{verb, "554 go away"}}).submit(kText).outcome == Outcome::Unreachable),
               verb);
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_off_or_talks_nonsense_is_tried_again) {
  for (const auto* answer : {"", "hello", "2", "abc def"}) {
    for (const auto* verb : {"RCPT", "DATA", "end"})
      BOOST_TEST((ScriptedMta(Answers{{verb, answer}}).submit(kText).outcome == Outcome::Later),
                 verb << " " << answer);
    BOOST_TEST((ScriptedMta(Answers{{"greeting", answer}}).submit(kText).outcome == Outcome::Unreachable),
               answer);
  }
}

BOOST_AUTO_TEST_CASE(a_report_that_cannot_be_read_to_its_end_is_not_ended_with_a_dot) {
  ScriptedMta mta(Answers{});
  const auto submitted = mta.submit([](const Sink& sink) {
    return sink("half\r\n").and_then([]() -> Status { return fail(Failure::Temporary, "a broken disk"); });
  });
  BOOST_TEST((submitted.outcome == Outcome::Later));
  BOOST_TEST(mta.heard.ends_with("DATA\r\n"));
}

BOOST_AUTO_TEST_CASE(nobody_listens) {
  BOOST_TEST(
      (milter::journal::submit({"127.0.0.1:1", "a@b", false, [](const Sink&) { return Status{}; }}).outcome ==
       Outcome::Unreachable));
}

BOOST_AUTO_TEST_SUITE_END()
