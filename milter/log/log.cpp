#include "milter/log/log.hpp"

#include <atomic>
#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "rules/base/text.hpp"

namespace pams::milter::log {

#define EVENT(id, level, meaning, remedy) const Event id{#id, Level::level, meaning, remedy};
#include "milter/log/events.def"
#undef EVENT

namespace {

std::shared_ptr<spdlog::logger> make_logger() {
  auto logger = std::make_shared<spdlog::logger>("pams", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  logger->flush_on(spdlog::level::trace);
  return logger;
}

spdlog::logger& logger() {
  static const auto instance = make_logger();
  return *instance;
}

std::atomic<bool> json_format = false;

constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                 spdlog::level::warn, spdlog::level::err,
                                                 spdlog::level::critical};
constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error", "critical"};

/// Inside quotes of either format; `printable` has left no control characters.
std::string quoted(std::string_view safe) {
  std::string out = "\"";
  for (const char c : safe) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

bool needs_quotes(std::string_view safe) {
  return safe.empty() || safe.find_first_of(" =\"\\") != std::string_view::npos;
}

std::string text_line(const Event& event, const std::vector<Field>& fields) {
  std::string line = "level=" + std::string(kLevelNames[static_cast<std::size_t>(event.level)]) +
                     " event=" + std::string(event.name);
  for (const auto& [key, value] : fields) {
    const auto safe = text::printable(value);
    line.append(" ").append(key).append("=").append(needs_quotes(safe) ? quoted(safe) : safe);
  }
  return line;
}

std::string json_line(const Event& event, const std::vector<Field>& fields) {
  std::string line = R"({"level":)" + quoted(kLevelNames[static_cast<std::size_t>(event.level)]) +
                     R"(,"event":)" + quoted(event.name);
  for (const auto& [key, value] : fields)
    line.append(",").append(quoted(key)).append(":").append(quoted(text::printable(value)));
  return line + "}";
}

}  // namespace

const std::vector<const Event*>& events() {
  static const std::vector<const Event*> all{
#define EVENT(id, level, meaning, remedy) &(id),
#include "milter/log/events.def"
#undef EVENT
  };
  return all;
}

void configure(std::string_view level, bool json) {
  json_format = json;
  for (std::size_t i = 0; i < std::size(kLevelNames); ++i)
    if (kLevelNames[i] == level) logger().set_level(kLevels[i]);
}

void write(const Event& event, const std::vector<Field>& fields) {
  const auto level = kLevels[static_cast<std::size_t>(event.level)];
  if (!logger().should_log(level)) return;
  logger().log(level, "{}", json_format ? json_line(event, fields) : text_line(event, fields));
}

void write(const Event& event, std::initializer_list<Field> fields) {
  write(event, std::vector<Field>(fields));
}

}  // namespace pams::milter::log
