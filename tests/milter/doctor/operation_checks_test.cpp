/// Checks that tell of the operation and hold no mail back, on a real configuration of Postfix and real
/// files.
#include <filesystem>
#include <functional>

#include <boost/test/unit_test.hpp>
#include <pwd.h>
#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/seal/key_ring.hpp"
#include "tests/support/postfix_site.hpp"

using namespace pams;
using namespace pams::milter::doctor;
using pams::test::PostfixSite;

namespace {

/// Content that Postfix would log, and what the finding names.
struct Logged {
  const char* name;
  std::function<void(const PostfixSite&)> edit;
  std::vector<std::string> named;
  const char* remedy;
};

auto in_main(const char* text) {
  return [text](const PostfixSite& site) { site.append("main.cf", text); };
}
auto in_master(const char* from, const char* to) {
  return [=](const PostfixSite& site) { site.replace("master.cf", from, to); };
}
auto after_ours(const char* rules) {
  return [rules](const PostfixSite& site) {
    site.write("site", rules);
    site.append("main.cf", "header_checks = pcre:" + site.directory +
                               "/pams_header_checks, regexp:" + site.directory + "/site");
  };
}

const std::vector<Logged> kLogged{
    {"a subject is logged",
     after_ours("# ours\n/^Subject:/ WARN\n"),
     {"cleanup/unix: header_checks: ", "/site line 2 has '/^Subject:/ WARN'"},
     "sed -i '2,2s/^/#/' "},
    {"two rules",
     after_ours("/^Subject:/\n  HOLD\n/x/ INFO\n"),
     {"line 1 has", " and 1 more"},
     "sed -i '1,2s/"},
    {"a body line",
     in_main("body_checks = regexp:{{/secret/ INFO}}"),
     {"body_checks has '/secret/ INFO'"},
     "take that rule out of body_checks in main.cf"},
    {"a sender inside a part",
     in_main("nested_header_checks = regexp:{{/^From:/ INFO}}"),
     {"nested_header_checks"},
     "take that rule out of nested_header_checks"},
    {"the name of a part",
     in_main("mime_header_checks = static:WARN"),
     {"mime_header_checks"},
     "take that rule out"},
    {"what a scanner wrote into the subject",
     [](const PostfixSite& site) {
       site.append("main.cf", "milter_header_checks = pcre:" + site.directory +
                                  "/pams_milter_header_checks, regexp:{{/^Subject:/ INFO}}");
     },
     {"milter_header_checks has"},
     "take that rule out of milter_header_checks"},
    {"a cleanup of a listener's own",
     [](const PostfixSite& site) {
       site.append("master.cf",
                   "other unix n - y - 0 cleanup\n  -o body_checks=static:INFO\n"
                   "smtps inet n - y - - smtpd\n  -o cleanup_service_name=other");
     },
     {"other/unix: body_checks"},
     "take that rule out of body_checks"},
    {"cleanup -v",
     in_master("0       cleanup\n", "0       cleanup -v\n"),
     {"cleanup/unix: it runs with -v"},
     "postconf -M 'cleanup/unix=cleanup unix n - y - 0 cleanup' && postfix reload"},
    {"pickup -v",
     in_master("1       pickup\n", "1       pickup -o content_filter= -v\n"),
     {"pickup/unix: it runs with -v, and logs whole messages"},
     "postconf -M 'pickup/unix=pickup unix n - y 60 1 pickup -o content_filter=' && postfix reload"},
    {"smtpd -v -v -v",
     in_master("-       smtpd\n", "-       smtpd -vv -v\n"),
     {"smtp/inet: it runs with -v"},
     "postconf -M 'smtp/inet=smtp inet n - y - - smtpd' && postfix reload"},
    {"peers to debug",
     in_main("debug_peer_list = 192.0.2.1\ndebug_peer_level = 3"),
     {"debug_peer_list is '192.0.2.1'"},
     "postconf -X debug_peer_list && postfix reload"},
    {"peers to debug, and -v",
     [](const PostfixSite& site) {
       site.append("main.cf", "debug_peer_list = 192.0.2.1");
       site.replace("master.cf", "-       smtpd\n", "-       smtpd -v\n");
     },
     {"debug_peer_level 2"},
     "postconf -X debug_peer_list"},
    {"TLS in hexadecimal",
     in_master("-       smtpd\n", "-       smtpd -o smtpd_tls_loglevel=4\n"),
     {"smtpd_tls_loglevel is 4"},
     "postconf -PX smtp/inet/smtpd_tls_loglevel && postfix reload"},
};

/// What shows nothing, or nothing that the carrier does not show.
const std::vector<std::function<void(const PostfixSite&)>> kNotLogged{
    after_ours("/^Subject:/ IGNORE\n/^From: eve/ REJECT\n/^X-Spam-Flag: YES/ HOLD\n/^Received:/ INFO\n"),
    in_main("debug_peer_list = 192.0.2.1"),
    in_main("debug_peer_level = 9"),
    in_main("smtpd_tls_loglevel = 3"),
    in_main("smtp_header_checks = regexp:{{/^Subject:/ INFO}}"),
    in_master("-       smtpd\n", "-       smtpd -v\n"),
    in_master("qmgr\n", "qmgr -v -v -v\n"),
};

struct OtherUser {
  OtherUser() : entry(*getpwnam("nobody")) {}
  passwd entry;
  Account account(const std::string& credentials = "") const {
    return {"nobody", entry.pw_uid, entry.pw_gid, {}, credentials};
  }
};

Finding seal_key(const PostfixSite& site, const Result<Account>& milter, const Result<Account>& relay) {
  const Accounts accounts{milter, relay};
  for (const auto* check : checks())
    if (check->id == "seal_key")
      return check->run(
          {.config = site.config, .connector = site.connector(), .mta = site.postfix, .accounts = &accounts});
  throw std::logic_error("no check seal_key");
}

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) { return geteuid() == 0; }

}  // namespace

