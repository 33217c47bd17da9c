#include <boost/test/unit_test.hpp>

#include "milter/seal/carrier.hpp"
#include "rules/base/text.hpp"
#include "tests/milter/seal/carrier_fixture.hpp"

using namespace pams;
using namespace pams::milter::seal;
using namespace pams::test;

BOOST_AUTO_TEST_SUITE(carrier_reader)

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
