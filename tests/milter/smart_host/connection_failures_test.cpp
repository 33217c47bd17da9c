// What the other side may do to a connection that is being opened or is in use, and how it is given up.
#include <future>

#include <boost/test/unit_test.hpp>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "milter/base/fd.hpp"
#include "rules/base/text.hpp"
#include "tests/milter/smart_host/connection_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;
using Site = SmartHostSite;

namespace {

struct Cancel {
  Fd event{eventfd(0, EFD_CLOEXEC)};
  void now() const { eventfd_write(event.get(), 1); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(connection_failures)

struct Misdeed {
  Stage stage;
  TlsPeer::Answer answer;
  std::string told;  ///< the stage, in the error
};

std::vector<Misdeed> misdeeds() {
  const std::vector<std::pair<Stage, std::string>> stages{
      {Stage::Greeting, "ehlo"}, {Stage::Ehlo, "ehlo"},        {Stage::StartTls, "starttls"},
      {Stage::Handshake, "tls"}, {Stage::EhloOverTls, "size"}, {Stage::Auth, "auth"}};
  const auto binary = std::string("\0\x01\xff", 3);
  std::vector<Misdeed> out;
  for (const auto& [stage, told] : stages) {
    for (const auto then : {Then::Hang, Then::Close, Then::Drip, Then::Flood})
      out.push_back({stage, {"", then}, told});
    for (const auto& reply : {binary + "garbage", std::string(100'000, 'x'), std::string("2")})
      out.push_back({stage, {reply}, told});
  }
  return out;
}

/// What open() says of a host that does it; "" = it opened.
std::string outcome_of(const Misdeed& misdeed) {
  auto script = with_user();
  script.answers[misdeed.stage] = misdeed.answer;
  Site site(std::move(script));
  site.connector.username = "gateway";
  site.settings.password = "s3cret word";
  // Long enough for a busy machine to reach the stage, for all at the same time.
  const bool waits = misdeed.answer.then == Then::Hang || misdeed.answer.then == Then::Drip;
  const auto opened = site.open(waits ? in(std::chrono::seconds(4)) : ample());
  if (opened || opened.error().failure != Failure::Temporary) return "";
  return opened.error().what.substr(site.connector.smart_hosts[0].address().size());
}

BOOST_AUTO_TEST_CASE(whatever_the_other_side_does_it_ends_with_the_stage_named) {
  const auto all = misdeeds();
  std::vector<std::future<std::string>> outcomes;
  for (const auto& misdeed : all)
    outcomes.push_back(std::async(std::launch::async, outcome_of, std::cref(misdeed)));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto outcome = outcomes[i].get();
    BOOST_TEST_INFO("then " << static_cast<int>(all[i].answer.then) << ", reply "
                            << text::printable(all[i].answer.reply, 20));
    BOOST_TEST(outcome.starts_with(": " + all[i].told + ": "), "wanted " << all[i].told << ": " << outcome);
  }
}

BOOST_AUTO_TEST_CASE(a_cancellation_ends_open_at_any_stage) {
  for (const auto stage :
       {Stage::Greeting, Stage::Ehlo, Stage::StartTls, Stage::Handshake, Stage::EhloOverTls}) {
    Site site(at(stage, {"", Then::Hang}));
    const Cancel cancel;
    site.settings.cancellation.descriptor = cancel.event.get();
    auto opening = std::async(std::launch::async, [&] { return Site::failure(site.open()); });
    site.peer.wait_for(stage);
    cancel.now();
    const auto failure = opening.get();
    BOOST_TEST(contains(failure, "cancelled"), failure);
  }
}

BOOST_AUTO_TEST_CASE(what_is_cancelled_beforehand_never_connects) {
  Site site;
  const Cancel cancel;
  cancel.now();
  site.settings.cancellation.descriptor = cancel.event.get();
  BOOST_TEST(contains(Site::failure(site.open()), ": resolve: cancelled"));
  BOOST_TEST(site.peer.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_client_cancels_by_hanging_up_not_by_sending) {
  Site site;
  int pair[2];
  BOOST_TEST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  const Fd ours(pair[0]);
  Fd client(pair[1]);
  site.settings.cancellation.client = ours.get();
  BOOST_TEST_REQUIRE(send(client.get(), "QUIT\r\n", 6, 0) == 6);
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  { const Fd gone = std::move(client); }
  const auto reply = opened->command("MAIL FROM:<a@x>", ample());
  BOOST_TEST_REQUIRE(!reply.has_value());
  BOOST_TEST(reply.error().what == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_cancellation_ends_the_wait_for_a_reply_and_all_that_follows) {
  const Site site(at(Stage::EndOfData, {"", Then::Hang}));
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  const Cancel cancel;
  opened->cancel_on({cancel.event.get(), -1});
  for (const auto* line : {"MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"})
    BOOST_TEST_REQUIRE(opened->command(line, ample()).has_value());
  BOOST_TEST_REQUIRE(opened->send("Subject: x\r\n\r\ny\r\n.\r\n", ample()).has_value());
  auto waiting = std::async(std::launch::async, [&] { return opened->read_reply(ample()); });
  site.peer.wait_for(Stage::EndOfData);
  cancel.now();
  const auto reply = waiting.get();
  BOOST_TEST_REQUIRE(!reply.has_value());
  BOOST_TEST((reply.error().failure == Failure::Temporary));
  BOOST_TEST(reply.error().what == "cancelled");
  opened->cancel_on({});
  BOOST_TEST(!opened->is_usable());
  BOOST_TEST(!opened->command("RSET", ample()).has_value());
}

BOOST_AUTO_TEST_CASE(who_reads_no_content_stops_neither_deadline_nor_cancellation) {
  const Site site(at(Stage::Content, {"", Then::Hang}));
  const std::string content(64U << 20U, 'x');
  for (const bool cancels : {false, true}) {
    auto opened = site.open();
    BOOST_TEST_REQUIRE(Site::failure(opened) == "");
    const Cancel cancel;
    opened->cancel_on({cancel.event.get(), -1});
    for (const auto* line : {"MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"})
      BOOST_TEST_REQUIRE(opened->command(line, ample()).has_value());
    auto sending = std::async(std::launch::async, [&] {
      return opened->send(content, cancels ? ample() : in(std::chrono::milliseconds(300)));
    });
    if (cancels) {
      site.peer.wait_for(Stage::Content, 2);
      cancel.now();
    }
    const auto sent = sending.get();
    BOOST_TEST_REQUIRE(!sent.has_value());
    BOOST_TEST(sent.error().what == (cancels ? "cancelled" : "no answer in time"));
  }
}

BOOST_AUTO_TEST_CASE(large_content_arrives_byte_for_byte) {
  const Site site;
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  for (const auto* line : {"MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"})
    BOOST_TEST_REQUIRE(opened->command(line, ample()).has_value());
  std::string content;
  for (unsigned i = 0; content.size() < (5U << 20U); ++i)
    content += std::to_string(i * 2654435761U) + std::string("\0\xe9\xff", 3) + "\r\n";
  BOOST_TEST_REQUIRE(opened->send(content, ample()).has_value());
  BOOST_TEST_REQUIRE(opened->send(".\r\n", ample()).has_value());
  BOOST_TEST(opened->read_reply(ample()).value().code == 250);
  const auto messages = site.peer.messages();
  BOOST_TEST_REQUIRE(messages.size() == 1U);
  BOOST_TEST((messages[0].content == content));
  BOOST_TEST(messages[0].over_tls);
  BOOST_TEST(messages[0].accepted);
}

BOOST_AUTO_TEST_CASE(a_late_answer_is_never_that_to_another_command) {
  Site site(at(Stage::Mail, {"", Then::Hang}));
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(!opened->command("MAIL FROM:<a@x>", in(std::chrono::milliseconds(50))).has_value());
  const auto next = opened->command("RSET", ample());
  BOOST_TEST_REQUIRE(!next.has_value());
  BOOST_TEST(next.error().what == "the connection has failed before");
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_usable_until_the_host_says_something_or_hangs_up) {
  Site site;
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(opened->is_usable());
  site.peer.hang_up();
  pollfd gone{opened->descriptor(), POLLIN, 0};
  BOOST_TEST_REQUIRE(poll(&gone, 1, 30'000) == 1);
  BOOST_TEST(!opened->is_usable());

  auto chatty = site.open();
  BOOST_TEST_REQUIRE(Site::failure(chatty) == "");
  site.peer.answer(Stage::Rset, {"", Then::GoOn, "421 4.4.2 idle for too long\r\n"});
  BOOST_TEST(chatty->command("RSET", ample()).has_value());
  BOOST_TEST(!chatty->is_usable());
}

BOOST_AUTO_TEST_CASE(quit_ends_it_whatever_is_answered) {
  const Site site(at(Stage::Quit, {"500 stay"}));
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  opened->quit(ample());
  BOOST_TEST(site.peer.told_over_tls().back() == "QUIT");
  BOOST_TEST(!opened->is_usable());
}

BOOST_AUTO_TEST_SUITE_END()
