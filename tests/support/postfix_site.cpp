#include "tests/support/postfix_site.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "milter/config/route_token.hpp"
#include "milter/connector/process.hpp"
#include "milter/connector/setup.hpp"
#include "milter/doctor/remembered_mta.hpp"
#include "rules/base/text.hpp"

namespace fs = std::filesystem;

namespace pams::tests {
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

std::string temporary_folder() {
  std::string name = "/tmp/pams-postfix-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return name;
}

}  // namespace

boost::test_tools::assertion_result postfix_is_installed(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(!milter::find_program("postconf").empty());
  result.message() << "Postfix is not installed";
  return result;
}

PostfixSite::PostfixSite() : postfix(""), root_(temporary_folder()) {
  folder = root_ + "/etc";
  queue = root_ + "/queue";
  fs::create_directories(folder);
  fs::create_directories(queue + "/pams-milter");
  write("main.cf",
        "compatibility_level = 3.6\nmyhostname = gate.example.org\nqueue_directory = " + queue + "\n");
  write("master.cf", kMaster);
  write("ca.pem", "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n");
  postfix = milter::Postfix(folder);
  config.settings.postfix_config = folder;
  config.settings.listen.unix_path = queue + "/pams-milter/pams.sock";
  config.settings.route_token_file = root_ + "/route.token";
  token_ = milter::ensure_route_token(config.settings.route_token_file).value();
  rules::OutboundConnector connector;
  connector.name = "Zivver";
  connector.smart_hosts = {{"smtp.zivver.example", 25}};
  connector.tls_domain = "smtp.zivver.example";
  connector.tls_ca_file = folder + "/ca.pem";
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
  fs::last_write_time(folder + "/main.cf", fs::file_time_type::clock::now() - std::chrono::minutes(1),
                      not_there_yet);
}

std::string PostfixSite::read(const std::string& file) const {
  std::ifstream in(folder + "/" + file);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

void PostfixSite::write(const std::string& file, const std::string& content) const {
  std::ofstream(folder + "/" + file) << content;
  let_main_cool();
}

void PostfixSite::append(const std::string& file, const std::string& text) const {
  std::ofstream(folder + "/" + file, std::ios::app) << text << "\n";
  let_main_cool();
}

void PostfixSite::replace(const std::string& file, const std::string& from, const std::string& to) const {
  const auto content = read(file);
  BOOST_TEST_REQUIRE(content.find(from) != std::string::npos, file << " has no '" << from << "'");
  write(file, text::replace_all(content, from, to));
}

milter::SetupPlan PostfixSite::plan(const std::vector<std::string>& outbound) const {
  return milter::plan_setup(config, token_, outbound, milter::read_site(postfix, config).value());
}

std::string PostfixSite::set_up(const std::vector<std::string>& outbound) const {
  const auto wanted = plan(outbound);
  for (const auto& problem : wanted.problems) BOOST_TEST_ERROR(problem);
  const auto backup =
      milter::apply_setup(wanted, postfix, config.settings.route_token_file, "20260101T000000Z");
  BOOST_TEST_REQUIRE(backup.has_value(), backup.error().what);
  let_main_cool();
  return *backup;
}

void PostfixSite::remember() {
  remembered_.clear();
  for (const auto* file :
       {"main.cf", "master.cf", "pams_header_checks", "pams_milter_header_checks", "pams_smtp_header_checks"})
    remembered_.emplace_back(file, read(file));
}

void PostfixSite::put_back() const {
  for (const auto& [file, content] : remembered_) write(file, content);
}

milter::doctor::Finding PostfixSite::finding(const std::string& check) const {
  for (const auto* one : milter::doctor::checks())
    if (one->id == check) return one->run({config, connector(), token_, postfix});
  throw std::logic_error("no check " + check);
}

std::map<std::string, milter::doctor::Finding> PostfixSite::failing() const {
  const milter::doctor::RememberedMta mta(postfix, std::chrono::minutes(5), std::chrono::steady_clock::now);
  std::map<std::string, milter::doctor::Finding> found;
  for (const auto* check : milter::doctor::checks()) {
    if (!check->routing || !check->is_for(config.settings.mta)) continue;
    auto finding = check->run({config, connector(), token_, mta});
    if (finding.status == milter::doctor::CheckStatus::Fail) found.emplace(check->id, std::move(finding));
  }
  return found;
}

void PostfixSite::expect_verified() const {
  for (const auto& [id, finding] : failing()) BOOST_TEST_ERROR(id << ": " << finding.seen);
}

}  // namespace pams::tests
