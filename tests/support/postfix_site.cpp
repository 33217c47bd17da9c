#include "tests/support/postfix_site.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "milter/mta/process.hpp"
#include "milter/routing/cached_mta.hpp"
#include "milter/seal/key_ring.hpp"
#include "milter/setup/postfix/postfix_plan.hpp"
#include "milter/setup/postfix/postfix_setup.hpp"
#include "rules/base/text.hpp"

namespace fs = std::filesystem;

namespace pams::test {
namespace {

constexpr const char* kMaster = R"(# Debian's services, shortened
smtp      inet  n       -       y       -       -       smtpd
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       y       -       -       trivial-rewrite
bounce    unix  -       -       y       -       0       bounce
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
        -o syslog_name=postfix/$service_name
error     unix  -       -       y       -       -       error
retry     unix  -       -       y       -       -       error
local     unix  -       n       n       -       -       local
)";

std::string temporary_directory() {
  std::string name = "/tmp/pams-postfix-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  return name;
}

}  // namespace

boost::test_tools::assertion_result postfix_is_installed(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(!milter::mta::find_program("postconf").empty());
  result.message() << "Postfix is not installed";
  return result;
}

PostfixSite::PostfixSite() : postfix(""), root_(temporary_directory()) {
  directory = root_ + "/etc";
  queue = root_ + "/queue";
  fs::create_directories(directory);
  fs::create_directories(queue + "/pams-milter");
  write("main.cf",
        "compatibility_level = 3.6\nmyhostname = gate.example.org\nqueue_directory = " + queue + "\n");
  write("master.cf", kMaster);
  postfix = milter::mta::Postfix(directory);
  config.settings.postfix_config = directory;
  config.settings.listen.unix_path = queue + "/pams-milter/pams.sock";
  config.settings.relay.listen.unix_path = queue + "/pams-milter/relay.sock";
  config.settings.seal_key_file = root_ + "/seal.key";
  constexpr unsigned kAsItIs = static_cast<unsigned>(-1);
  static_cast<void>(
      milter::seal::ensure_key_file(config.settings.seal_key_file, {}, kAsItIs, kAsItIs).value());
  rules::OutboundConnector connector;
  connector.name = "Zivver";
  connector.smart_hosts = {{"smtp.zivver.example", 25}};
  connector.tls_domain = "smtp.zivver.example";
  connector.max_message_size = 50U << 20U;
  config.policy.connectors = {connector};
  config.policy.pams.connector = connector.name;
}

PostfixSite::~PostfixSite() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void PostfixSite::let_main_cool() const {
  std::error_code not_there_yet;
  fs::last_write_time(directory + "/main.cf", fs::file_time_type::clock::now() - std::chrono::minutes(1),
                      not_there_yet);
}

std::string PostfixSite::read(const std::string& file) const {
  std::ifstream in(directory + "/" + file);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

void PostfixSite::write(const std::string& file, const std::string& content) const {
  std::ofstream(directory + "/" + file) << content;
  let_main_cool();
}

void PostfixSite::append(const std::string& file, const std::string& text) const {
  std::ofstream(directory + "/" + file, std::ios::app) << text << "\n";
  let_main_cool();
}

void PostfixSite::replace(const std::string& file, const std::string& from, const std::string& to) const {
  const auto content = read(file);
  BOOST_TEST_REQUIRE(content.find(from) != std::string::npos, file << " has no '" << from << "'");
  write(file, text::replace_all(content, from, to));
}

milter::setup::SetupPlan PostfixSite::plan(const std::vector<std::string>& outbound) const {
  return milter::setup::plan_setup(config, outbound, milter::setup::read_site(postfix, config).value());
}

std::string PostfixSite::set_up(const std::vector<std::string>& outbound) const {
  const auto wanted = plan(outbound);
  for (const auto& problem : wanted.problems) BOOST_TEST_ERROR(problem);
  const auto backup = milter::setup::apply_setup(wanted, postfix, "20260101T000000Z");
  BOOST_TEST_REQUIRE(backup.has_value(), backup.error().what);
  let_main_cool();
  return *backup;
}

void PostfixSite::set_up_formerly() const {
  write("pams_milter_header_checks",
        "/^X-PAMS-Route:[[:space:]]*TOKEN$/ FILTER pams:[smtp.zivver.example]:25\n");
  write("pams_header_checks",
        "/^X-PAMS-Route:[[:space:]]*TOKEN$/ FILTER pams:[smtp.zivver.example]:25\n"
        "/^zivver-relay[[:space:]]*:/ FILTER retry:4.7.1 pams-milter did not process this message\n");
  write("pams_smtp_header_checks", "/^X-PAMS-Route[[:space:]]*:/ IGNORE\n");
  write("pams_password_pams", "[smtp.zivver.example]:25 gate:correct horse\n");
  append("master.cf",
         "pams unix - - n - - smtp\n  -o syslog_name=postfix/pams\n"
         "  -o smtp_tls_security_level=secure\n  -o tls_append_default_CA=no\n"
         "  -o smtp_header_checks=pcre:" +
             directory + "/pams_smtp_header_checks\n  -o smtp_sasl_password_maps=texthash:" + directory +
             "/pams_password_pams\n  -o lmtp_connect_timeout=7s");
  append("main.cf", "milter_header_checks = pcre:" + directory +
                        "/pams_milter_header_checks\nheader_checks = pcre:" + directory +
                        "/pams_header_checks\nmime_header_checks =\nnested_header_checks =\n"
                        "pams_destination_recipient_limit = 10000");
}

void PostfixSite::save() {
  saved_.clear();
  for (const auto* file :
       {"main.cf", "master.cf", "pams_header_checks", "pams_milter_header_checks", "pams_smtp_guard"})
    saved_.emplace_back(file, read(file));
}

void PostfixSite::put_back() const {
  for (const auto& [file, content] : saved_) write(file, content);
}

milter::doctor::Finding PostfixSite::finding(const std::string& check) const {
  for (const auto* one : milter::doctor::checks())
    if (one->id == check) return milter::doctor::examine(*one, {config, connector(), postfix});
  throw std::logic_error("no check " + check);
}

std::map<std::string, milter::doctor::Finding> PostfixSite::failing() const {
  const milter::routing::CachedMta mta(postfix, std::chrono::minutes(5), std::chrono::steady_clock::now);
  std::map<std::string, milter::doctor::Finding> found;
  for (const auto* check : milter::doctor::checks()) {
    if (!check->guards_routing || !check->is_for(config.settings.mta)) continue;
    auto finding = milter::doctor::examine(*check, {config, connector(), mta});
    if (finding.status == milter::doctor::CheckStatus::Fail) found.emplace(check->id, std::move(finding));
  }
  return found;
}

void PostfixSite::expect_verified() const {
  for (const auto& [id, finding] : failing()) BOOST_TEST_ERROR(id << ": " << finding.seen);
}

}  // namespace pams::test
