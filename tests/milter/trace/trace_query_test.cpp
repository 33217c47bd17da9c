#include "milter/trace/trace_query.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/milter/trace/trace_fixture.hpp"

using namespace pams::milter::trace;
using namespace pams::test;

namespace {

const Route kZivver{"Zivver", "pams", {"smart.example:25", "127.0.0.1:2525"}};

ToldEvent attempt(std::string service, std::string relay, std::string result, std::string tls = "") {
  ToldEvent event;
  event.service = std::move(service);
  event.relay = std::move(relay);
  event.result = std::move(result);
  event.tls = std::move(tls);
  return event;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trace_query, TraceFixture)

BOOST_AUTO_TEST_CASE(ids_are_short_sort_like_time_and_come_back) {
  const auto id = first_id_of(kNoon);
  BOOST_TEST(shown_id(id).size() == 11U);
  BOOST_TEST(id_of(shown_id(id)).value() == id);
  BOOST_TEST(shown_id(id) < shown_id(id + 1));
  BOOST_TEST(shown_id(id) < shown_id(first_id_of(kNoon + std::chrono::milliseconds(1))));
  BOOST_TEST(!id_of("nosuchthing").has_value());
  BOOST_TEST(!id_of("").has_value());
}

BOOST_AUTO_TEST_CASE(a_message_is_found_by_how_its_id_begins) {
  write(message("8A3DAA7A068", {"a@b.example", "b@b.example"}));
  write(message("8A3DAA7A069", {"c@b.example"}));
  const auto id = rows().back().id;
  const auto count = [&](const std::string& beginning) { return query().like(beginning, 10).value().size(); };
  BOOST_TEST(count(id) == 1U);
  BOOST_TEST(query().like(id, 10).value().front().queue_id == "8A3DAA7A068");
  BOOST_TEST(count(id.substr(0, 8)) == 2U);  // received in the same millisecond
  BOOST_TEST(count(id + "0") == 0U);
  BOOST_TEST(count("") == 0U);
  BOOST_TEST(count("not an id") == 0U);
  BOOST_TEST(query().like(id.substr(0, 8), 1).value().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_domain_a_pattern_or_any_part_finds) {
  write(
      message("8A3DAA7A068", {"Bob@Partner.example", "\"a@b\"@other.example", "carol@sub.partner.example"}));
  auto bounce = message("8A3DAA7A069", {"[x]@third.example"});
  bounce.sender = "";
  bounce.subject = "Undelivered";
  write(bounce);
  const auto to = [&](const std::string& recipient) {
    Filter filter;
    filter.recipient = recipient;
    return rows(filter).size();
  };
  BOOST_TEST(to("@partner.EXAMPLE") == 1U);
  BOOST_TEST(to("*@partner.example") == 1U);
  BOOST_TEST(to("@other.example") == 1U);
  BOOST_TEST(to("@b\"@other.example") == 0U);
  BOOST_TEST(to("*partner.example") == 2U);
  BOOST_TEST(to("@*.partner.example") == 1U);
  BOOST_TEST(to("b?b@*") == 1U);
  BOOST_TEST(to("[x]@*") == 1U);
  BOOST_TEST(to("[a-z]@*") == 0U);
  BOOST_TEST(to("partner.example") == 0U);
  const auto from = [&](const std::string& sender) {
    Filter filter;
    filter.sender = sender;
    return rows(filter).size();
  };
  BOOST_TEST(from("<>") == 1U);
  BOOST_TEST(from("@example.org") == 3U);
  const auto with = [&](const std::string& text) {
    Filter filter;
    filter.text = text;
    return rows(filter).size();
  };
  BOOST_TEST(with("PARTNER") == 2U);
  BOOST_TEST(with("undeliv") == 1U);
  BOOST_TEST(with("8A3DAA7A069") == 1U);
  BOOST_TEST(with(rows().front().id) == 1U);
  BOOST_TEST(with("%") == 0U);
}

BOOST_AUTO_TEST_CASE(an_index_answers_for_addresses_domains_beginnings_and_times) {
  const auto plan_of = [&](auto set) {
    Filter filter;
    set(filter);
    const Where where(filter);
    auto database = pams::milter::sqlite::Database::open(path, pams::milter::sqlite::Access::ReadOnly,
                                                         pams::milter::sqlite::Durability::Normal)
                        .value();
    std::string plan;
    BOOST_TEST_REQUIRE(
        database
            .query_with("EXPLAIN QUERY PLAN SELECT m.id FROM message m JOIN recipient r ON r.message = m.id" +
                            where.sql(),
                        where.values(),
                        [&](const pams::milter::sqlite::Row& row) {
                          plan += row.text(3) + "\n";
                          return true;
                        })
            .has_value());
    return plan;
  };
  const auto is_searched = [&](auto set) { return plan_of(set).find("SCAN") == std::string::npos; };
  BOOST_TEST(is_searched([](Filter& f) { f.recipient = "bob@b.example"; }));
  BOOST_TEST(is_searched([](Filter& f) { f.recipient = "@b.example"; }));
  BOOST_TEST(is_searched([](Filter& f) { f.sender = "*@b.example"; }));
  BOOST_TEST(is_searched([](Filter& f) { f.recipient = "bob*"; }));
  BOOST_TEST(is_searched([](Filter& f) { f.since = kNoon; }));
  BOOST_TEST(!is_searched([](Filter& f) { f.recipient = "*b.example"; }));
}

BOOST_AUTO_TEST_CASE(rows_come_newest_first_one_a_recipient) {
  write(message("8A3DAA7A068", {"a@b.example", "b@b.example"}));
  write(message("8A3DAA7A069", {"c@b.example"}));
  const auto all = rows();
  BOOST_TEST_REQUIRE(all.size() == 3U);
  BOOST_TEST(all[0].recipient == "c@b.example");
  BOOST_TEST(all[1].recipient == "a@b.example");
  BOOST_TEST(all[1].id == all[2].id);
  BOOST_TEST((all[0].received == kNoon));
  BOOST_TEST(all[0].size == 377U);
  Filter one;
  one.limit = 1;
  BOOST_TEST(rows(one).size() == 1U);
}

BOOST_AUTO_TEST_CASE(every_filter_finds_whole_values_in_any_letter_case) {
  auto wanted = message("8A3DAA7A068", {"Bob@B.example"});
  wanted.subject =
      "Jahres\xC3\xBC"
      "bersicht 100%";
  wanted.status = DeliveryStatus::Failed;
  write(wanted);
  auto other = message("8A3DAA7A069", {"bobby@b.example"});
  other.received += std::chrono::hours(1);
  other.sender = "joanna@example.org";
  write(other);
  const auto finds = [&](auto set) {
    Filter filter;
    set(filter);
    const auto found = rows(filter);
    return found.size() == 1 && found[0].queue_id == "8A3DAA7A068";
  };
  BOOST_TEST(finds([](Filter& f) { f.sender = "ANNA@example.org"; }));
  BOOST_TEST(finds([](Filter& f) { f.recipient = "bob@b.EXAMPLE"; }));
  BOOST_TEST(finds([](Filter& f) { f.message_id = "8A3DAA7A068@example.org"; }));
  BOOST_TEST(finds([](Filter& f) { f.message_id = "<8A3DAA7A068@example.org>"; }));
  BOOST_TEST(finds([](Filter& f) { f.queue_id = "8A3DAA7A068"; }));
  BOOST_TEST(finds([](Filter& f) {
    f.subject =
        "RES\xC3\x9C"
        "BER";
  }));
  BOOST_TEST(finds([](Filter& f) { f.subject = "100%"; }));
  BOOST_TEST(finds([](Filter& f) { f.status = DeliveryStatus::Failed; }));
  BOOST_TEST(finds([](Filter& f) { f.until = kNoon + std::chrono::hours(1); }));
  BOOST_TEST(finds([](Filter& f) {
    f.since = kNoon;
    f.sender = "anna@example.org";
    f.recipient = "bob@b.example";
    f.subject = "100";
  }));
  Filter nobody;
  nobody.sender = "na@example.org";  // only a part
  BOOST_TEST(rows(nobody).empty());
  nobody.sender = "' OR 1=1 --";
  BOOST_TEST(rows(nobody).empty());
}

BOOST_AUTO_TEST_CASE(a_story_holds_all_events_in_order_and_an_unknown_id_has_none) {
  write(message("8A3DAA7A068", {"a@b.example"}));
  log({"postfix/smtp[1]: 8A3DAA7A068: to=<a@b.example>, relay=mx[1.2.3.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)"});
  const auto story = query().story(rows()[0].id).value();
  BOOST_TEST_REQUIRE(story.has_value());
  BOOST_TEST_REQUIRE(story->events.size() == 3U);
  BOOST_TEST(story->events[0].kind == "RECEIVE");
  BOOST_TEST(story->events[2].kind == "SEND");
  BOOST_TEST(story->events[2].relay == "mx[1.2.3.4]:25");
  BOOST_TEST((story->events[2].time == kNoon + std::chrono::seconds(1)));
  BOOST_TEST(!query().story("00000000000").value().has_value());
  BOOST_TEST(!query().story("'; DROP").value().has_value());
}

BOOST_AUTO_TEST_CASE(the_connector_over_verified_tls_is_no_leak) {
  BOOST_TEST(!why_leak(kZivver,
                       attempt("postfix/pams/smtp", "Smart.example[1.2.3.4]:25", "sent", "Verified TLSv1.3"))
                  .has_value());
  BOOST_TEST(!why_leak(kZivver, attempt("postfix/pams/smtp", "127.0.0.1[127.0.0.1]:2525", "deferred",
                                        "Untrusted TLSv1.3"))
                  .has_value());
  // smtp_tls_loglevel = 0: the log does not tell
  BOOST_TEST(
      !why_leak(kZivver, attempt("postfix/pams/smtp", "smart.example[1.2.3.4]:25", "sent")).has_value());
}

BOOST_AUTO_TEST_CASE(an_attempt_that_reached_nobody_is_no_leak) {
  BOOST_TEST(!why_leak(kZivver, attempt("postfix/smtp", "none", "deferred")).has_value());
  BOOST_TEST(!why_leak(kZivver, attempt("postfix/error", "none", "deferred")).has_value());
}

BOOST_AUTO_TEST_CASE(another_transport_another_host_or_unverified_tls_is_a_leak) {
  const auto leaks = [](const ToldEvent& event) { return why_leak(kZivver, event).has_value(); };
  BOOST_TEST(leaks(attempt("postfix/smtp", "smart.example[1.2.3.4]:25", "sent", "Verified TLSv1.3")));
  BOOST_TEST(leaks(attempt("postfix/smtp", "mx[1.2.3.4]:25", "deferred")));
  BOOST_TEST(leaks(attempt("postfix/local", "local", "sent")));
  BOOST_TEST(leaks(attempt("pams/smtp", "smart.example[1.2.3.4]:25", "sent")));
  BOOST_TEST(leaks(attempt("postfix/pams/smtp", "smart.example[1.2.3.4]:587", "sent", "Verified TLSv1.3")));
  BOOST_TEST(
      leaks(attempt("postfix/pams/smtp", "smart.example.evil[1.2.3.4]:25", "sent", "Verified TLSv1.3")));
  BOOST_TEST(leaks(attempt("postfix/pams/smtp", "smart.example[1.2.3.4]:25", "sent", "Trusted TLSv1.3")));
  BOOST_TEST(leaks(attempt("postfix/pams/smtp", "smart.example[1.2.3.4]:25", "sent", "Anonymous TLSv1.3")));
}

BOOST_AUTO_TEST_CASE(leaks_are_found_among_flagged_messages_only) {
  write(message("8A3DAA7A068", {"a@b.example"}));
  write(flagged("8A3DAA7A069", {"a@b.example"}));
  const std::string rest =
      ": to=<a@b.example>, relay=mx[1.2.3.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=";
  log({"postfix/smtp[1]: 8A3DAA7A068" + rest + "sent (250 ok)"});
  BOOST_TEST(query().leaks().value().empty());
  log({"postfix/smtp[1]: 8A3DAA7A069" + rest + "deferred (450 later)"});
  const auto leaks = query().leaks().value();
  BOOST_TEST_REQUIRE(leaks.size() == 1U);
  BOOST_TEST(leaks[0].queue_id == "8A3DAA7A069");
  BOOST_TEST(leaks[0].recipient == "a@b.example");
}

BOOST_AUTO_TEST_CASE(what_the_relay_sent_is_delivered_before_the_log_is_read_and_whatever_it_says) {
  write(sealed("8A3DAA7A069", {"Bob@client.example", "carol@other.example", "dora@b\xC3\xBC.example"}));
  relay({delivery("5ea1", "bob@client.example"),
         delivery("5ea1", "bob@client.example", RelayDelivery::Result::Failed),
         delivery("5ea1", "carol@other.example", RelayDelivery::Result::Failed),
         delivery("5ea1", "dora@xn--b-eha.example.", RelayDelivery::Result::Failed),
         delivery("5ea1", "dora@xn--b-eha.example."), delivery("0ther", "carol@other.example")});
  const std::string wanted =
      "Bob@client.example Delivered|250 2.0.0 taken|Verified TLSv1.3\n"
      "carol@other.example Failed|250 2.0.0 taken|Verified TLSv1.3\n"
      "dora@b\xC3\xBC.example Delivered|250 2.0.0 taken|Verified TLSv1.3\n";
  BOOST_TEST(fates() == wanted);
  log({"postfix/pams/lmtp[1]: 8A3DAA7A069: to=<bob@client.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (lost connection)"});
  BOOST_TEST(fates() == wanted);
  BOOST_TEST(rows().at(0).host == "smart.example:25");
  Filter delivered;
  delivered.status = DeliveryStatus::Delivered;
  BOOST_TEST(rows(delivered).size() == 2U);
  delivered.limit = 1;
  BOOST_TEST(rows(delivered).size() == 1U);
  Filter pending;
  pending.status = DeliveryStatus::Pending;
  BOOST_TEST(rows(pending).empty());
}

BOOST_AUTO_TEST_CASE(a_resubmitted_carrier_is_another_message_of_the_same_seal) {
  write(sealed("8A3DAA7A069", {"bob@client.example"}));
  write(sealed("8A3DAA7A06A", {"bob@client.example"}));
  relay({delivery("5ea1", "bob@client.example")});
  BOOST_TEST(fates() ==
             "bob@client.example Delivered|250 2.0.0 taken|Verified TLSv1.3\n"
             "bob@client.example Delivered|250 2.0.0 taken|Verified TLSv1.3\n");
}

BOOST_AUTO_TEST_CASE(recipients_that_the_mta_made_follow_the_one_that_the_seal_names_or_get_nothing) {
  write(sealed("4EBA64B", {"team@client.example"}));
  const std::string rest =
      "relay=gateway.example.org[pams-milter/relay.sock], delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 dropped)";
  log({"postfix/pams/lmtp[1]: 4EBA64B: to=<bob@client.example>, orig_to=<team@client.example>, " + rest,
       "postfix/pams/lmtp[1]: 4EBA64B: to=<copy@example.org>, " + rest});
  auto dropped = delivery("5ea1", "copy@example.org", RelayDelivery::Result::Dropped);
  dropped.host = dropped.protocol = "";
  dropped.reply = "250 2.0.0 not a recipient of the sealed message";
  relay({delivery("5ea1", "team@client.example"), dropped});
  BOOST_TEST(fates() ==
             "team@client.example Delivered|250 2.0.0 taken|Verified TLSv1.3\n"
             "bob@client.example Delivered|250 2.0.0 taken|Verified TLSv1.3\n"
             "copy@example.org Failed|250 2.0.0 not a recipient of the sealed message|\n");
  BOOST_TEST(query().leaks().value().empty());
}

BOOST_AUTO_TEST_CASE(a_story_holds_what_the_relay_did_among_what_the_log_tells) {
  write(sealed("4EBA64B", {"bob@client.example"}));
  const std::string to_bob = "postfix/pams/lmtp[1]: 4EBA64B: to=<bob@client.example>, ";
  log({to_bob + "relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (no relay)"}, "12:00:00");
  log({to_bob +
       "relay=gateway.example.org[pams-milter/relay.sock], delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 taken)"},
      "12:00:02");
  auto sent = delivery("5ea1", "bob@client.example");
  auto dropped = delivery("5ea1", "copy@example.org", RelayDelivery::Result::Dropped);
  sent.time = kNoon + std::chrono::milliseconds(1500);
  dropped.time = kNoon + std::chrono::milliseconds(1600);
  relay({sent, dropped});
  BOOST_TEST(kinds() == "RECEIVE REPLY DEFER SEND DROP SEND");
  const auto event = query().story(rows()[0].id).value()->events.at(3);
  BOOST_TEST(event.service == "pams-relay");
  BOOST_TEST(event.relay == "smart.example[192.0.2.1]:25");
  BOOST_TEST(event.address + " " + event.cipher + " " + event.certificate + " " + event.tls ==
             "192.0.2.1 TLS_AES_256_GCM_SHA384 c0ffee Verified TLSv1.3");
}

BOOST_AUTO_TEST_CASE(a_relay_that_has_just_begun_knows_nothing_and_one_that_cannot_be_read_is_an_error) {
  write(sealed("4EBA64B", {"bob@client.example"}));
  std::ofstream(directory / "relay.db").flush();
  BOOST_TEST(fates() == "bob@client.example Pending||\n");
  std::ofstream(directory / "relay.db") << std::string(4096, 'x');
  BOOST_TEST(!TraceQuery::open(path).has_value());
}

BOOST_AUTO_TEST_CASE(a_database_from_before_there_were_seals_is_read_and_then_upgraded) {
  write(flagged("8A3DAA7A068", {"a@b.example"}));
  log({"postfix/pams/smtp[1]: 8A3DAA7A068: to=<a@b.example>, relay=smart.example[1.2.3.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)"});
  {
    auto old = pams::milter::sqlite::Database::open(path, pams::milter::sqlite::Access::ReadWrite,
                                                    pams::milter::sqlite::Durability::Normal)
                   .value();
    BOOST_TEST_REQUIRE(
        old.script(
               "DROP TABLE sealed; DROP TABLE sealing; DROP TABLE archived; DROP TABLE refusal; PRAGMA user_version = 1;")
            .has_value());
  }
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST(query().leaks().value().empty());
  store = TraceStore::open(path, kNoon).value();
  BOOST_TEST(query().leaks().value().empty());  // it left as it did then
  write(sealed("8A3DAA7A069", {"b@b.example"}));
  write(flagged("8A3DAA7A06A", {"c@b.example"}));
  log({"postfix/pams/smtp[1]: 8A3DAA7A06A: to=<c@b.example>, relay=smart.example[1.2.3.4]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)"});
  const auto leaks = query().leaks().value();
  BOOST_TEST_REQUIRE(leaks.size() == 1U);
  BOOST_TEST(leaks[0].recipient == "c@b.example");
}

BOOST_AUTO_TEST_CASE(a_trace_that_is_just_being_made_cannot_be_asked_yet) {
  const auto empty = directory / "empty.db";
  std::ofstream(empty).flush();
  BOOST_TEST(!TraceQuery::open(empty).has_value());
  BOOST_TEST(TraceQuery::open(path).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
