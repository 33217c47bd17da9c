#include "milter/seal/carrier.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "rules/message/message.hpp"
#include "rules/mime/base64.hpp"
#include "tests/milter/seal/seal_fixture.hpp"
#include "tests/support/eml.hpp"

using namespace pams;
using namespace pams::milter::seal;
using namespace pams::milter::seal::test;
using pams::test::operator""_eml;

namespace {

const CarrierSettings kSettings{"pams", "smtp.zivver.com", false, kThen};

struct Carrier {
  std::string header;
  std::string body;
  std::string wire() const { return header + "\r\n" + body; }
};

Carrier carrier_of(const Message& message, const CarrierSettings& settings = kSettings) {
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

Read read(std::string_view carrier, std::size_t piece = 4096, const KeyRing& keys = KeyRing({fixed_key()})) {
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

void check_refused(std::string_view carrier, const std::string& says) {
  const auto out = read(carrier);
  BOOST_TEST_CONTEXT(says) {
    BOOST_TEST_REQUIRE(!out.status.has_value());
    BOOST_TEST((out.status.error().failure == Failure::Refused));
    BOOST_TEST(out.status.error().what.find(says) != std::string::npos, out.status.error().what);
  }
}

std::string replaced(std::string s, const std::string& from, const std::string& to) {
  BOOST_TEST_REQUIRE(s.find(from) != s.npos, from);
  return s.replace(s.find(from), from.size(), to);
}

const auto kMessage = parse_message(R"(
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

}  // namespace

BOOST_AUTO_TEST_SUITE(carrier)

BOOST_AUTO_TEST_CASE(what_a_carrier_holds_comes_back_in_pieces_of_any_size) {
  const auto carrier = carrier_of(kMessage).wire();
  for (const std::size_t piece : {1U, 2U, 7U, 76U, 77U, 100'000U}) {
    const auto out = read(carrier, piece);
    BOOST_TEST(out.status.has_value(), piece);
    BOOST_TEST((out.message == kMessage.wire()), piece);
  }
}

BOOST_AUTO_TEST_CASE(every_byte_of_a_large_message_comes_back) {
  auto message = kMessage;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{56}, std::size_t{57}, std::size_t{3'000'000}}) {
    message.body = SharedBytes(noise(size));
    const auto out = read(carrier_of(message).wire());
    BOOST_TEST(out.status.has_value(), size);
    BOOST_TEST((out.message == message.wire()), size);
  }
}

BOOST_AUTO_TEST_CASE(the_header_shows_who_and_when_and_nothing_else) {
  const auto header = carrier_of(kMessage).header;
  const auto fields = parse_message(header + "\r\n").headers;
  std::vector<std::string> names;
  for (const auto& field : fields.fields()) names.push_back(field.name);
  const std::vector<std::string> expected = {
      "From", "To", "To", "Date", "Message-ID", "Subject", "X-PAMS-Sealed", "MIME-Version", "Content-Type"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST(header.find("To: dr@ziekenhuis.nl,\r\n second@ziekenhuis.nl\r\n") != header.npos);
  BOOST_TEST(header.find("Subject: Secure message sent 2027-01-15 08:00 UTC\r\n") != header.npos);
  for (const auto* word : {"secret", "zivver-relay", "hidden", "Received"})
    BOOST_TEST(header.find(word) == header.npos, word);
}

BOOST_AUTO_TEST_CASE(the_subject_is_kept_only_when_the_settings_say_so) {
  auto settings = kSettings;
  settings.keeps_subject = true;
  BOOST_TEST(carrier_of(kMessage, settings).header.find("Subject: The secret matter\r\n") !=
             std::string::npos);
  auto message = kMessage;
  message.headers.remove("Subject");
  BOOST_TEST(carrier_of(message, settings).header.find("Subject: Secure message sent") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_body_is_plain_ascii_in_short_lines_and_shows_nothing) {
  auto message = kMessage;
  message.body = SharedBytes("The body. " + noise(1000));
  auto settings = kSettings;
  settings.destination = "h\xC3\xA9.example\r\n--=_pams_\r\n" + std::string(300, 'x');
  const auto body = carrier_of(message, settings).body;
  BOOST_TEST(body.ends_with("\r\n"));
  std::size_t line = 0;
  for (std::size_t i = 0; i < body.size(); ++i, ++line) {
    if (body[i] == '\r') {
      BOOST_TEST_REQUIRE(body.substr(i, 2) == "\r\n");
      BOOST_TEST_REQUIRE(line <= 76U);
      line = static_cast<std::size_t>(-2);
      continue;
    }
    BOOST_TEST_REQUIRE(((body[i] >= ' ' && body[i] < 0x7F) || body[i] == '\n'));
  }
  for (const auto* word : {"The body", "secret", "ziekenhuis"})
    BOOST_TEST(body.find(word) == body.npos, word);
  BOOST_TEST(read(carrier_of(message, settings).wire()).status.has_value());
}

BOOST_AUTO_TEST_CASE(no_value_smuggles_a_line_end) {
  auto message = kMessage;
  for (const auto* value : {" a\r\nBcc: x@y", " a\nBcc: x@y", " a\rBcc: x@y", " a\r\n\r\nBcc: x@y",
                            " a\r\n \r\n Bcc: x@y", " a\r\n\t \r\n\r\n", " a\r\n ", "\r\n\r\n"}) {
    message.headers.set("From", value);
    const auto carrier = carrier_of(message);
    const auto parsed = parse_message(carrier.header + "\r\n");
    BOOST_TEST_CONTEXT(pams::test::show(value)) {
      BOOST_TEST(!parsed.headers.has("Bcc"));
      BOOST_TEST(parsed.headers.fields().size() == 9U);
      BOOST_TEST(carrier.header.find("\r\n \r\n") == std::string::npos);
      BOOST_TEST((read(carrier.wire()).message == message.wire()));
    }
  }
  message.headers.set("From", std::string(" a\0b", 4));
  BOOST_TEST(carrier_of(message).header.find('\0') == std::string::npos);
  message.headers.set("From", " \xE9t\xE9 <a@b>");
  BOOST_TEST(carrier_of(message).header.find("From: \xE9t\xE9 <a@b>\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_transport_that_is_no_name_makes_no_carrier) {
  for (const auto* name : {"", "pams; via=smtp", "pams\r\nX: y", "a b"}) {
    auto settings = kSettings;
    settings.transport = name;
    BOOST_CHECK_THROW(carrier_of(kMessage, settings), std::invalid_argument);
  }
}

BOOST_AUTO_TEST_CASE(a_header_of_any_size_still_makes_a_carrier_that_is_read) {
  auto message = kMessage;
  message.headers.set("To", " " + std::string(2'000'000, 'x') + "@example.org");
  const auto carrier = carrier_of(message).wire();
  BOOST_TEST(carrier.find("\r\nTo:") == carrier.npos);
  BOOST_TEST((read(carrier).message == message.wire()));
}

BOOST_AUTO_TEST_CASE(a_body_is_written_once) {
  const auto key = fixed_key();
  const auto contents = sample_contents();
  CarrierWriter writer(key, contents, kMessage, kSettings);
  const Sink nowhere = [](std::string_view) -> Status { return {}; };
  BOOST_TEST(writer.write_body(nowhere).has_value());
  BOOST_TEST(!writer.write_body(nowhere).has_value());
}

BOOST_AUTO_TEST_CASE(a_full_disk_while_the_body_is_written_is_said) {
  const auto key = fixed_key();
  const auto contents = sample_contents();
  for (unsigned good = 0; good < 3; ++good) {
    CarrierWriter writer(key, contents, kMessage, kSettings);
    unsigned calls = 0;
    const auto written = writer.write_body([&](std::string_view) -> Status {
      if (calls++ == good) return fail(Failure::Temporary, "disk full");
      return {};
    });
    BOOST_TEST_REQUIRE(!written.has_value());
    BOOST_TEST(written.error().what == "disk full");
    BOOST_TEST(calls == good + 1);
  }
}

BOOST_AUTO_TEST_CASE(what_the_mta_adds_on_the_way_is_harmless_and_its_received_is_kept) {
  const auto carrier = carrier_of(kMessage);
  const std::string received = "Received: by two (Postfix)\r\n\tid 2; now\r\nReceived: by one\r\n";
  auto header = "Return-Path: <jan@example.org>\r\nDelivered-To: x\r\n" + received + carrier.header +
                "X-Original-To: y\r\n\tz\r\n";
  const auto trailing = replaced(carrier.body, "\r\n\r\n", " \r\n \t\r\n");
  for (const auto& body : {carrier.body, carrier.body + "\r\n \r\n", trailing,
                           carrier.body.substr(0, carrier.body.size() - 2)}) {
    const auto out = read(header + "\r\n" + body);
    BOOST_TEST_REQUIRE(out.status.has_value());
    BOOST_TEST(out.header->received == received);
    BOOST_TEST(out.header->sealed.transport == "pams");
    BOOST_TEST((out.message == kMessage.wire()));
  }
}

BOOST_AUTO_TEST_CASE(a_received_field_brings_no_line_of_its_own) {
  const auto carrier = carrier_of(kMessage).wire();
  const auto out = read(std::string("Received: a\rBcc: x\0y\r\n", 22) + carrier);
  BOOST_TEST_REQUIRE(out.status.has_value());
  BOOST_TEST(out.header->received == "Received: a?Bcc: x?y\r\n");
}

BOOST_AUTO_TEST_CASE(what_was_changed_on_the_way_is_refused_with_its_reason) {
  const auto carrier = carrier_of(kMessage);
  const auto wire = carrier.wire();
  const auto close = wire.rfind("--=_pams_");
  check_refused(wire + "-- \r\nlist footer\r\n", "something stands after its seal");
  check_refused(wire.substr(0, close), "cut short");
  check_refused(wire.substr(0, close) + "footer\r\n" + wire.substr(close), "not base64");
  const auto last_line = wire.rfind("\r\n", close - 3) + 2;
  check_refused(std::string(wire).insert(last_line, "\r\n"), "blank line stands in its seal");
  check_refused(replaced(wire, "X-PAMS-Sealed:", "X-Other:"), "no X-PAMS-Sealed");
  check_refused(replaced(wire, "X-PAMS-Sealed: v1", "X-PAMS-Sealed: v2"), "none of this version");
  check_refused("X-PAMS-Sealed: v1\r\n" + wire, "more than once");
  check_refused("no field\r\n" + wire, "no field");
  check_refused(" folded\r\n" + wire, "begins with a continuation");
  check_refused("", "cut short");
  check_refused(carrier.header, "cut short");
  check_refused(replaced(wire, "; key=", "; key=0000000000000000; x="), "none of this version");
}

BOOST_AUTO_TEST_CASE(a_header_that_names_another_seal_or_key_is_refused) {
  const auto one = carrier_of(kMessage), two = carrier_of(kMessage);
  const auto id_in = [](const Carrier& carrier) {
    return carrier.header.substr(carrier.header.find("; id=") + 5, 32);
  };
  const auto swapped = text::replace_all(two.body, id_in(two), id_in(one));
  check_refused(one.header + "\r\n" + swapped, "names another seal");
  check_refused(replaced(one.wire(), "key=" + fixed_key().id(), "key=0123456789abcdef"),
                "names another seal");
}

BOOST_AUTO_TEST_CASE(a_carrier_under_a_lost_key_is_the_postmasters_matter) {
  const auto out = read(carrier_of(kMessage).wire(), 4096, KeyRing({new_key(kThen)}));
  BOOST_TEST_REQUIRE(!out.status.has_value());
  BOOST_TEST((out.status.error().failure == Failure::Misconfigured));
}

BOOST_AUTO_TEST_CASE(a_carrier_cut_short_anywhere_is_never_complete) {
  const auto wire = carrier_of(kMessage).wire();
  const auto whole = wire.size() - 2;  // the last line end may be missing
  for (std::size_t size = 0; size < whole; ++size)
    BOOST_TEST(!read(wire.substr(0, size)).status.has_value(), size);
}

BOOST_AUTO_TEST_CASE(a_carrier_with_any_byte_of_its_seal_changed_is_refused) {
  const auto wire = carrier_of(kMessage).wire();
  const auto begin = wire.find("\r\n\r\n", wire.find("filename=")) + 4, end = wire.rfind("--=_pams_");
  for (auto at = begin; at < end; ++at) {
    if (wire[at] == '\r' || wire[at] == '\n' || wire[at] == '=') continue;
    auto changed = wire;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    const auto out = read(changed);
    // The last character before padding holds bits that stand for nothing.
    if (wire.find_first_not_of("=\r\n", at + 1) == end && out.status) continue;
    BOOST_TEST(!out.status.has_value(), at);
    BOOST_TEST(!out.header.has_value(), at);
  }
}

BOOST_AUTO_TEST_CASE(what_has_no_end_is_refused_before_it_fills_the_memory) {
  const auto carrier = carrier_of(kMessage);
  const auto until_refused = [](const std::string& begin, const std::string& more) {
    const KeyRing keys({fixed_key()});
    CarrierReader reader(
        keys, [](const auto&, const auto&) -> Status { return {}; },
        [](std::string_view) -> Status { return {}; });
    std::size_t fed = begin.size();
    for (auto taken = reader.add(begin); taken && fed < 10'000'000; fed += more.size())
      taken = reader.add(more);
    BOOST_TEST((reader.finish().error().failure == Failure::Refused));
    return fed;
  };
  BOOST_TEST(until_refused("", "x") < 1'100'000U);
  BOOST_TEST(until_refused("", "X: y\r\n") < 1'100'000U);
  BOOST_TEST(until_refused("Received: a\r\n", "\tx\r\n") < 1'100'000U);
  BOOST_TEST(until_refused(carrier.header + "\r\n", "note\r\n") < 70'000U);
  BOOST_TEST(until_refused(carrier.header + "\r\n", "n") < 70'000U);
  const auto sealed_part = carrier.wire().substr(0, carrier.wire().find("base64\r\n"));
  BOOST_TEST(until_refused(sealed_part, "X: y\r\n") < 70'000U);
  BOOST_TEST(until_refused(sealed_part + "\r\n\r\n", "A") < 5'000U);
  BOOST_TEST(until_refused(carrier.wire(), " ") < 5'000U);
}

BOOST_AUTO_TEST_CASE(a_large_header_is_as_large_in_pieces_as_whole) {
  const auto carrier = "X-Large: " + std::string(900'000, 'x') + "\r\n" + carrier_of(kMessage).wire();
  BOOST_TEST(read(carrier, carrier.size()).status.has_value());
  BOOST_TEST(read(carrier, 1).status.has_value());
}

BOOST_AUTO_TEST_CASE(the_sealed_field_says_what_it_was_made_of_and_nothing_else_is_one) {
  const SealedField field{std::string(32, 'a'), std::string(16, 'b'), "pams-2"};
  const auto read = parse_sealed_field(to_value(field)).value();
  BOOST_TEST(read.id == field.id);
  BOOST_TEST(read.key_id == field.key_id);
  BOOST_TEST(read.transport == field.transport);
  BOOST_TEST(parse_sealed_field(" " + to_value(field) + " \t").has_value());
  const auto good = to_value(field);
  for (const auto& bad :
       {std::string(), std::string("v1"), good + ";", good + "; more=1", "v2" + good.substr(2),
        replaced(good, "a;", ";"), replaced(good, "=a", "=A"), replaced(good, "=b", "=g"),
        replaced(good, "pams-2", ""), replaced(good, "pams-2", "a b"), "x" + good})
    BOOST_TEST(!parse_sealed_field(bad).has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()
