/// The remedy fits the cause, and what one cause makes fail is told once.
#include <cerrno>
#include <filesystem>
#include <functional>

#include <boost/test/unit_test.hpp>
#include <pwd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "milter/doctor/diagnosis.hpp"
#include "tests/support/has.hpp"
#include "tests/support/postfix_site.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter::doctor;
using pams::test::has;
using pams::test::PostfixSite;
using pams::test::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) { return geteuid() == 0; }

Account nobody() {
  const auto* entry = getpwnam("nobody");
  return {"nobody", entry->pw_uid, entry->pw_gid, {}, ""};
}

/// A file system of its own that is full or read-only, as long as this lasts.
struct SmallDisk {
  explicit SmallDisk(const std::string& directory) : path(directory) {
    fs::create_directory(path);
    is_mounted = mount("pams-tests", path.c_str(), "tmpfs", 0, "size=64k,mode=0777") == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (is_mounted) umount(path.c_str());
  }
  void fill() const { std::ofstream(path + "/full") << std::string(1U << 20U, 'x'); }
  void make_read_only() const {
    BOOST_TEST(mount("pams-tests", path.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0);
  }
  std::string path;
  bool is_mounted = false;
};

std::optional<Problem> as_nobody(const std::string& directory) {
  return attempt_as(nobody(), [&] { return writing_problem(directory); }).problem;
}

/// A check as root lets it ask for the milter's user.
Finding found(const PostfixSite& site, const std::string& id, const Account& milter) {
  const Accounts accounts{milter, milter};
  for (const auto* check : checks())
    if (check->id == id)
      return examine(
          *check,
          {.config = site.config, .connector = site.connector(), .mta = site.postfix, .accounts = &accounts});
  throw std::logic_error("no check " + id);
}

const Outcome& outcome(const std::vector<Outcome>& all, const std::string& id) {
  for (const auto& one : all)
    if (one.id == id) return one;
  throw std::logic_error("no outcome " + id);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor_remedies, *boost::unit_test::precondition(pams::test::postfix_is_installed))

BOOST_AUTO_TEST_CASE(a_directory_that_belongs_to_another_is_given_to_the_user_by_name,
                     *boost::unit_test::precondition(is_root)) {
  const TemporaryDirectory directory;
  chmod(directory.path().c_str(), 0755);
  fs::create_directory(directory / "own");
  const auto problem = as_nobody(directory / "own");
  BOOST_TEST_REQUIRE(problem.has_value());
  BOOST_TEST(problem->error == EACCES);
  BOOST_TEST(remedy_for(*problem, nobody(), Wanted::WriteDirectory) ==
             "chown -R nobody:nogroup " + (directory / "own") + " && chmod u+rwx " + (directory / "own"));
}

BOOST_AUTO_TEST_CASE(a_directory_above_that_cannot_be_entered_is_the_one_that_is_named,
                     *boost::unit_test::precondition(is_root)) {
  const TemporaryDirectory directory;  // of mode 700
  fs::create_directory(directory / "own");
  const auto problem = as_nobody(directory / "own");
  BOOST_TEST_REQUIRE(problem.has_value());
  BOOST_TEST(problem->path == directory.path());
  BOOST_TEST(remedy_for(*problem, nobody(), Wanted::WriteDirectory) == "chmod o+x " + directory.path());
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_missing_is_made_with_its_owner) {
  const TemporaryDirectory directory;
  const auto problem = writing_problem(directory / "gone");
  BOOST_TEST_REQUIRE(problem.has_value());
  BOOST_TEST(remedy_for(*problem, {"nobody", 1, 0, {}, ""}, Wanted::WriteDirectory) ==
             "install -d -m 700 -o nobody -g root " + (directory / "gone"));
}

BOOST_AUTO_TEST_CASE(a_full_disk_wants_room_and_a_read_only_one_to_be_mounted_again,
                     *boost::unit_test::precondition(is_root)) {
  const TemporaryDirectory directory;
  const SmallDisk disk(directory / "disk");
  if (!disk.is_mounted) {
    BOOST_TEST_MESSAGE("skipped: this machine lets nobody mount a small disk");
    return;
  }
  disk.fill();
  auto problem = writing_problem(disk.path);
  BOOST_TEST_REQUIRE(problem.has_value());
  BOOST_TEST(problem->error == ENOSPC);
  const Account self{"root", 0, 0, {}, ""};
  BOOST_TEST(remedy_for(*problem, self, Wanted::WriteDirectory).starts_with("make room there: "));
  BOOST_TEST(cause_of(*problem) == disk_cause(disk.path));
  disk.make_read_only();
  problem = writing_problem(disk.path);
  BOOST_TEST_REQUIRE(problem.has_value());
  BOOST_TEST(problem->error == EROFS);
  BOOST_TEST(has(remedy_for(*problem, self, Wanted::WriteDirectory), "mount -o remount,rw"));
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_one_failure_whatever_lies_on_it,
                     *boost::unit_test::precondition(is_root)) {
  PostfixSite site;
  site.set_up();
  const TemporaryDirectory directory;
  const SmallDisk disk(directory / "disk");
  if (!disk.is_mounted) {
    BOOST_TEST_MESSAGE("skipped: this machine lets nobody mount a small disk");
    return;
  }
  chmod(directory.path().c_str(), 0755);
  fs::create_directory(disk.path + "/archive");
  fs::create_directory(disk.path + "/trace");
  chmod((disk.path + "/archive").c_str(), 0777);
  chmod((disk.path + "/trace").c_str(), 0777);
  disk.fill();
  site.config.settings.archives = {{"compliance", disk.path + "/archive"}};
  site.config.settings.trace.path = disk.path + "/trace/trace.db";
  const auto all = diagnose(site.config);
  BOOST_TEST((outcome(all, "archive").finding.status == CheckStatus::Fail));
  BOOST_TEST(outcome(all, "archive").finding.remedy.starts_with("make room there: "),
             outcome(all, "archive").finding.remedy);
  for (const auto* id : {"trace", "disk_space"}) {
    BOOST_TEST(outcome(all, id).follows == "archive", id);
    BOOST_TEST(outcome(all, id).finding.seen == "not looked at while archive fails");
  }
}

BOOST_AUTO_TEST_CASE(a_table_of_ours_that_is_gone_is_one_failure_and_setup_makes_it) {
  PostfixSite site;
  site.set_up();
  fs::remove(site.directory + "/pams_header_checks");
  std::vector<std::string> failing;
  for (const auto& one : diagnose(site.config))
    if (one.follows.empty() && has(one.finding.seen, "pams_header_checks")) {
      failing.emplace_back(one.id);
      BOOST_TEST(one.finding.remedy == "pamsctl setup postfix --apply && postfix reload");
    }
  BOOST_TEST(failing.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_stale_table_of_ours_is_written_anew_and_not_moved) {
  PostfixSite site;
  site.set_up();
  site.replace("pams_milter_header_checks", "relay.sock", "former.sock");
  const auto finding = site.finding("other_filters");
  BOOST_TEST((finding.status == CheckStatus::Fail));
  BOOST_TEST(finding.remedy == "pamsctl setup postfix --apply && postfix reload");
}

BOOST_AUTO_TEST_CASE(a_database_that_is_older_than_its_source_is_made_anew) {
  PostfixSite site;
  site.set_up();
  site.write("access", "example.org OK\n");
  site.write("access.db", "example.org REDIRECT eve@evil.example\n");
  site.append("main.cf",
              "smtpd_recipient_restrictions = check_sender_access hash:" + site.directory + "/access");
  const auto finding = site.finding("redirects");
  BOOST_TEST((finding.status == CheckStatus::Fail));
  BOOST_TEST(finding.remedy.starts_with("postmap hash:" + site.directory + "/access"), finding.remedy);
}

BOOST_AUTO_TEST_CASE(the_keys_remedy_is_for_what_is_wrong_with_it) {
  PostfixSite site;
  const auto& key = site.config.settings.seal_key_file;
  chmod(key.c_str(), 0644);
  BOOST_TEST(site.finding("seal_key").remedy.starts_with("chmod 600 " + key),
             site.finding("seal_key").remedy);
  chmod(key.c_str(), 0600);
  std::ofstream(key) << "nonsense\n";
  BOOST_TEST(has(site.finding("seal_key").remedy, "from a backup"), site.finding("seal_key").remedy);
  fs::remove(key);
  BOOST_TEST(site.finding("seal_key").remedy.starts_with("pamsctl setup postfix --apply"),
             site.finding("seal_key").remedy);
}

BOOST_AUTO_TEST_CASE(a_milter_or_relay_that_does_not_run_is_started) {
  PostfixSite site;
  site.set_up();
  BOOST_TEST(site.finding("relay").remedy.starts_with("systemctl start pams-relay"),
             site.finding("relay").seen);
  if (geteuid() == 0 && getpwnam("postfix") != nullptr) {
    fs::permissions(fs::path(site.queue).parent_path(), fs::perms(0755));
    const auto finding = site.finding("socket_reachable");
    BOOST_TEST(finding.remedy.starts_with("systemctl start pams-milter"), finding.seen);
  }
}

BOOST_AUTO_TEST_CASE(a_postfix_that_is_stopped_is_started) {
  const PostfixSite site;
  BOOST_TEST(site.finding("reloaded").remedy.starts_with("systemctl start postfix"),
             site.finding("reloaded").seen);
}

BOOST_AUTO_TEST_CASE(a_sendmail_that_is_late_or_not_there_is_not_told_to_be_set_up) {
  PostfixSite site;
  const TemporaryDirectory directory;
  for (const auto* file : {"sendmail.cf", "sendmail.mc", "pams-milter.m4"}) directory.write(file, "");
  auto& settings = site.config.settings;
  settings.mta = milter::MtaKind::Sendmail;
  settings.sendmail_config = directory.path();
  settings.sendmail_program = directory.write("sendmail", "#!/bin/sh\nexec sleep 600\n");
  chmod(settings.sendmail_program.c_str(), 0755);
  const auto route = [&] {
    const milter::mta::Sendmail sendmail(settings, std::chrono::milliseconds(50));
    for (const auto* check : checks())
      if (check->id == "sendmail_route")
        return examine(*check, {site.config, site.connector(), site.postfix, &sendmail});
    throw std::logic_error("no check sendmail_route");
  };
  auto finding = route();
  BOOST_TEST((finding.doubt == Doubt::Late), finding.seen);
  BOOST_TEST(has(finding.remedy, settings.sendmail_program + " -bt"), finding.remedy);
  BOOST_TEST(!has(finding.remedy, "setup"), finding.remedy);
  fs::remove(settings.sendmail_program);
  finding = route();
  BOOST_TEST(has(finding.remedy, "set [milter] sendmail_program"), finding.remedy);
}

BOOST_AUTO_TEST_CASE(without_a_mail_log_the_remedy_depends_on_who_writes_one,
                     *boost::unit_test::precondition(is_root)) {
  PostfixSite site;
  const TemporaryDirectory directory;
  chmod(directory.path().c_str(), 0755);
  const auto log = directory / "mail.log";
  site.config.settings.trace.mail_log = log;
  const Account self{"root", 0, 0, {}, ""};
  const auto missing = found(site, "mail_log", self);
  BOOST_TEST((missing.status == CheckStatus::Fail));
  BOOST_TEST(!has(missing.remedy, "usermod -a -G adm"), missing.remedy);
  if (fs::exists("/run/systemd/journal/socket"))
    BOOST_TEST(has(missing.remedy, "mail_log = \"journal\""), missing.remedy);
  else
    BOOST_TEST(has(missing.remedy, "apt-get install rsyslog"), missing.remedy);
  directory.write("mail.log", "");
  chmod(log.c_str(), 0600);
  site.append("main.cf", "maillog_file = " + log);
  const auto rotated = found(site, "mail_log", nobody());
  BOOST_TEST((rotated.status == CheckStatus::Fail));
  BOOST_TEST(has(rotated.remedy, "maillog_file"),
             rotated.remedy);  // 0600 comes back at each `postfix logrotate`
  site.replace("main.cf", "maillog_file = " + log, "maillog_file =");
  BOOST_TEST(has(found(site, "mail_log", nobody()).remedy, "chmod 640 " + log));
}

BOOST_AUTO_TEST_CASE(what_only_root_may_see_is_no_failure_and_is_known_without_reading_words,
                     *boost::unit_test::precondition(is_root)) {
  const auto tried = attempt_as(nobody(), [] {
    return attempt_as({"root", 0, 0, {}, ""}, [] { return std::optional<Problem>(); }).doubt ==
                   Doubt::NotAllowed
               ? std::nullopt
               : std::optional(Problem{1, "seen"});
  });
  BOOST_TEST(!tried.problem.has_value());
}

BOOST_AUTO_TEST_CASE(every_setting_that_setup_is_said_to_correct_it_corrects) {
  PostfixSite site;
  site.set_up();
  for (const auto* setting :
       {"milter_header_checks =", "header_checks =", "smtpd_milters =", "bounce_size_limit = 50000",
        "enable_original_recipient = no", "nested_header_checks = $header_checks", "milter_protocol = 2"}) {
    site.append("main.cf", setting);
    const auto failing = site.failing();
    BOOST_TEST(!failing.empty(), setting);
    bool is_for_setup = true;
    for (const auto& [id, finding] : failing)
      is_for_setup = is_for_setup && finding.remedy.starts_with("pamsctl setup postfix --apply");
    fs::remove_all(site.directory + "/pams-backup-20260101T000000Z");
    if (is_for_setup) site.set_up();
    BOOST_TEST(is_for_setup, setting);
    site.expect_verified();
  }
}

BOOST_AUTO_TEST_CASE(the_summary_counts_causes_and_says_what_waits) {
  PostfixSite site;
  site.set_up();
  site.append("main.cf", "bounce_size_limit = 50000");
  const auto tally = count(diagnose(site.config));
  BOOST_TEST(tally.failures >= 1U);
  BOOST_TEST(has(summary(tally), "flagged mail waits"), summary(tally));
  BOOST_TEST(summary({}) == "no failures, no warnings");
  BOOST_TEST(summary({1, 2, 3, 0, ""}) == "1 failure, 2 warnings, 3 checks not looked at");
}

BOOST_AUTO_TEST_CASE(without_a_postfix_there_is_one_failure_of_it) {
  PostfixSite site;
  fs::remove(site.directory + "/main.cf");
  const auto all = diagnose(site.config);
  BOOST_TEST((outcome(all, "postfix").finding.status == CheckStatus::Fail));
  for (const auto* id : {"milter", "header_checks", "transport", "readable"}) {
    BOOST_TEST(outcome(all, id).follows == "postfix", id);
    BOOST_TEST((outcome(all, id).finding.status == CheckStatus::Warn), id);
  }
}

BOOST_AUTO_TEST_SUITE_END()
