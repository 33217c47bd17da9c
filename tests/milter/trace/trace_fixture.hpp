/// A trace database in a directory of its own, messages for it, and lines of a mail log about them.
#pragma once

#include <boost/test/unit_test.hpp>

#include "milter/trace/trace_query.hpp"
#include "milter/trace/trace_store.hpp"
#include "tests/support/temporary_directory.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::trace;

inline const Instant kNoon =
    Instant(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(12);

inline MessageTrace message(const std::string& queue_id, std::vector<std::string> recipients) {
  MessageTrace message;
  message.received = kNoon;
  message.queue_id = queue_id;
  message.message_id = "<" + queue_id + "@example.org>";
  message.sender = "anna@example.org";
  message.recipients = std::move(recipients);
  message.subject = "Quarterly figures";
  message.message_class = "outbound";
  message.size = 377;
  message.client = "127.0.0.1";
  message.events = {{EventKind::Receive, "127.0.0.1"}, {EventKind::Reply, "250"}};
  return message;
}

inline MessageTrace flagged(const std::string& queue_id, std::vector<std::string> recipients) {
  auto flagged = message(queue_id, std::move(recipients));
  flagged.message_class = "flagged";
  flagged.route = Route{"Zivver", "pams", {"smart.example:25"}};
  return flagged;
}

inline MessageTrace sealed(const std::string& queue_id, std::vector<std::string> recipients,
                           const std::string& seal = "5ea1") {
  auto sealed = flagged(queue_id, std::move(recipients));
  sealed.seal = seal;
  return sealed;
}

/// What the relay writes down when the smart host took it.
inline RelayDelivery delivery(const std::string& seal, const std::string& recipient,
                              RelayDelivery::Result result = RelayDelivery::Result::Sent) {
  RelayDelivery delivery;
  delivery.seal = seal;
  delivery.recipient = recipient;
  delivery.time = kNoon + std::chrono::milliseconds(500);
  delivery.result = result;
  delivery.connector = "Zivver";
  delivery.host = "smart.example:25";
  delivery.address = "192.0.2.1";
  delivery.protocol = "TLSv1.3";
  delivery.cipher = "TLS_AES_256_GCM_SHA384";
  delivery.certificate = "c0ffee";
  delivery.verified = true;
  delivery.reply = "250 2.0.0 taken";
  return delivery;
}

struct TraceFixture {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "trace.db";
  TraceStore store = TraceStore::open(path, kNoon).value();

  void write(const MessageTrace& message) { BOOST_TEST_REQUIRE(store.write({&message, 1}, {}).has_value()); }
  /// "postfix/smtp[1]: text", each a line.
  void log(std::initializer_list<std::string_view> lines, const std::string& time = "12:00:01") {
    LogBatch batch;
    for (const auto line : lines) {
      const auto entry =
          read_syslog_line("2026-11-23T" + time + ".000000+00:00 gateway " + std::string(line), kNoon);
      BOOST_TEST_REQUIRE(entry.has_value(), line);
      batch.entries.push_back(*entry);
    }
    BOOST_TEST_REQUIRE(store.join(batch, kNoon).has_value());
  }
  void relay(const std::vector<RelayDelivery>& deliveries) const {
    BOOST_TEST_REQUIRE(DeliveryLog::open(directory / "relay.db").value().record(deliveries).has_value());
  }
  TraceQuery query() const { return TraceQuery::open(path).value(); }
  std::vector<StatusRow> rows(const Filter& filter = {}) const { return query().find(filter).value(); }
  /// "recipient status|reply|tls", each a line.
  std::string fates() const {
    std::string all;
    for (const auto& row : rows())
      all += row.recipient + " " + row.status + "|" + row.reply + "|" + row.tls + "\n";
    return all;
  }
  /// "KIND KIND ..." of the newest message.
  std::string kinds() const {
    std::string all;
    const auto story = query().story(rows().at(0).id).value().value();
    for (const auto& event : story.events)
      all +=
          (all.empty() ? "" : " ") + event.kind + (event.times > 1 ? "*" + std::to_string(event.times) : "");
    return all;
  }
};

}  // namespace pams::test