BOOST_AUTO_TEST_SUITE(operation_checks, *boost::unit_test::precondition(pams::test::postfix_is_installed))

BOOST_AUTO_TEST_CASE(content_that_postfix_would_log_is_a_warning_with_its_place_and_a_remedy) {
  PostfixSite site;
  site.set_up();
  site.save();
  for (const auto& one : kLogged) {
    BOOST_TEST_CONTEXT(one.name) {
      one.edit(site);
      const auto finding = site.finding("logged_content");
      BOOST_TEST((finding.status == CheckStatus::Warn), finding.seen);
      for (const auto& word : one.named)
        BOOST_TEST(finding.seen.find(word) != std::string::npos, finding.seen);
      BOOST_TEST(finding.remedy.starts_with(one.remedy), finding.remedy);
    }
    site.put_back();
  }
}

BOOST_AUTO_TEST_CASE(our_own_rules_and_what_logs_no_content_are_not_warned_about) {
  PostfixSite site;
  site.set_up();
  site.save();
  BOOST_TEST((site.finding("logged_content").status == CheckStatus::Ok), site.finding("logged_content").seen);
  for (const auto& edit : kNotLogged) {
    edit(site);
    BOOST_TEST((site.finding("logged_content").status == CheckStatus::Ok),
               site.finding("logged_content").seen);
    site.put_back();
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_milter_or_relay_cannot_read_is_told_with_a_remedy,
                     *boost::unit_test::precondition(is_root)) {
  PostfixSite site;
  std::filesystem::permissions(std::filesystem::path(site.config.settings.seal_key_file).parent_path(),
                               std::filesystem::perms(0755));
  const auto nobody = OtherUser().account();
  const Account self{"root", 0, 0, {}, ""};
  BOOST_TEST((seal_key(site, self, self).status == CheckStatus::Ok));
  auto finding = seal_key(site, nobody, self);
  BOOST_TEST((finding.status == CheckStatus::Fail), finding.seen);
  BOOST_TEST(finding.remedy.starts_with("chown nobody "), finding.remedy);
  finding = seal_key(site, self, nobody);
  BOOST_TEST((finding.status == CheckStatus::Fail), finding.seen);
  BOOST_TEST(finding.seen.starts_with("pams-relay: user nobody cannot read "), finding.seen);
  BOOST_TEST(finding.remedy.find("LoadCredential=seal.key:" + site.config.settings.seal_key_file) !=
                 std::string::npos,
             finding.remedy);
}

BOOST_AUTO_TEST_CASE(a_relay_that_does_not_run_is_not_the_keys_fault,
                     *boost::unit_test::precondition(is_root)) {
  PostfixSite site;
  const auto gone = fail(Failure::Temporary, "pams-relay does not run");
  BOOST_TEST((seal_key(site, Account{"root", 0, 0, {}, ""}, gone).status == CheckStatus::Ok));
}

BOOST_AUTO_TEST_CASE(a_relay_whose_copy_of_the_key_is_old_must_be_restarted,
                     *boost::unit_test::precondition(is_root)) {
  PostfixSite site;
  const auto copies = site.directory + "/credentials";
  std::filesystem::create_directory(copies);
  std::filesystem::copy_file(site.config.settings.seal_key_file, copies + "/seal.key");
  const Account milter{"root", 0, 0, {}, ""};
  const auto relay = OtherUser().account(copies);  // it cannot read the file, and need not
  BOOST_TEST((seal_key(site, milter, relay).status == CheckStatus::Ok), seal_key(site, milter, relay).seen);
  auto keys = milter::seal::KeyRing::read(site.config.settings.seal_key_file).value().keys();
  keys.insert(keys.begin(), milter::seal::new_key(std::chrono::sys_seconds(std::chrono::hours(1))));
  BOOST_TEST_REQUIRE(
      milter::seal::replace_key_file(site.config.settings.seal_key_file, milter::seal::KeyRing(keys))
          .has_value());
  const auto finding = seal_key(site, milter, relay);
  BOOST_TEST((finding.status == CheckStatus::Fail), finding.seen);
  BOOST_TEST(finding.seen.find("pams-relay still has ") == 0U, finding.seen);
  BOOST_TEST(finding.remedy == "systemctl restart pams-relay");
}

BOOST_AUTO_TEST_CASE(without_accounts_a_check_asks_for_the_process_that_runs_it) {
  PostfixSite site;
  const auto account =
      milter_account({.config = site.config, .connector = site.connector(), .mta = site.postfix});
  BOOST_TEST_REQUIRE(account.has_value());
  BOOST_TEST(account->user == geteuid());
}

BOOST_AUTO_TEST_SUITE_END()
