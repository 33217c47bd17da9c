#include "milter/routing/journal_listener.hpp"

namespace pams::milter::routing {

bool is_journal_listener(const Config& config, const mta::Service& service) {
  const auto& journal = config.policy.journal;
  return !journal.rules.empty() && service.type == "inet" && service.name == journal.submit_to;
}

std::vector<TransportSetting> journal_listener_settings() {
  return {
      {"syslog_name", "postfix/journal", false, "its log lines are found by this name"},
      {"smtpd_milters", "", true, "reports are not changed, and no report is made of a report"},
      {"smtpd_milter_maps", "", true, "the same"},
      {"smtpd_proxy_filter", "", true, "nobody else reads reports"},
      {"content_filter", "", true, "nobody else reads reports"},
      {"smtpd_tls_security_level", "none", false, "it is this machine"},
      {"smtpd_sasl_auth_enable", "no", false, "it is this machine"},
      {"smtpd_client_restrictions", "", false, "the relay restrictions say who may send"},
      {"smtpd_helo_required", "no", false, "nothing of the site's refuses reports"},
      {"smtpd_helo_restrictions", "", false, "nothing of the site's refuses reports"},
      {"smtpd_sender_restrictions", "check_sender_access inline:{<>=OK},reject", false,
       "for reports only: they have the null sender"},
      {"mynetworks", "127.0.0.0/8,[::1]/128", false, "from this machine only"},
      {"smtpd_relay_restrictions", "permit_mynetworks,reject", false, "reports may go anywhere"},
      {"smtpd_recipient_restrictions", "", false, "nothing of the site's refuses reports"},
      {"smtpd_data_restrictions", "", false, "nothing of the site's refuses reports"},
      {"smtpd_end_of_data_restrictions", "", false, "nothing of the site's refuses reports"},
  };
}

}  // namespace pams::milter::routing
