/// What the tests of a message's end send, and where they look what became of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "milter/archive/archive_database.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/milter_client.hpp"
#include "tests/support/opened_carrier.hpp"
#include "tests/support/running_milter.hpp"

namespace pams::test {
using namespace pams::milter;

inline constexpr std::string_view kFlaggedOffer =
    "From: ann@example.org\n"
    "Subject: offer\n"
    "zivver-relay: relay-1\n"
    "\n"
    "secret\n";

inline constexpr std::string_view kOrdinaryOffer =
    "From: ann@example.org\n"
    "Subject: hello\n"
    "\n"
    "hello\n";

inline const std::string kDisclaimer = R"(
[[transport_rule]]
name = "Disclaimer"
[[transport_rule.do]]
apply_html_disclaimer = { location = "append", html = "<p>Confidential.</p>", fallback_action = "ignore" }
)";

struct MilterConnection {
  explicit MilterConnection(const std::string& socket, const std::string& from = "127.0.0.1",
                            Offer offer = {})
      : client(socket, offer) {
    client.connect(from);
  }
  Ending send(std::string_view eml, const std::vector<std::string>& to = {"bob@example.net"}) {
    return client.send("ann@example.org", to, eml);
  }
  MilterClient client;
};

inline std::vector<archive::RecordRow> rows_in(const std::string& archive) {
  std::vector<archive::RecordRow> rows;
  auto database = archive::ArchiveDatabase::open(archive, sqlite::Access::ReadOnly);
  if (!database) return rows;
  const auto read = database->each_record(0, [&](const archive::RecordRow& row) {
    rows.push_back(row);
    return true;
  });
  BOOST_TEST(read.has_value());
  return rows;
}

inline std::size_t records_in(const std::string& archive) { return rows_in(archive).size(); }

}  // namespace pams::test
