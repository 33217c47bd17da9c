#include "tests/support/gateway.hpp"

#include <stdexcept>

#include <sys/stat.h>

#include "milter/archive/file_archive.hpp"

namespace pams::milter::test {

Gateway::Gateway(const std::string& rules) {
  folder_.write("route.token", kToken + "\n");
  ::chmod(token_file().c_str(), 0600);
  const auto file = folder_.write("pams-milter.toml", R"(
[milter]
listen = "unix:)" + socket() + R"("
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
path = ")" + archive() + R"("
[limits]
header_count = 50
recipients = 3
)" + rules);
  const auto loaded = load_config(file);
  if (loaded.config == nullptr) throw std::runtime_error(loaded.diagnostics.text());
  services_.config = loaded.config;
  services_.archives["compliance"] = std::make_shared<FileArchive>(archive());
  services_.route_guard = std::make_shared<RoutingIs>(true);
  services_.route_token = std::make_shared<RouteTokenFile>(token_file());
  services_.evaluate = rules::evaluate;
}

}  // namespace pams::milter::test
