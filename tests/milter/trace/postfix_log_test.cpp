#include "milter/trace/postfix_log.hpp"

#include <random>

#include <boost/test/unit_test.hpp>

using namespace pams::milter::trace;

namespace {

/// The fact of one kind in a line; a failed test when it is not there.
template <class Fact>
Fact fact(std::string_view service, std::string_view message) {
  const auto found = read_postfix(service, message);
  BOOST_TEST_REQUIRE(found.has_value(), message);
  BOOST_TEST_REQUIRE(std::holds_alternative<Fact>(*found), message);
  return std::get<Fact>(*found);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postfix_log)

// The lines are those of a real Postfix 3.7.11.

BOOST_AUTO_TEST_CASE(a_delivery_tells_recipient_relay_result_and_reply) {
  const auto sent = fact<Attempt>(
      "postfix/pams/smtp",
      "8A3DAA7A068: to=<bob@client.example>, relay=localhost[127.0.0.1]:41219, delay=0.19, delays=0.12/0.02/0.05/0, dsn=2.0.0, status=sent (250 2.0.0 taken)");
  BOOST_TEST(sent.queue_id == "8A3DAA7A068");
  BOOST_TEST(sent.recipient == "bob@client.example");
  BOOST_TEST(sent.original_recipient == "");
  BOOST_TEST(sent.relay == "localhost[127.0.0.1]:41219");
  BOOST_TEST(sent.result == "sent");
  BOOST_TEST(sent.reply == "250 2.0.0 taken");
}

BOOST_AUTO_TEST_CASE(long_queue_ids_aliases_and_reused_connections_are_understood) {
  const auto sent = fact<Attempt>(
      "postfix/smtp",
      "4jYDhw6pnlz1bvvQ: to=<ann@example.org>, orig_to=<team@example.org>, relay=127.0.0.1[127.0.0.1]:34317, conn_use=2, delay=0.11, delays=0.05/0/0.05/0, dsn=2.0.0, status=sent (250 2.0.0 taken)");
  BOOST_TEST(sent.queue_id == "4jYDhw6pnlz1bvvQ");
  BOOST_TEST(sent.original_recipient == "team@example.org");
}

BOOST_AUTO_TEST_CASE(a_delivery_that_reached_nobody_has_no_relay) {
  const auto deferred = fact<Attempt>(
      "postfix/pams/smtp",
      "0FD28A7A07A: to=<carol@example.org>, relay=none, delay=0.09, delays=0.09/0/0/0, dsn=4.4.1, status=deferred (connect to localhost[127.0.0.1]:41219: Connection refused)");
  BOOST_TEST(deferred.relay == "none");
  BOOST_TEST(deferred.result == "deferred");
  BOOST_TEST(deferred.reply == "connect to localhost[127.0.0.1]:41219: Connection refused");
}

BOOST_AUTO_TEST_CASE(tls_connections_tell_their_peer_and_what_was_verified) {
  const auto tls = fact<TlsEstablished>(
      "postfix/pams/smtp",
      "Verified TLS connection established to localhost[127.0.0.1]:41219: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1)");
  BOOST_TEST(tls.peer == "localhost[127.0.0.1]:41219");
  BOOST_TEST(tls.level == "Verified");
  BOOST_TEST(tls.protocol == "TLSv1.3");
  const auto untrusted = fact<TlsEstablished>(
      "postfix/smtp", "Untrusted TLS connection established to mx[127.0.0.1]:25: TLSv1.2 with cipher x");
  BOOST_TEST(untrusted.level == "Untrusted");
}

BOOST_AUTO_TEST_CASE(what_happens_to_the_whole_message_is_understood) {
  const auto change = [](std::string_view service, std::string_view message) {
    return fact<Queue>(service, message).change;
  };
  BOOST_TEST(
      (change("postfix/qmgr", "8A3DAA7A068: from=<anna@example.org>, size=377, nrcpt=2 (queue active)") ==
       QueueChange::Active));
  BOOST_TEST((change("postfix/qmgr", "8A3DAA7A068: removed") == QueueChange::Removed));
  BOOST_TEST((change("postfix/qmgr", "B5435A7A132: from=<>, status=expired, returned to sender") ==
              QueueChange::Expired));
  BOOST_TEST((change("postfix/qmgr", "67101A80136: from=<a@b>, status=force-expired, returned to sender") ==
              QueueChange::Expired));
  BOOST_TEST((change("postfix/postsuper", "497BEA80009: removed") == QueueChange::Deleted));
  BOOST_TEST((change("postfix/postsuper", "67101A80136: placed on hold") == QueueChange::Held));
  BOOST_TEST((change("postfix/postsuper", "67101A80136: released from hold") == QueueChange::Released));
  BOOST_TEST((
      change(
          "postfix/cleanup",
          "DDA0DA7A071: milter-hold: END-OF-MESSAGE from localhost[127.0.0.1]: milter triggers HOLD action; from=<anna@example.org> to=<x@client.example> proto=ESMTP helo=<[127.0.0.1]>") ==
      QueueChange::Held));
  BOOST_TEST((change("postfix/bounce", "02F87A7A073: sender non-delivery notification: 13549A7A076") ==
              QueueChange::Notified));
  BOOST_TEST((change("postfix/cleanup", "warning: 02F87A7A073: queue file size limit exceeded") ==
              QueueChange::Refused));
  const auto refused = fact<Queue>(
      "postfix/cleanup",
      "40D8AA7A06E: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 Delivery not authorized, message refused; from=<anna@example.org> to=<x@client.example> proto=ESMTP helo=<[127.0.0.1]>");
  BOOST_TEST(refused.text == "5.7.1 Delivery not authorized, message refused");
}

BOOST_AUTO_TEST_CASE(a_carrier_on_its_way_to_the_relay_tells_recipient_and_original) {
  const auto sent = fact<Attempt>(
      "postfix/pams/lmtp",
      "4EBA64B: to=<carol@other.example>, orig_to=<team@client.example>, relay=gateway.example.org[pams-milter/relay.sock], delay=0.14, delays=0.11/0.01/0.01/0, dsn=2.0.0, status=sent (250 2.0.0 localhost:2525: 250 2.0.0 taken)");
  BOOST_TEST(sent.recipient == "carol@other.example");
  BOOST_TEST(sent.original_recipient == "team@client.example");
  BOOST_TEST(sent.relay == "gateway.example.org[pams-milter/relay.sock]");
  BOOST_TEST(sent.reply == "250 2.0.0 localhost:2525: 250 2.0.0 taken");
  BOOST_TEST(transport_of("postfix/pams/lmtp") == "pams");
  BOOST_TEST(transport_of("postfix/lmtp") == "lmtp");
}

BOOST_AUTO_TEST_CASE(refusals_after_the_end_of_message_tell_the_reply_of_the_client) {
  const auto refusal = [](std::string_view message) {
    const auto found = fact<Queue>("postfix/cleanup", message);
    BOOST_TEST((found.change == QueueChange::Refused));
    return found.text;
  };
  BOOST_TEST(
      refusal(
          "9A4FE67: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 4.7.1 Service unavailable - try again later; from=<anna@example.org> to=<bob@client.example> proto=ESMTP helo=<[127.0.0.1]>") ==
      "4.7.1 Service unavailable - try again later");
  BOOST_TEST(
      refusal(
          "E65769A: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 late; from=<anna@example.org> to=<pick@client.example>") ==
      "5.7.1 late");
  BOOST_TEST(
      refusal(
          "83E347C: milter-header-reject: header X-Bad: reject >: 4.0.0 me from localhost[127.0.0.1]; from=<anna@example.org> to=<bob@client.example> proto=ESMTP helo=<[127.0.0.1]>: 5.7.1 no such header") ==
      "5.7.1 no such header");
  BOOST_TEST(refusal("warning: E383B79: queue file size limit exceeded") == "552 5.3.4 message file too big");
  // from Postfix's source (cleanup_out.c)
  BOOST_TEST(refusal("warning: E383B79: write queue file: No space left on device") ==
             "451 4.3.0 queue file write error");
}

BOOST_AUTO_TEST_CASE(milter_header_checks_may_also_discard_and_hold) {
  const auto change = [](std::string_view message) { return fact<Queue>("postfix/cleanup", message).change; };
  const std::string rest =
      " from localhost[127.0.0.1]; from=<anna@example.org> to=<bob@client.example> proto=ESMTP helo=<[127.0.0.1]>: ";
  BOOST_TEST((change("2059C81: milter-header-discard: header X-Bad: disc" + rest + "thrown") ==
              QueueChange::Discarded));
  BOOST_TEST(
      (change("AACB684: milter-header-hold: header X-Bad: hold" + rest + "waiting") == QueueChange::Held));
  BOOST_TEST(!read_postfix("postfix/cleanup", "4EBA64B: milter-header-filter: header X-PAMS-Sealed: v1" +
                                                  rest + "pams:unix:pams-milter/relay.sock")
                  .has_value());
}

BOOST_AUTO_TEST_CASE(a_requeued_message_tells_both_of_its_ids) {
  const auto requeued =
      fact<Requeued>("postfix/pickup", "A476EA7A0C6: uid=102 from=<anna@example.org> orig_id=0FD28A7A07A");
  BOOST_TEST(requeued.queue_id == "A476EA7A0C6");
  BOOST_TEST(requeued.old_queue_id == "0FD28A7A07A");
}

BOOST_AUTO_TEST_CASE(text_in_a_quoted_address_is_no_field) {
  const auto sent = fact<Attempt>(
      "postfix/smtp",
      R"x(781CBA7A0E4: to=<"a>, relay=x, status=sent (250 "@client.example>, relay=127.0.0.1[127.0.0.1]:36367, )x"
      "delay=0.05, delays=0.05/0/0/0, dsn=4.0.0, status=deferred (450 later)");
  BOOST_TEST(sent.recipient == R"x("a>, relay=x, status=sent (250 "@client.example)x");
  BOOST_TEST(sent.result == "deferred");
}

BOOST_AUTO_TEST_CASE(an_escaped_quote_does_not_end_a_quoted_address) {
  const auto sent = fact<Attempt>(
      "postfix/smtp",
      R"x(781CBA7A0E4: to=<"a\">, relay=x"@b>, relay=none, delay=1, delays=1/0/0/0, dsn=4.0.0, status=deferred (x))x");
  BOOST_TEST(sent.recipient == R"("a\">, relay=x"@b)");
  BOOST_TEST(sent.relay == "none");
}

BOOST_AUTO_TEST_CASE(text_in_a_reply_is_no_field) {
  const auto bounced = fact<Attempt>(
      "postfix/smtp",
      "02F87A7A073: to=<bob@client.example>, relay=127.0.0.1[127.0.0.1]:36367, delay=0.07, delays=0.05/0/0/0.02, dsn=5.1.1, status=bounced (host 127.0.0.1[127.0.0.1] said: 550 5.1.1 <bob@client.example>: unknown "
      "(to=<evil@x>, status=sent) (in reply to RCPT TO command))");
  BOOST_TEST(bounced.recipient == "bob@client.example");
  BOOST_TEST(bounced.result == "bounced");
  BOOST_TEST(bounced.reply.ends_with("(to=<evil@x>, status=sent) (in reply to RCPT TO command)"));
}

BOOST_AUTO_TEST_CASE(what_strangers_say_to_smtpd_or_in_headers_is_never_a_delivery) {
  const std::string delivery = "to=<a@b>, relay=x, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)";
  const auto is_nothing = [](std::string_view service, const std::string& message) {
    return !read_postfix(service, message).has_value();
  };
  BOOST_TEST(is_nothing("postfix/smtpd", "8A3DAA7A068: " + delivery));
  BOOST_TEST(
      is_nothing("postfix/smtpd", "NOQUEUE: reject: RCPT from x[1.2.3.4]: 550 <8A3DAA7A068: " + delivery));
  BOOST_TEST(std::holds_alternative<MessageIdSeen>(
      read_postfix("postfix/cleanup", "8A3DAA7A068: message-id=<8A3DAA7A068: " + delivery).value()));
  BOOST_TEST(is_nothing("postfix/cleanup", "8A3DAA7A068: " + delivery));
  BOOST_TEST(is_nothing("postfix/cleanup", "8A3DAA7A068: filter: header zivver-relay: " + delivery));
  BOOST_TEST(is_nothing("postfix/qmgr", "8A3DAA7A068: " + delivery));
  BOOST_TEST(is_nothing("postfix/pickup", R"(8A3DAA7A068: uid=0 from=<"x> orig_id=8A3DAA7A069"@b>)"));
  BOOST_TEST(is_nothing("postfix/smtp", "connect to x[1.2.3.4]:25: 8A3DAA7A068: " + delivery));
  BOOST_TEST(is_nothing("postfix/smtp", "warning: 8A3DAA7A068: " + delivery));
}

BOOST_AUTO_TEST_CASE(words_are_no_queue_ids) {
  for (const auto* word :
       {"warning", "connect", "NOQUEUE", "statistics", "", "8A3D", "8A3DAA7A068 x", "lost connection"})
    BOOST_TEST(!is_queue_id(word), word);
  for (const auto* id : {"8A3DAA7A068", "4jYDhs5lLtz1bvvK", "ABCDEF"}) BOOST_TEST(is_queue_id(id), id);
}

BOOST_AUTO_TEST_CASE(a_line_with_any_piece_cut_out_or_doubled_never_turns_a_deferral_into_a_delivery) {
  const std::string line =
      R"x(781CBA7A0E4: to=<"status=sent (250 ok)"@b>, orig_to=<x@y>, relay=none, delay=1.5, delays=1/0/0/0, )x"
      "dsn=4.0.0, status=deferred (said: status=sent (250 2.0.0 taken))";
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    auto changed = line;
    const auto at = random() % changed.size();
    const auto length = random() % 12;
    if (i % 3 == 0) changed.erase(at, length);
    if (i % 3 == 1) changed.insert(at, changed.substr(random() % changed.size(), length));
    if (i % 3 == 2) changed[at] = static_cast<char>(random() % 256);
    const auto found = read_postfix("postfix/smtp", changed);
    if (!found || !std::holds_alternative<Attempt>(*found)) continue;
    BOOST_TEST(std::get<Attempt>(*found).result != "sent", changed);
  }
}

BOOST_AUTO_TEST_CASE(random_bytes_are_read_without_harm) {
  std::mt19937 random(42);
  constexpr std::string_view kPieces[] = {"8A3DAA7A068: ",
                                          "to=<",
                                          ">",
                                          ", relay=",
                                          "status=",
                                          "\"",
                                          "\\",
                                          " (",
                                          "from=<",
                                          "Verified TLS connection established to ",
                                          ": "};
  for (int i = 0; i < 20'000; ++i) {
    std::string line;
    while (random() % 12 != 0) {
      line += kPieces[random() % std::size(kPieces)];
      if (random() % 3 == 0) line += static_cast<char>(random() % 256);
    }
    for (const auto* service :
         {"postfix/smtp", "postfix/qmgr", "postfix/pickup", "postfix/cleanup", "x", "/"})
      static_cast<void>(read_postfix(service, line));
  }
  const std::string huge = "8A3DAA7A068: to=<" + std::string(1'000'000, '"');
  BOOST_TEST(!read_postfix("postfix/smtp", huge).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
