#include "tests/support/gateway.hpp"

#include <stdexcept>

#include <sys/stat.h>

#include "milter/archive/directory_archive.hpp"

namespace pams::test {
using namespace pams::milter;

void Gateway::write_settings(const std::string& rules,
                             const std::pair<std::string, std::string>& replace) const {
  auto text = R"(
[milter]
listen = "unix:)" +
              socket() + R"("
seal_key_file = "seal.key"
[organization]
accepted_domains = ["example.org"]
[pams]
connector = "Zivver"
[[outbound_connector]]
name = "Zivver"
smart_hosts = ["smtp.zivver.com:25"]
[[archive]]
name = "compliance"
kind = "directory"
path = ")" + archive() +
              R"("
[trace]
path = ")" + (directory_ / "trace.db") +
              R"("
mail_log = ")" +
              (directory_ / "mail.log") + R"("
[limits]
header_count = 50
recipients = 3
)" + rules;
  if (const auto at = text.find(replace.first); !replace.first.empty() && at != text.npos)
    text.replace(at, replace.first.size(), replace.second);
  directory_.write("pams-milter.toml", text);
}

Gateway::Gateway(const std::string& rules, const std::pair<std::string, std::string>& replace) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  seal::ensure_key_file(key_file(), now, static_cast<unsigned>(-1), static_cast<unsigned>(-1)).value();
  write_settings(rules, replace);
  const auto loaded = load_config(settings_file());
  if (loaded.config == nullptr) throw std::runtime_error(loaded.diagnostics.text());
  services_.config = loaded.config;
  services_.archives["compliance"] =
      std::make_shared<archive::DirectoryArchive>(ArchiveSettings{"compliance", archive()});
  services_.route_guard = std::make_shared<RoutingIs>(true);
  services_.seal_keys = std::make_shared<seal::KeyFile>(key_file());
  services_.evaluate = rules::evaluate;
}

}  // namespace pams::test
