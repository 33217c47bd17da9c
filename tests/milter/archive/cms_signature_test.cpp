// What is signed is proved by the real openssl, with nothing but the three files.
#include "milter/archive/cms_signature.hpp"

#include <cstdlib>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams::milter;
using namespace pams::test;
namespace data = boost::unit_test::data;

namespace {

struct SignedFile {
  const TemporaryDirectory directory;
  const std::string key = directory / "key.pem";

  bool run(const std::string& command) const {
    return std::system(("cd " + directory.path() + " && " + command + " >/dev/null 2>&1").c_str()) == 0;
  }
  archive::CmsSignature sign(const std::string& document) const {
    auto made = archive::sign_document(key, document).value();
    write_file(directory / "f", document);
    write_file(directory / "f.p7s", made.signature);
    write_file(directory / "f.pem", made.certificate);
    return made;
  }
  bool is_proved() const {
    return run("openssl cms -verify -binary -inform PEM -in f.p7s -content f -CAfile f.pem -out /dev/null");
  }
};

const char* const kKinds[] = {"ed25519", "ed448", "EC -pkeyopt ec_paramgen_curve:P-256", "RSA"};

}  // namespace

BOOST_AUTO_TEST_SUITE(cms_signature)

BOOST_DATA_TEST_CASE(openssl_proves_the_document_and_finds_a_change, data::make(kKinds), kind) {
  const SignedFile file;
  BOOST_TEST_REQUIRE(file.run(std::string("openssl genpkey -algorithm ") + kind + " -out key.pem"));
  const std::string document = "{\n  \"a\": 1\r\n}\n";
  file.sign(document);
  BOOST_TEST(file.is_proved());
  BOOST_TEST(file.run(
      "openssl x509 -in f.pem -noout -pubkey > a && openssl pkey -in key.pem -pubout > b && cmp a b"));
  write_file(file.directory / "f", document + " ");
  BOOST_TEST(!file.is_proved());
}

/// An auditor keeps the certificate of one evidence for all later ones.
BOOST_DATA_TEST_CASE(a_certificate_of_the_key_proves_whatever_the_key_signs, data::make(kKinds), kind) {
  const SignedFile file;
  BOOST_TEST_REQUIRE(file.run(std::string("openssl genpkey -algorithm ") + kind + " -out key.pem"));
  const auto first = file.sign("first");
  file.sign("second");
  write_file(file.directory / "f.pem", first.certificate);
  BOOST_TEST(file.is_proved());
  BOOST_TEST_REQUIRE(file.run("mv key.pem former.pem && openssl genpkey -algorithm ed25519 -out key.pem"));
  file.sign("second");
  write_file(file.directory / "f.pem", first.certificate);
  BOOST_TEST(!file.is_proved(), "another key has signed");
}

BOOST_AUTO_TEST_CASE(a_file_without_a_key_is_said_plainly) {
  const SignedFile file;
  write_file(file.key, "no key");
  const auto made = archive::sign_document(file.key, "x");
  BOOST_TEST_REQUIRE(!made.has_value());
  BOOST_TEST(made.error().what.find("holds no private key") != std::string::npos);
  BOOST_TEST(!archive::sign_document(file.directory / "missing.pem", "x").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
