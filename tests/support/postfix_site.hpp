/// A Postfix configuration of its own under /tmp, with Debian's master.cf, for tests that let the real
/// postconf and postmap work on it. No daemon runs. Gone with the object.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "milter/config/config.hpp"
#include "milter/doctor/check.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/setup/setup_plan.hpp"

namespace pams::test {

/// For `* boost::unit_test::precondition(postfix_is_installed)`.
boost::test_tools::assertion_result postfix_is_installed(boost::unit_test::test_unit_id id);

class PostfixSite {
 public:
  PostfixSite();
  PostfixSite(const PostfixSite&) = delete;
  PostfixSite& operator=(const PostfixSite&) = delete;
  ~PostfixSite();

  std::string directory;  ///< of main.cf
  std::string queue;      ///< queue_directory; smtpd is chrooted there
  milter::Config config;
  milter::mta::Postfix postfix;

  const rules::OutboundConnector& connector() const { return config.policy.connectors.front(); }

  std::string read(const std::string& file) const;  ///< in `directory`
  void write(const std::string& file, const std::string& content) const;
  void append(const std::string& file, const std::string& text) const;
  /// Fails the test when `from` does not occur.
  void replace(const std::string& file, const std::string& from, const std::string& to) const;

  milter::setup::SetupPlan plan(const std::vector<std::string>& outbound = {}) const;
  /// Plans and applies; fails the test on errors. Returns the backup's directory.
  std::string set_up(const std::vector<std::string>& outbound = {}) const;

  /// Writes the setup of before messages were sealed: an smtp transport, the token's rules, a password.
  void set_up_formerly() const;

  /// Keeps main.cf, master.cf and our tables, and puts them back.
  void save();
  void put_back() const;

  milter::doctor::Finding finding(const std::string& check) const;
  /// The routing checks that fail, by id.
  std::map<std::string, milter::doctor::Finding> failing() const;
  /// Fails the test for each routing check that fails.
  void expect_verified() const;

 private:
  /// Postfix's tools wait two seconds before they believe a main.cf that was written just now.
  void let_main_cool() const;

  std::string root_;
  std::vector<std::pair<std::string, std::string>> saved_;
};

}  // namespace pams::test
