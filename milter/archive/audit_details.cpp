#include "milter/archive/audit_details.hpp"

#include <nlohmann/json.hpp>

namespace pams::milter::archive {

using Json = nlohmann::ordered_json;

std::string to_details(const std::vector<std::pair<std::string, std::string>>& texts) {
  auto details = Json::object();
  for (const auto& [key, text] : texts) details[key] = text;
  return details.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_in_details(const std::string& details, const std::string& key) {
  const auto json = Json::parse(details, nullptr, false);
  if (!json.is_object()) return "";
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace pams::milter::archive
