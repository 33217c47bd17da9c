/// Carriers of a sample message, written and read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "milter/seal/carrier.hpp"
#include "rules/message/message.hpp"
#include "tests/milter/seal/seal_fixture.hpp"
#include "tests/support/eml.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::seal;

using pams::test::operator""_eml;

inline const CarrierSettings kSettings{"pams", "smtp.zivver.com", false, kThen};

struct Carrier {
  std::string header;
  std::string body;
  std::string wire() const { return header + "\r\n" + body; }
};

inline Carrier carrier_of(const Message& message, const CarrierSettings& settings = kSettings) {
  const auto key = fixed_key();
  const auto contents = sample_contents();
  CarrierWriter writer(key, contents, message, settings);
  Carrier carrier{Headers(writer.header()).wire(), {}};
  const auto written = writer.write_body([&](std::string_view bytes) -> Status {
    carrier.body += bytes;
    return {};
  });
  BOOST_TEST_REQUIRE(written.has_value());
  return carrier;
}

struct Read {
  Status status;
  std::optional<CarrierReader::Header> header;
  std::string message;
};

inline Read read(std::string_view carrier, std::size_t piece = 4096,
                 const KeyRing& keys = KeyRing({fixed_key()})) {
  Read out;
  CarrierReader reader(
      keys,
      [&](const CarrierReader::Header& header, const Contents& contents) -> Status {
        BOOST_TEST((contents == sample_contents()));
        out.header = header;
        return {};
      },
      [&](std::string_view bytes) -> Status {
        BOOST_TEST(out.header.has_value());
        out.message += bytes;
        return {};
      });
  out.status = feed(reader, carrier, piece);
  return out;
}

inline void check_refused(std::string_view carrier, const std::string& says) {
  const auto out = read(carrier);
  BOOST_TEST_CONTEXT(says) {
    BOOST_TEST_REQUIRE(!out.status.has_value());
    BOOST_TEST((out.status.error().failure == Failure::Refused));
    BOOST_TEST(out.status.error().what.find(says) != std::string::npos, out.status.error().what);
  }
}

inline std::string replaced(std::string s, const std::string& from, const std::string& to) {
  BOOST_TEST_REQUIRE(s.find(from) != s.npos, from);
  return s.replace(s.find(from), from.size(), to);
}

inline const auto kMessage = parse_message(R"(
Received: from client by gateway; Fri, 27 Nov 2026 10:00:00 +0000
From: Jan <jan@example.org>
To: dr@ziekenhuis.nl,
 second@ziekenhuis.nl
zivver-relay: true
To: third@ziekenhuis.nl
Subject: The secret matter
Date: Fri, 27 Nov 2026 10:00:00 +0000
Message-ID: <1@example.org>
Bcc: hidden@example.org

.
..
The body.
)"_eml);

}  // namespace pams::test
