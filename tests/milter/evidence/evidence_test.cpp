// What an auditor gets of a message that 0.1.0 handled: all that is known, and what is not is said.
#include "milter/evidence/evidence.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/milter/former/former_files.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams::milter;
using namespace pams::test;

namespace {

struct Audited {
  const TemporaryDirectory directory;
  const std::string path = directory / "trace.db";
  Config config;

  Audited() {
    make_former_archive(directory.path());
    make_former_database(path, "trace");
    make_former_database(directory / "relay.db", "relay");
    config.settings.archives = {{"compliance", directory / "archive"}};
  }
  nlohmann::ordered_json document(const std::string& message_id) const {
    auto query = trace::TraceQuery::open(path).value();
    trace::Filter filter;
    filter.message_id = message_id;
    const auto id = query.find(filter).value().at(0).id;
    return evidence::collect(config, query, id, {}).value().value().document;
  }
};

bool has(const nlohmann::ordered_json& sentences, std::string_view words) {
  for (const auto& one : sentences)
    if (one.get<std::string>().find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(evidence_document, Audited)

BOOST_AUTO_TEST_CASE(delivery_and_archive_are_told_and_what_is_not_known_is_said) {
  const auto told = document("<a@example.org>");
  BOOST_TEST(told["envelope"]["sender"] == "ann@example.org");
  const auto& delivery = told["deliveries"].at(0);
  BOOST_TEST(delivery["smart_host"] == "smart.example:25");
  BOOST_TEST(delivery["tls_protocol"] == "TLSv1.3");
  BOOST_TEST(delivery["certificate_sha256"] == "c0ffee");
  BOOST_TEST(delivery["certificate_names"] == "not known");
  BOOST_TEST(has(told["not_known"], "the names of the certificate that smart.example:25 showed"));
  BOOST_TEST(has(told["not_known"], "what the trace lost"));
  BOOST_TEST(told["archive"].at(0)["content_sha256_as_sent"] ==
             "167b0a9e607fa7ecc94f4365858264d223f64f57522d59fc3d187f195dfd1933");
  const auto& chain = told["archive"].at(0)["chain"];
  BOOST_TEST(chain["entry"] == 2);
  BOOST_TEST(chain["record_fits_chain"] == true);
  BOOST_TEST(has(told["summary"], "which it fits."));
}

BOOST_AUTO_TEST_CASE(a_record_that_was_changed_does_not_fit_the_chain) {
  run_sql(directory / "archive/archive.db",
          "UPDATE record SET recipients = 'eve@example.net' WHERE number = 2");
  const auto told = document("<a@example.org>");
  BOOST_TEST(told["archive"].at(0)["chain"]["record_fits_chain"] == false);
  BOOST_TEST(has(told["summary"], "does NOT fit"));
}

BOOST_AUTO_TEST_CASE(a_refused_message_is_told_as_refused_and_not_archived) {
  const auto told = document("<b@example.org>");
  BOOST_TEST(told["archive"].empty());
  BOOST_TEST(told["deliveries"].empty());
  BOOST_TEST(has(told["summary"], "451 4.3.0"));
  BOOST_TEST(has(told["summary"], "no archiving"));
}

BOOST_AUTO_TEST_CASE(an_archive_that_cannot_be_read_is_not_taken_for_one_without_the_message) {
  make_newer(directory / "archive/archive.db");
  const auto told = document("<a@example.org>");
  BOOST_TEST(told["archive"].empty());
  BOOST_TEST(has(told["not_known"], "what archive 'compliance' has of it"));
}

BOOST_AUTO_TEST_CASE(there_is_no_evidence_of_a_message_that_is_not_there) {
  auto query = trace::TraceQuery::open(path).value();
  BOOST_TEST(!evidence::collect(config, query, "AAAAAAAAAAA", {}).value().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
