#include "milter/config/sections.hpp"

#include <algorithm>
#include <stdexcept>

namespace pams::milter {
namespace {

using schema::Occurs;
using schema::Param;
using schema::Type;

constexpr std::string_view kArchiveKinds[] = {"directory"};
constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error", "critical"};

constexpr Param kMilter[] = {
    {.key = "listen",
     .type = Type::Text,
     .doc = "Where the MTA connects: unix:/path, inet:PORT@HOST or Postfix's inet:HOST:PORT.",
     .fallback = R"("unix:/var/spool/postfix/pams-milter/pams.sock")"},
    {.key = "mta",
     .type = Type::Choice,
     .doc = "The MTA that asks.",
     .fallback = R"("postfix")",
     .choices = kMtas.names},
    {.key = "route_token_file",
     .type = Type::Path,
     .doc = "From before mail was sealed; not used.",
     .fallback = R"("")"},
    {.key = "seal_key_file",
     .type = Type::Path,
     .doc = "The keys that seal what the MTA holds; made by `pamsctl setup`.",
     .fallback = R"("seal.key")"},
    {.key = "verify_route",
     .type = Type::Bool,
     .doc = "Defer flagged mail until the MTA's routing has been checked.",
     .fallback = "true"},
    {.key = "postfix_config",
     .type = Type::Path,
     .doc = "Postfix's config_directory.",
     .fallback = R"("/etc/postfix")"},
    {.key = "sendmail_config",
     .type = Type::Path,
     .doc = "The directory of sendmail.mc, sendmail.cf and submit.cf.",
     .fallback = R"("/etc/mail")"},
    {.key = "sendmail_program",
     .type = Type::Path,
     .doc = "Sendmail's program, which is asked what its rules do (sendmail -bt).",
     .fallback = R"("/usr/sbin/sendmail")"},
};
constexpr Param kRelay[] = {
    {.key = "listen",
     .type = Type::Text,
     .doc =
         "Where the MTA hands over what was sealed: unix:/path, or inet:PORT@127.0.0.1. Empty: relay.sock beside the milter's socket.",
     .fallback = R"("")"},
    {.key = "max_sessions",
     .type = Type::Integer,
     .doc = "How many messages are relayed at once; the MTA waits with more.",
     .fallback = "100"},
};
constexpr Param kArchive[] = {
    {.key = "name", .type = Type::Text, .doc = "What `archive = { to = … }` calls it.", .required = true},
    {.key = "kind",
     .type = Type::Choice,
     .doc = "How it stores.",
     .fallback = R"("directory")",
     .choices = kArchiveKinds},
    {.key = "path",
     .type = Type::Path,
     .doc = "The directory.",
     .fallback = R"("/var/lib/pams-milter/archive")"},
    {.key = "encrypt_to",
     .type = Type::Path,
     .doc =
         "PEM certificates: what is stored can be read only with a key of theirs; search then covers metadata only.",
     .fallback = R"("")"},
    {.key = "checkpoint_key",
     .type = Type::Path,
     .doc = "PEM private key that signs the checkpoints of the archive's chain.",
     .fallback = R"("")"},
};
constexpr Param kTrace[] = {
    {.key = "path",
     .type = Type::Path,
     .doc = "The trace database.",
     .fallback = R"("/var/lib/pams-milter/trace.db")"},
    {.key = "retention", .type = Type::Duration, .doc = "How long it is kept.", .fallback = R"("90 days")"},
    {.key = "mail_log",
     .type = Type::Text,
     .doc = "Where the MTA logs what became of the mail: a file, or \"journal\".",
     .fallback = R"("/var/log/mail.log")"},
    {.key = "subjects",
     .type = Type::Bool,
     .doc =
         "Keep each message's subject, in clear, whatever an archive encrypts; false: the trace has none, and cannot be searched for it.",
     .fallback = "true"},
};
constexpr Param kMetrics[] = {
    {.key = "listen",
     .type = Type::Text,
     .doc =
         "Where /metrics (Prometheus) and /healthz are served: 127.0.0.1:PORT, [::1]:PORT or unix:/path. Without the section [metrics] they are not.",
     .fallback = R"("127.0.0.1:9825")"},
};
constexpr Param kLog[] = {
    {.key = "level",
     .type = Type::Choice,
     .doc = "The least level that is logged.",
     .fallback = R"("info")",
     .choices = kLevels},
    {.key = "format",
     .type = Type::Choice,
     .doc = "key=value text, or JSON.",
     .fallback = R"("text")",
     .choices = kLogFormats.names},
};

constexpr Section kSections[] = {
    {"milter", Occurs::Once, kMilter, {}},
    {"relay", Occurs::Once, kRelay, {}},
    {"archive", Occurs::Repeatedly, kArchive, {}},
    {"directory", Occurs::Once, {}, "the directory of sender attributes"},
    {"trace", Occurs::Once, kTrace, {}},
    {"metrics", Occurs::Once, kMetrics, {}},
    {"log", Occurs::Once, kLog, {}},
};

}  // namespace

std::span<const Section> sections() { return kSections; }

const Section& section(std::string_view name) {
  const auto found = std::ranges::find(kSections, name, &Section::name);
  if (found == std::end(kSections)) throw std::logic_error("no section " + std::string(name));
  return *found;
}

}  // namespace pams::milter
