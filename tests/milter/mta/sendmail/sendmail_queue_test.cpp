#include "milter/mta/sendmail/sendmail_queue.hpp"

#include <boost/test/unit_test.hpp>

namespace pams::test {
namespace {

using milter::mta::has_recipient_below;
using milter::mta::parse_queue_file;

/// As Sendmail 8.17.1 wrote it.
constexpr std::string_view kDeferred =
    "V8\nT1795818682\nK1795818682\nN1\nP60826\nMDeferred: 451 4.4.1 refused\nFbdns\n$_localhost [127.0.0.1]\n"
    "S<alice@example.org>\nA\nMDeferred: 451 4.4.1 refused\nQrfc822;bob@client.example\n"
    "rRFC822; bob@client.example\nRPFD:<bob@client.example.pams.pams-route.invalid>\n"
    "H?P?Return-Path: <\x81g>\nH??Received: from a\n\tby b;\n\tdate\nH??X-PAMS-Sealed: v1; id=5d\nH??To: Bob\n.\n";

BOOST_AUTO_TEST_SUITE(sendmail_queue)

BOOST_AUTO_TEST_CASE(a_control_file_tells_who_waits_for_what) {
  const auto entry = parse_queue_file("qf6ARMVMjX011228", kDeferred);
  BOOST_TEST_REQUIRE(entry.has_value());
  const auto& message = entry->message;
  BOOST_TEST(message.id == "6ARMVMjX011228");
  BOOST_TEST(message.queue == "deferred");
  BOOST_TEST(message.sender == "alice@example.org");
  BOOST_TEST(message.recipients == std::vector<std::string>{"bob@client.example.pams.pams-route.invalid"},
             boost::test_tools::per_element());
  BOOST_TEST(message.reason == "Deferred: 451 4.4.1 refused");
  BOOST_TEST((message.since == std::chrono::sys_seconds(std::chrono::seconds(1795818682))));
  BOOST_TEST(entry->header.find("Received: from a\n\tby b;\n\tdate\nX-PAMS-Sealed: v1; id=5d\nTo: Bob\n") !=
             std::string::npos);
  BOOST_TEST(has_recipient_below({*entry}, "pams-route.invalid"));
  BOOST_TEST(!has_recipient_below({*entry}, "other.invalid"));
}

BOOST_AUTO_TEST_CASE(what_is_in_quarantine_and_what_is_new_say_so) {
  const auto held = parse_queue_file("hf1", "V8\nqrule 'M': held\nS<>\nRPFD:<a@b>\nH??To: a\n.\n");
  BOOST_TEST_REQUIRE(held.has_value());
  BOOST_TEST(held->message.queue == "quarantine");
  BOOST_TEST(held->message.reason == "in quarantine: rule 'M': held");
  BOOST_TEST(held->message.sender == "");
  BOOST_TEST(parse_queue_file("qf1", "V8\nS<a@b>\n.\n")->message.queue == "new");
}

BOOST_AUTO_TEST_CASE(half_a_file_and_other_files_are_no_messages) {
  BOOST_TEST(!parse_queue_file("df1", kDeferred).has_value());
  BOOST_TEST(!parse_queue_file("tf1", kDeferred).has_value());
  for (std::size_t size = 0; size + 2 < kDeferred.size(); ++size)
    BOOST_TEST(!parse_queue_file("qf1", kDeferred.substr(0, size)).has_value(), size);
  for (const auto* odd : {"R\n.\n", "R:\n.\n", "S\n.\n", "H?\n.\n", "H\n.\n", "T\n.\n", "\t\n.\n"})
    BOOST_TEST(parse_queue_file("qf1", odd).has_value(), odd);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pams::test
