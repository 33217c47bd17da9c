#include "milter/mta/postfix/queued_mail.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams::milter;

namespace {

const std::string kPostcat =
    "*** ENVELOPE RECORDS hold/55F82A7264C ***\n"
    " 67 message_size:           15426             713               1\n"
    " 84 message_arrival_time: Fri Nov 27 06:30:11 2026\n"
    " 65 named_attribute: rewrite_context=local\n"
    " 65 named_attribute: envelope_id=abc+def\n"
    " 65 named_attribute: ret_flags=2\n"
    " 83 sender: a b@example.org\n"
    " 65 named_attribute: encoding=8bit\n"
    " 65 named_attribute: client_name=localhost\n"
    " 65 named_attribute: notify_flags=6\n"
    " 65 named_attribute: dsn_orig_rcpt=rfc822;Info+x@First.example\n"
    " 79 original_recipient: info@example.org\n"
    " 82 recipient: -b x@client.example\n"
    " 65 named_attribute: notify_flags=1\n"
    " 68 done_recipient: gone@client.example\n"
    " 82 recipient: bob: y@client.example\n"
    " 77 *** MESSAGE CONTENTS hold/55F82A7264C ***\n"
    " 88 *** HEADER EXTRACTED hold/55F82A7264C ***\n"
    " 65 named_attribute: encoding=8bit\n"
    " 69 *** MESSAGE FILE END hold/55F82A7264C ***\n";

/// What a program that stands for postdrop reads: type and data of each record.
std::vector<std::pair<char, std::string>> records(const std::string& bytes) {
  std::vector<std::pair<char, std::string>> out;
  for (std::size_t at = 0; at < bytes.size();) {
    const char type = bytes.at(at++);
    std::size_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes.at(at++));
      length |= static_cast<std::size_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) break;
    }
    out.emplace_back(type, bytes.substr(at, length));
    at += length;
  }
  return out;
}

/// The content as Postfix puts it together again.
std::string content_of(const std::vector<std::pair<char, std::string>>& all) {
  std::string out;
  for (const auto& [type, data] : all) {
    if (type == 'N' || type == 'L') out += data;
    if (type == 'N') out += '\n';
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(queued_mail)

BOOST_AUTO_TEST_CASE(the_envelope_has_all_recipients_that_are_not_done_each_with_its_own_attributes) {
  const auto envelope = mta::parse_envelope(kPostcat).value();
  BOOST_TEST(envelope.on_hold);
  BOOST_TEST(envelope.sender == "a b@example.org");
  BOOST_TEST(envelope.attributes ==
                 (std::vector<std::string>{"envelope_id=abc+def", "ret_flags=2", "encoding=8bit"}),
             boost::test_tools::per_element());
  BOOST_REQUIRE(envelope.recipients.size() == 2U);
  BOOST_TEST(envelope.recipients[0].address == "-b x@client.example");
  BOOST_TEST(envelope.recipients[0].attributes ==
                 (std::vector<std::string>{"notify_flags=6", "dsn_orig_rcpt=rfc822;Info+x@First.example"}),
             boost::test_tools::per_element());
  BOOST_TEST(envelope.recipients[1].address == "bob: y@client.example");
  BOOST_TEST(envelope.recipients[1].attributes.empty());
}

BOOST_AUTO_TEST_CASE(the_null_sender_is_a_sender_and_no_sender_is_an_error) {
  BOOST_TEST(mta::parse_envelope(" 83 sender: \n 82 recipient: a@b.example\n").value().sender.empty());
  BOOST_TEST(!mta::parse_envelope(" 82 recipient: a@b.example\n").has_value());
  BOOST_TEST(!mta::parse_envelope("").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_not_on_hold_is_not_taken_for_it) {
  BOOST_TEST(!mta::parse_envelope("*** ENVELOPE RECORDS active/5 ***\n 83 sender: hold/\n").value().on_hold);
}

BOOST_AUTO_TEST_CASE(every_byte_of_the_content_survives) {
  const auto envelope = mta::parse_envelope(kPostcat).value();
  for (const std::string& content :
       {std::string("zivver-relay: x\n\nbody\n"),
        "a: b\nX-L: " + std::string(5000, 'y') + "\n\n" + std::string(1000, 'z') + "\n",
        std::string("a: b\n\nN\0L\xff\r\n.\n..\nFrom me\n\n\n", 27), std::string("a: b\n\n")})
    BOOST_TEST(content_of(records(mta::to_postdrop(envelope, content))) == content);
}

BOOST_AUTO_TEST_CASE(no_record_is_longer_than_postdrop_takes) {
  for (const auto& [type, data] : records(mta::to_postdrop({}, std::string(5000, 'y') + "\n")))
    BOOST_TEST(data.size() <= 1000U);
}

BOOST_AUTO_TEST_CASE(postdrop_is_told_the_envelope_first_and_each_attribute_before_its_recipient) {
  std::string types;
  for (const auto& [type, data] :
       records(mta::to_postdrop(mta::parse_envelope(kPostcat).value(), "a: b\n\n")))
    types += type;
  BOOST_TEST(types == "ASAAAAARRMNNXE");
}

BOOST_AUTO_TEST_CASE(a_field_is_found_in_the_header_only) {
  BOOST_TEST(mta::has_field("A: b\nZivver-Relay : x\n\n", "zivver-relay"));
  BOOST_TEST(!mta::has_field("A: b\n\nzivver-relay: x\n", "zivver-relay"));
  BOOST_TEST(!mta::has_field("A: b\n zivver-relay: x\n\n", "zivver-relay"));
  BOOST_TEST(!mta::has_field("", "zivver-relay"));
}

BOOST_AUTO_TEST_CASE(a_field_is_taken_out_with_its_folds_and_nothing_else_is) {
  BOOST_TEST(mta::without_field("A: b\nx-pams-route: t\n o\n\tk\nC: d\n e\n\nX-PAMS-Route: body\n",
                                "X-PAMS-Route") == "A: b\nC: d\n e\n\nX-PAMS-Route: body\n");
  BOOST_TEST(mta::without_field("A: b\nX-PAMS-Route: t\n\n folded\nbody", "X-PAMS-Route") ==
             "A: b\n\n folded\nbody");
}

BOOST_AUTO_TEST_SUITE_END()
