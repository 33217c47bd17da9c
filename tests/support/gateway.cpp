#include "tests/support/gateway.hpp"

#include <stdexcept>

#include <sys/stat.h>

#include "milter/archive/directory_archive.hpp"

namespace pams::milter::test {

void Gateway::write_settings(const std::string& rules,
                             const std::pair<std::string, std::string>& replace) const {
  auto text = R"(
[milter]
listen = "unix:)" +
              socket() + R"("
route_token_file = "route.token"
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
path = ")" + (folder_ / "trace.db") +
              R"("
mail_log = ")" +
              (folder_ / "mail.log") + R"("
[limits]
header_count = 50
recipients = 3
)" + rules;
  if (const auto at = text.find(replace.first); !replace.first.empty() && at != text.npos)
    text.replace(at, replace.first.size(), replace.second);
  folder_.write("pams-milter.toml", text);
}

Gateway::Gateway(const std::string& rules) {
  folder_.write("route.token", kToken + "\n");
  ::chmod(token_file().c_str(), 0600);
  write_settings(rules);
  const auto loaded = load_config(settings_file());
  if (loaded.config == nullptr) throw std::runtime_error(loaded.diagnostics.text());
  services_.config = loaded.config;
  services_.archives["compliance"] =
      std::make_shared<DirectoryArchive>(ArchiveSettings{"compliance", archive()});
  services_.route_guard = std::make_shared<RoutingIs>(true);
  services_.route_token = std::make_shared<RouteTokenFile>(token_file());
  services_.evaluate = rules::evaluate;
}

}  // namespace pams::milter::test
