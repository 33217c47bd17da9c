#include "milter/smart_host/certificate_name.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/x509v3.h>

#include "rules/base/c_ptr.hpp"
#include "tests/milter/smart_host/connection_fixture.hpp"

namespace pams::test {
namespace {

using milter::smart_host::vouches_for;
using namespace std::string_literals;

void free_names(GENERAL_NAMES* names) noexcept { GENERAL_NAMES_free(names); }

/// With these DNS names, whatever bytes they hold, and this CN.
CPtr<X509, X509_free> certificate(const std::vector<std::string>& names, const std::string& cn = "") {
  CPtr<X509, X509_free> made(X509_new());
  const CPtr<GENERAL_NAMES, free_names> list(sk_GENERAL_NAME_new_null());
  for (const auto& name : names) {
    auto* one = GENERAL_NAME_new();
    auto* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
    GENERAL_NAME_set0_value(one, GEN_DNS, text);
    sk_GENERAL_NAME_push(list.get(), one);
  }
  if (!names.empty()) X509_add1_ext_i2d(made.get(), NID_subject_alt_name, list.get(), 0, 0);
  if (!cn.empty())
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(cn.c_str()), -1, -1, 0);
  return made;
}

bool vouch(const std::vector<std::string>& names, const std::string& wanted) {
  return vouches_for(certificate(names).get(), wanted);
}

/// What a smart host with such a certificate of a believed authority is told; "" when it is the smart host.
std::string opened_with(const std::string& alternative_names, const std::string& tls_domain) {
  TlsPeer::Script script;
  script.alternative_names = alternative_names;
  SmartHostSite site(std::move(script));
  site.connector.tls_domain = tls_domain;
  return SmartHostSite::failure(site.open());
}

BOOST_AUTO_TEST_SUITE(certificate_name)

BOOST_AUTO_TEST_CASE(a_wildcard_domain_is_exactly_one_label_as_in_exchange) {
  const std::string domain = "*.partner.example";
  for (const auto& name : {"mail.partner.example"s, "MAIL.Partner.Example"s, "*.partner.example"s,
                           "xn--bcher-kva.partner.example"s, "mx_1.partner.example"s})
    BOOST_TEST(vouch({"other.test", name}, domain), name);
  for (const auto& name :
       {"partner.example"s, ".partner.example"s, "a.b.partner.example"s, "*.b.partner.example"s,
        "evilpartner.example"s, "mail.partner.example.evil.test"s, "mail.partner.example."s,
        "m*.partner.example"s, "**.partner.example"s, "-.partner.example"s, " .partner.example"s,
        "*.example"s, "*"s, ""s, "evil.test\0.partner.example"s, "mail.partner.example\0.evil.test"s,
        "a/b.partner.example"s, std::string(64, 'a') + ".partner.example"})
    BOOST_TEST(!vouch({name}, domain), name);
  BOOST_TEST(!vouch({}, domain));
}

BOOST_AUTO_TEST_CASE(a_whole_name_is_that_name_or_a_wildcard_for_its_first_label) {
  const std::string name = "mail.partner.example";
  for (const auto& good : {"mail.partner.example"s, "*.partner.example"s})
    BOOST_TEST(vouch({good}, name), good);
  for (const auto& bad :
       {"partner.example"s, "*.mail.partner.example"s, "*.example"s, "*"s, "*.*.example"s,
        "m*.partner.example"s, "mail.partner.example\0.evil.test"s, "mail.partner.example."s})
    BOOST_TEST(!vouch({bad}, name), bad);
}

BOOST_AUTO_TEST_CASE(the_subjects_cn_vouches_for_nothing) {
  for (const auto* wanted : {"mail.partner.example", "*.partner.example"})
    BOOST_TEST(!vouches_for(certificate({}, "mail.partner.example").get(), wanted), wanted);
  BOOST_TEST(!vouches_for(certificate({"other.test"}, "mail.partner.example").get(), "*.partner.example"));
}

BOOST_AUTO_TEST_CASE(a_smart_host_proves_a_wildcard_domain_over_real_tls) {
  BOOST_TEST(opened_with("DNS:mail.partner.example", "*.partner.example") == "");
  BOOST_TEST(opened_with("DNS:*.partner.example", "*.partner.example") == "");
  for (const auto* names : {"DNS:partner.example", "DNS:a.b.partner.example", "DNS:*.b.partner.example",
                            "DNS:evilpartner.example", "IP:127.0.0.1", "email:a@mail.partner.example",
                            "URI:https://mail.partner.example/"}) {
    const auto failure = opened_with(names, "*.partner.example");
    BOOST_TEST(contains(failure, ": name: wanted is *.partner.example, but"), names << ": " << failure);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pams::test
