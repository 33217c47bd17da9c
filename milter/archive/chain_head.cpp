#include "milter/archive/chain_head.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "milter/base/durable_file.hpp"

namespace pams::milter::archive {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Checkpoint& checkpoint) {
  return {{"entries", checkpoint.tip.number},
          {"hash", checkpoint.tip.hash},
          {"time", checkpoint.time.time_since_epoch().count()},
          {"signature", checkpoint.signature}};
}

Tip tip_in(const Json& json) {
  return {json.at("entries").get<std::int64_t>(), json.at("hash").get<std::string>()};
}

Checkpoint checkpoint_in(const Json& json) {
  return {tip_in(json), std::chrono::sys_seconds{std::chrono::seconds{json.at("time").get<std::int64_t>()}},
          json.at("signature").get<std::string>()};
}

}  // namespace

std::string statement_of(const Checkpoint& checkpoint) {
  return "pams-milter archive checkpoint\nentries " + std::to_string(checkpoint.tip.number) + "\nhash " +
         checkpoint.tip.hash + "\ntime " + std::to_string(checkpoint.time.time_since_epoch().count()) + "\n";
}

Result<std::optional<ChainHead>> read_head(const std::string& archive) {
  const auto path = archive + "/head";
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(Failure::Misconfigured, path + ": cannot be read");
  // nlohmann throws on a wrong shape; this is the one place where that means a damaged file.
  try {
    const auto json = Json::parse(text);
    ChainHead head{tip_in(json), std::nullopt};
    if (json.contains("checkpoint")) head.checkpoint = checkpoint_in(json.at("checkpoint"));
    return head;
  } catch (const nlohmann::json::exception&) {
    return fail(Failure::Misconfigured, path + ": is damaged");
  }
}

Status write_head(Disk& disk, int archive, const ChainHead& head) {
  Json json{{"entries", head.tip.number}, {"hash", head.tip.hash}};
  if (head.checkpoint) json["checkpoint"] = to_json(*head.checkpoint);
  const auto written = replace_file(disk, archive, "head", json.dump() + "\n");
  if (!written || head.tip.number > 0) return written;
  return sync_file(disk, archive, "head");
}

}  // namespace pams::milter::archive
