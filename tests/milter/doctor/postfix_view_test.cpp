#include "milter/doctor/postfix_view.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams;
using namespace pams::milter;
using doctor::PostfixView;

namespace {

/// Answers as a Postfix with one smtpd and pickup does, and counts the questions.
class CountingMta final : public mta::Mta {
 public:
  Result<std::string> parameter(const std::string&) const override { return ""; }
  Result<std::map<std::string, std::string>> parameters(const std::vector<std::string>&,
                                                        const std::vector<std::string>&) const override {
    ++asked;
    return std::map<std::string, std::string>{{"cleanup_service_name", "cleanup"},
                                              {"non_smtpd_milters", "unix:local"}};
  }
  Result<std::vector<std::string>> services() const override {
    ++asked;
    if (!answers) return fail(Failure::Misconfigured, "no master.cf");
    return std::vector<std::string>{"smtp inet n - y - - smtpd", "pickup unix n - y 60 1 pickup",
                                    "cleanup unix n - y - 0 cleanup"};
  }
  Result<std::vector<std::string>> service_parameters() const override {
    ++asked;
    return std::vector<std::string>{};
  }
  Result<std::optional<std::string>> lookup(const std::string&, const std::string&) const override {
    return std::nullopt;
  }
  Result<std::vector<std::string>> map_types() const override { return std::vector<std::string>{}; }
  const std::string& config_directory() const override { return directory_; }

  bool answers = true;
  mutable int asked = 0;

 private:
  std::string directory_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(postfix_view)

BOOST_AUTO_TEST_CASE(postfix_is_asked_once_however_many_checks_ask) {
  const CountingMta mta;
  const PostfixView view(mta);
  BOOST_TEST(mta.asked == 0);
  BOOST_TEST_REQUIRE(view.listeners().has_value());
  BOOST_TEST_REQUIRE(view.cleanups().has_value());
  const int asked = mta.asked;
  BOOST_TEST(asked > 0);
  BOOST_TEST(view.services()->services().size() == 3U);
  BOOST_TEST(view.listeners()->size() == 2U);
  BOOST_TEST(view.cleanups()->size() == 1U);
  BOOST_TEST(mta.asked == asked);
}

BOOST_AUTO_TEST_CASE(local_mail_has_the_milters_that_hold_in_its_cleanup) {
  const CountingMta mta;
  const PostfixView view(mta);
  BOOST_TEST_REQUIRE(view.listeners().has_value());
  const auto& pickup = view.listeners()->back();
  BOOST_TEST(pickup.service->name == "pickup");
  BOOST_TEST(pickup.scope->name == "cleanup");
  BOOST_TEST(pickup.milters() == "unix:local");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_an_error_for_every_check) {
  CountingMta mta;
  mta.answers = false;
  const PostfixView view(mta);
  BOOST_TEST(view.services().error().what == "no master.cf");
  BOOST_TEST(view.cleanups().error().what == "no master.cf");
  BOOST_TEST(view.listeners().error().what == "no master.cf");
  BOOST_TEST(mta.asked == 1);
}

BOOST_AUTO_TEST_SUITE_END()
