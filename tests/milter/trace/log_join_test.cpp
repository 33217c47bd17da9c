// What the trace shows when the MTA's log has told its part; forms of the lines as a real Postfix wrote them.
#include "milter/trace/log_join.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/milter/trace/trace_fixture.hpp"

using namespace pams::milter::trace;
using namespace pams::test;

namespace {

constexpr std::string_view kRest = ", delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=";
constexpr std::string_view kVerified =
    "postfix/pams/smtp[20]: Verified TLS connection established to smart.example[1.2.3.4]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)";

/// "postfix/pams/smtp[20]: 8A3DAA7A068: to=<bob@b.example>, relay=..., status=sent (250 2.0.0 taken)"
std::string attempt(std::string_view service, std::string_view queue_id, std::string_view to,
                    std::string_view relay, std::string_view result) {
  std::string line(service);
  line.append(": ").append(queue_id).append(": to=<").append(to).append("relay=").append(relay);
  return line.append(kRest).append(result);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(log_join, TraceFixture)

BOOST_AUTO_TEST_CASE(a_message_that_the_log_has_not_told_of_is_pending) {
  write(message("8A3DAA7A068", {"bob@b.example"}));
  BOOST_TEST(fates() == "bob@b.example Pending||\n");
}

BOOST_AUTO_TEST_CASE(sent_with_verified_tls_is_delivered_for_every_recipient_of_the_connection) {
  write(flagged("8A3DAA7A068", {"bob@b.example", "carol@example.org"}));
  log({"postfix/qmgr[1]: 8A3DAA7A068: from=<anna@example.org>, size=377, nrcpt=2 (queue active)", kVerified,
       attempt("postfix/pams/smtp[20]", "8A3DAA7A068", "bob@b.example>, ", "smart.example[1.2.3.4]:25",
               "sent (250 2.0.0 taken)"),
       attempt("postfix/pams/smtp[20]", "8A3DAA7A068", "carol@example.org>, ", "smart.example[1.2.3.4]:25",
               "sent (250 2.0.0 taken)"),
       "postfix/qmgr[1]: 8A3DAA7A068: removed"});
  BOOST_TEST(fates() ==
             "bob@b.example Delivered|250 2.0.0 taken|Verified TLSv1.3\n"
             "carol@example.org Delivered|250 2.0.0 taken|Verified TLSv1.3\n");
  BOOST_TEST(kinds() == "RECEIVE REPLY SEND SEND");
}

BOOST_AUTO_TEST_CASE(the_next_message_of_the_process_has_tls_only_when_the_log_says_so_again) {
  write(message("8A3DAA7A068", {"bob@b.example"}));
  write(message("8A3DAA7A069", {"bob@b.example"}));
  const std::string relay = "smart.example[1.2.3.4]:25";
  log({kVerified, attempt("postfix/pams/smtp[20]", "8A3DAA7A068", "bob@b.example>, ", relay, "sent (250 ok)"),
       attempt("postfix/pams/smtp[20]", "8A3DAA7A069", "bob@b.example>, ", relay, "sent (250 ok)")});
  BOOST_TEST(fates() ==
             "bob@b.example Delivered|250 ok|\n"
             "bob@b.example Delivered|250 ok|Verified TLSv1.3\n");
}

BOOST_AUTO_TEST_CASE(tls_with_one_host_says_nothing_about_another) {
  write(message("8A3DAA7A068", {"bob@b.example"}));
  log({kVerified, attempt("postfix/pams/smtp[20]", "8A3DAA7A068", "bob@b.example>, ", "other[1.2.3.5]:25",
                          "sent (250 ok)")});
  BOOST_TEST(fates() == "bob@b.example Delivered|250 ok|\n");
}

BOOST_AUTO_TEST_CASE(of_what_postsuper_deleted_without_saying_which_only_the_silent_is_told_as_deleted) {
  write(message("8A3DAA7A068", {"bob@b.example"}));
  write(message("8A3DAA7A069", {"carol@b.example"}));
  const auto refused = [](std::string_view id, std::string_view to) {
    return attempt("postfix/smtp[20]", id, to, "none", "deferred (Connection refused)");
  };
  log({refused("8A3DAA7A068", "bob@b.example>, "), refused("8A3DAA7A069", "carol@b.example>, ")});
  log({"postfix/postsuper[30]: Deleted: 1 message"}, "12:00:02");
  log({refused("8A3DAA7A069", "carol@b.example>, ")}, "12:30:00");
  BOOST_TEST_REQUIRE(store.settle_deleted(kNoon + std::chrono::hours(5)).has_value());
  BOOST_TEST(fates() ==
             "carol@b.example Pending|Connection refused|\n"
             "bob@b.example Pending|Connection refused|\n");
  BOOST_TEST_REQUIRE(store.settle_deleted(kNoon + std::chrono::hours(7)).has_value());
  BOOST_TEST(
      fates() ==
      "carol@b.example Pending|Connection refused|\n"
      "bob@b.example Failed|probably deleted from the queue by the administrator: the log tells of deletions and no more of it; last: Connection refused|\n");
  log({attempt("postfix/smtp[20]", "8A3DAA7A068", "bob@b.example>, ", "mx[1.2.3.4]:25", "sent (250 ok)")},
      "19:00:00");
  Filter to_bob;
  to_bob.recipient = "bob@b.example";
  BOOST_TEST(rows(to_bob).at(0).status == "Delivered");
}

BOOST_AUTO_TEST_CASE(deferred_then_sent_is_pending_then_delivered_and_the_retries_are_counted) {
  write(message("8A3DAA7A068", {"bob@b.example"}));
  const auto refused =
      attempt("postfix/smtp[20]", "8A3DAA7A068", "bob@b.example>, ", "none", "deferred (Connection refused)");
  log({refused, refused, refused});
  BOOST_TEST(fates() == "bob@b.example Pending|Connection refused|\n");
  BOOST_TEST(kinds() == "RECEIVE REPLY DEFER*3");
  log({attempt("postfix/smtp[20]", "8A3DAA7A068", "bob@b.example>, ", "mx[1.2.3.4]:25", "sent (250 ok)"),
       "postfix/qmgr[1]: 8A3DAA7A068: removed"});
  BOOST_TEST(fates() == "bob@b.example Delivered|250 ok|\n");
  BOOST_TEST(kinds() == "RECEIVE REPLY DEFER*3 SEND");
}

BOOST_AUTO_TEST_CASE(bounced_is_failed_with_the_reply_and_the_notice_to_the_sender) {
  write(message("02F87A7A073", {"bob@b.example"}));
  log({attempt("postfix/smtp[20]", "02F87A7A073", "bob@b.example>, ", "mx[1.2.3.4]:25",
               "bounced (host mx[1.2.3.4] said: 550 5.1.1 unknown (in reply to RCPT TO command))"),
       "postfix/bounce[2]: 02F87A7A073: sender non-delivery notification: 13549A7A076",
       "postfix/qmgr[1]: 02F87A7A073: removed"});
  BOOST_TEST(
      fates() ==
      "bob@b.example Failed|host mx[1.2.3.4] said: 550 5.1.1 unknown (in reply to RCPT TO command)|\n");
  BOOST_TEST(kinds() == "RECEIVE REPLY FAIL NOTICE");
}

BOOST_AUTO_TEST_CASE(expired_is_failed_with_the_last_reply) {
  write(message("B5435A7A132", {"late@b.example"}));
  log({attempt("postfix/smtp[20]", "B5435A7A132", "late@b.example>, ", "none",
               "deferred (Connection refused)"),
       "postfix/qmgr[1]: B5435A7A132: from=<>, status=expired, returned to sender",
       "postfix/qmgr[1]: B5435A7A132: removed"});
  BOOST_TEST(fates() == "late@b.example Failed|its time in the queue was over; last: Connection refused|\n");
}

BOOST_AUTO_TEST_CASE(recipients_with_different_fates_are_told_apart) {
  write(message("0B763A7A108", {"one@b.example", "Two@b.example", "three@b.example"}));
  log({attempt("postfix/smtp[20]", "0B763A7A108", "one@b.example>, ", "mx[1.2.3.4]:25", "sent (250 ok)"),
       attempt("postfix/smtp[20]", "0B763A7A108", "two@b.example>, ", "mx[1.2.3.4]:25", "bounced (550 no)"),
       attempt("postfix/smtp[20]", "0B763A7A108", "three@b.example>, ", "none", "deferred (timeout)")});
  BOOST_TEST(fates() ==
             "one@b.example Delivered|250 ok|\n"
             "Two@b.example Failed|550 no|\n"
             "three@b.example Pending|timeout|\n");
}

BOOST_AUTO_TEST_CASE(an_alias_is_expanded_and_those_behind_it_have_rows_of_their_own) {
  write(message("AFE48A7A06D", {"team@example.org"}));
  log({attempt("postfix/smtp[20]", "AFE48A7A06D", "bob@b.example>, orig_to=<team@example.org>, ",
               "mx[1.2.3.4]:25", "sent (250 ok)"),
       attempt("postfix/local[21]", "AFE48A7A06D", "ann@example.org>, orig_to=<team@example.org>, ", "local",
               "sent (delivered to mailbox)"),
       "postfix/qmgr[1]: AFE48A7A06D: removed"});
  BOOST_TEST(fates() ==
             "team@example.org Expanded||\n"
             "bob@b.example Delivered|250 ok|\n"
             "ann@example.org Delivered|delivered to mailbox|\n");
  BOOST_TEST(kinds() == "RECEIVE REPLY EXPAND SEND EXPAND DELIVER");
}

BOOST_AUTO_TEST_CASE(an_alias_whose_members_got_it_directly_is_expanded_too) {
  write(message("AFE48A7A06D", {"bob@b.example", "team@example.org"}));
  log({attempt("postfix/smtp[20]", "AFE48A7A06D", "bob@b.example>, ", "mx[1.2.3.4]:25", "sent (250 ok)"),
       attempt("postfix/smtp[20]", "AFE48A7A06D", "eve@b.example>, orig_to=<team@example.org>, ",
               "mx[1.2.3.4]:25", "sent (250 ok)")});
  BOOST_TEST(rows().at(1).status == "Expanded");
}

BOOST_AUTO_TEST_CASE(what_a_local_alias_forwards_is_followed_under_its_new_id) {
  write(message("3B732A80134", {"list@here.example"}));
  log({attempt("postfix/local[21]", "3B732A80134", "list@here.example>, ", "local",
               "sent (forwarded as 497BEA80009)"),
       "postfix/qmgr[1]: 3B732A80134: removed",
       attempt("postfix/smtp[20]", "497BEA80009", "bob@b.example>, ", "mx[1.2.3.4]:25", "sent (250 ok)")});
  BOOST_TEST(fates() ==
             "list@here.example Expanded|forwarded as 497BEA80009|\n"
             "bob@b.example Delivered|250 ok|\n");
}

BOOST_AUTO_TEST_CASE(a_stranger_who_replies_forwarded_as_does_not_get_another_message_into_this_one) {
  write(message("3B732A80134", {"bob@b.example"}));
  log({attempt("postfix/smtp[21]", "3B732A80134", "bob@b.example>, ", "evil[1.2.3.4]:25",
               "sent (forwarded as 497BEA80009)"),
       attempt("postfix/smtp[20]", "497BEA80009", "x@y>, ", "mx[1.2.3.4]:25", "sent (250 ok)")});
  BOOST_TEST(fates() == "bob@b.example Delivered|forwarded as 497BEA80009|\n");
}

BOOST_AUTO_TEST_CASE(a_requeued_message_is_followed_through_all_its_ids) {
  write(flagged("0FD28A7A07A", {"bob@b.example"}));
  log({"postfix/pickup[3]: A476EA7A0C6: uid=102 from=<anna@example.org> orig_id=0FD28A7A07A",
       attempt("postfix/pams/smtp[20]", "A476EA7A0C6", "bob@b.example>, ", "none", "deferred (refused)"),
       "postfix/pickup[3]: 2F21DA7A0C9: uid=102 from=<anna@example.org> orig_id=A476EA7A0C6", kVerified,
       attempt("postfix/pams/smtp[20]", "2F21DA7A0C9", "bob@b.example>, ", "smart.example[1.2.3.4]:25",
               "sent (250 ok)")});
  BOOST_TEST(fates() == "bob@b.example Delivered|250 ok|Verified TLSv1.3\n");
  BOOST_TEST(kinds() == "RECEIVE REPLY REQUEUE DEFER REQUEUE SEND");
  for (const auto* id : {"0FD28A7A07A", "A476EA7A0C6", "2F21DA7A0C9"}) {
    Filter filter;
    filter.queue_id = id;
    BOOST_TEST(rows(filter).size() == 1U, id);
  }
}

BOOST_AUTO_TEST_CASE(a_quarantined_message_is_released_delivered_or_deleted) {
  auto held = message("DDA0DA7A071", {"x@b.example"});
  held.status = DeliveryStatus::Quarantined;
  write(held);
  log({"postfix/cleanup[4]: DDA0DA7A071: milter-hold: END-OF-MESSAGE from localhost[127.0.0.1]: milter triggers HOLD action; from=<anna@example.org> to=<x@client.example> proto=ESMTP helo=<x>"});
  BOOST_TEST(fates() == "x@b.example Quarantined||\n");
  log({"postfix/qmgr[1]: DDA0DA7A071: from=<anna@example.org>, size=381, nrcpt=1 (queue active)"});
  BOOST_TEST(fates() == "x@b.example Pending||\n");
  log({"postfix/postsuper[5]: DDA0DA7A071: placed on hold", "postfix/postsuper[5]: DDA0DA7A071: removed"});
  BOOST_TEST(rows().at(0).status == "Failed");
  BOOST_TEST(kinds() == "RECEIVE REPLY HOLD RELEASE HOLD FAIL");
}

BOOST_AUTO_TEST_CASE(a_refused_message_is_rejected_and_its_id_belongs_to_nobody) {
  auto refused = message("40D8AA7A06E", {"x@b.example"});
  refused.status = DeliveryStatus::Rejected;
  refused.reply = "550 5.7.1 Delivery not authorized, message refused";
  write(refused);
  log({"postfix/cleanup[4]: 40D8AA7A06E: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 Delivery not authorized, message refused; from=<anna@example.org> to=<x@b.example> proto=ESMTP helo=<x>",
       attempt("postfix/smtp[20]", "40D8AA7A06E", "x@b.example>, ", "mx[1.2.3.4]:25", "sent (250 ok)")});
  BOOST_TEST(fates() == "x@b.example Rejected|550 5.7.1 Delivery not authorized, message refused|\n");
}

BOOST_AUTO_TEST_CASE(another_milter_may_still_refuse_what_we_accepted) {
  write(message("40D8AA7A06E", {"x@b.example"}));
  log({"postfix/cleanup[4]: 40D8AA7A06E: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 a virus; from=<anna@example.org> to=<x@b.example> proto=ESMTP helo=<x>"});
  BOOST_TEST(fates() == "x@b.example Rejected|5.7.1 a virus|\n");
}

BOOST_AUTO_TEST_CASE(a_refusal_after_acceptance_is_told_as_such_and_kept_for_the_archive) {
  auto archived = message("40D8AA7A06E", {"x@b.example", "y@b.example"});
  archived.archive_record = "42";
  write(archived);
  write(message("40D8AA7A06F", {"z@b.example"}));  // not archived
  for (const auto* id : {"40D8AA7A06E", "40D8AA7A06F"})
    log({"postfix/cleanup[4]: " + std::string(id) +
         ": milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 4.7.1 later; from=<anna@example.org> to=<x@b.example> proto=ESMTP helo=<x>"});
  BOOST_TEST(
      fates() ==
      "z@b.example Deferred|4.7.1 later|\nx@b.example Deferred|4.7.1 later|\ny@b.example Deferred|4.7.1 later|\n");
  BOOST_TEST(kinds() == "RECEIVE REPLY REFUSE");
  const auto refusals = store.refusals(10).value();
  BOOST_TEST_REQUIRE(refusals.size() == 1U);
  BOOST_TEST(refusals[0].archive_record == "42");
  BOOST_TEST(refusals[0].temporary);
  BOOST_TEST(refusals[0].reason == "4.7.1 later");
  BOOST_TEST_REQUIRE(store.settle(refusals[0]).has_value());
  BOOST_TEST(store.refusals(10).value().empty());
}

BOOST_AUTO_TEST_CASE(too_big_for_the_mta_and_discarded_by_another_milter_are_for_good) {
  auto big = message("40D8AA7A06E", {"x@b.example"});
  big.archive_record = "1";
  write(big);
  auto thrown = message("40D8AA7A06F", {"x@b.example"});
  thrown.archive_record = "2";
  write(thrown);
  const std::string too_big = "postfix/cleanup[4]: warning: 40D8AA7A06E: queue file size limit exceeded";
  log({too_big, too_big,
       "postfix/cleanup[4]: 40D8AA7A06F: milter-discard: END-OF-MESSAGE from localhost[127.0.0.1]: milter triggers DISCARD action; from=<anna@example.org> to=<x@b.example> proto=ESMTP helo=<x>"});
  const auto refusals = store.refusals(10).value();
  BOOST_TEST_REQUIRE(refusals.size() == 2U);
  BOOST_TEST(!refusals[0].temporary);
  BOOST_TEST(refusals[0].reason == "552 5.3.4 message file too big");
  BOOST_TEST(!refusals[1].temporary);
  BOOST_TEST(refusals[1].reason == "discarded: milter triggers DISCARD action");
}

BOOST_AUTO_TEST_CASE(what_the_administrator_deletes_later_was_accepted_all_the_same) {
  auto archived = message("40D8AA7A06E", {"x@b.example"});
  archived.archive_record = "42";
  write(archived);
  log({"postfix/postsuper[5]: 40D8AA7A06E: removed"});
  BOOST_TEST(store.refusals(10).value().empty());
}

BOOST_AUTO_TEST_CASE(a_carrier_is_sent_to_the_relay_and_other_mail_is_delivered_by_lmtp) {
  write(sealed("4EBA64B", {"bob@client.example"}));
  const std::string relay = "gateway.example.org[pams-milter/relay.sock]";
  log({attempt("postfix/pams/lmtp[20]", "4EBA64B", "bob@client.example>, ", relay,
               "sent (250 2.0.0 taken)")});
  BOOST_TEST(kinds() == "RECEIVE REPLY SEND");
  BOOST_TEST(fates() == "bob@client.example Delivered|250 2.0.0 taken|\n");
  write(message("4EBA64C", {"ina@example.org"}));
  log({attempt("postfix/lmtp[20]", "4EBA64C", "ina@example.org>, ", "store[private/lmtp]", "sent (250 ok)")});
  BOOST_TEST(kinds() == "RECEIVE REPLY DELIVER");
}

BOOST_AUTO_TEST_CASE(an_id_that_is_used_again_belongs_to_the_new_message) {
  write(message("8A3DAA7A068", {"old@b.example"}));
  log({attempt("postfix/smtp[20]", "8A3DAA7A068", "old@b.example>, ", "mx[1.2.3.4]:25", "sent (250 old)"),
       "postfix/qmgr[1]: 8A3DAA7A068: removed",
       // somebody's whom the milter never saw
       attempt("postfix/smtp[20]", "8A3DAA7A068", "other@b.example>, ", "mx[1.2.3.4]:25",
               "sent (250 other)")});
  write(message("8A3DAA7A068", {"new@b.example"}));
  log({attempt("postfix/smtp[20]", "8A3DAA7A068", "new@b.example>, ", "mx[1.2.3.4]:25", "sent (250 new)")});
  BOOST_TEST(fates() ==
             "new@b.example Delivered|250 new|\n"
             "old@b.example Delivered|250 old|\n");
}

BOOST_AUTO_TEST_CASE(a_delivery_stays_delivered_whatever_comes_behind) {
  write(message("8A3DAA7A068", {"bob@b.example"}));
  log({attempt("postfix/smtp[20]", "8A3DAA7A068", "bob@b.example>, ", "mx[1.2.3.4]:25", "sent (250 ok)"),
       attempt("postfix/smtp[20]", "8A3DAA7A068", "bob@b.example>, ", "none", "deferred (x)"),
       attempt("postfix/verify[20]", "8A3DAA7A068", "bob@b.example>, ", "none", "undeliverable (x)")});
  BOOST_TEST(fates() == "bob@b.example Delivered|250 ok|\n");
}

BOOST_AUTO_TEST_SUITE_END()
