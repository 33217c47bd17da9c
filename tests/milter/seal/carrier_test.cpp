#include "milter/seal/carrier.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/milter/seal/carrier_fixture.hpp"

using namespace pams;
using namespace pams::milter::seal;
using namespace pams::test;

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

BOOST_AUTO_TEST_SUITE_END()
