#include "rules/schema/read.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/schema/datum.hpp"

namespace pams::schema {
namespace {

std::vector<std::string> keys_of(std::span<const Param> params) {
  std::vector<std::string> keys;
  for (const auto& param : params) keys.emplace_back(param.key);
  return keys;
}

const Param* find_param(std::span<const Param> params, std::string_view key) {
  const auto found = std::ranges::find(params, key, &Param::key);
  return found == params.end() ? nullptr : &*found;
}

/// The key that a bare value stands for: the only required one, or the first when none is.
const Param* bare_param(std::span<const Param> params) {
  const auto is_required = [](const Param& p) { return p.required; };
  const auto required = std::ranges::count_if(params, is_required);
  if (required == 0 && !params.empty()) return &params.front();
  if (required != 1) return nullptr;
  return &*std::ranges::find_if(params, is_required);
}

/// Reads and checks a group of keys, collecting what is wrong.
class Reading {
 public:
  Reading(std::span<const Param> params, std::string_view what, const Files& files, Diagnostics& diagnostics)
      : params_(params), what_(what), files_(files), diagnostics_(diagnostics) {}

  void take(const Param& param, const Value& value) {
    auto datum = to_datum(param, value, files_);
    if (!datum) {
      for (auto& flaw : datum.error()) diagnostics_.error(flaw.at, std::string(param.key) + ": " + flaw.text);
      return;
    }
    if (!param.later.empty() && !is_fallback(param, *datum))
      return error(value.at(), std::string(param.key) + ": " + std::string(param.later) +
                                   " is not available in this version; leave the key out");
    args_.set(std::string(param.key), std::move(*datum), value.at());
  }

  void take_unknown(const Member& member) { report_unknown(member, what_, keys_of(params_), diagnostics_); }

  /// A mistake in one key must not hide those in others, so the defaults stand in where there are any.
  std::optional<Args> finish(const Location& at) {
    bool complete = true;
    for (const auto& param : params_) {
      if (args_.has(param.key)) continue;
      if (!param.fallback.empty()) args_.set(std::string(param.key), fallback_datum(param), {});
      if (!param.required) continue;
      complete = false;
      if (files_.is_complete && !was_written(param.key))
        error(at, std::string(what_) + " needs the key '" + std::string(param.key) + "'");
    }
    return complete ? std::optional(std::move(args_)) : std::nullopt;
  }

  void note_written(std::string_view key) { written_.emplace_back(key); }

 private:
  void error(const Location& at, std::string text) { diagnostics_.error(at, std::move(text)); }
  bool was_written(std::string_view key) const { return std::ranges::find(written_, key) != written_.end(); }
  bool is_fallback(const Param& param, const Args::Datum& datum) const {
    return !param.fallback.empty() && same(fallback_datum(param), datum);
  }

  std::span<const Param> params_;
  std::string_view what_;
  const Files& files_;
  Diagnostics& diagnostics_;
  Args args_;
  std::vector<std::string> written_;
};

}  // namespace

Files no_files() {
  return {[](const std::string& path) -> Result<std::string> {
            return fail(Failure::Misconfigured, "no file can be read here: " + path);
          },
          [](const std::string& path, const Source*) { return path; }};
}

void report_unknown(const Member& member, std::string_view what, std::span<const std::string> known,
                    Diagnostics& diagnostics) {
  auto text = "unknown key '" + text::printable(member.key, 100) + "' in " + std::string(what);
  const auto near = text::did_you_mean(member.key, known);
  if (!near.empty()) text += "; did you mean '" + near + "'?";
  diagnostics.error(member.key_at, std::move(text));
}

std::optional<Args> read_table(const Value& table, std::span<const Param> params, std::string_view what,
                               const Files& files, Diagnostics& diagnostics) {
  const auto* members = table.as<Table>();
  if (members == nullptr) {
    diagnostics.error(table.at(),
                      std::string(what) + " must be a table, not a " + std::string(table.type_name()));
    return std::nullopt;
  }
  Reading reading(params, what, files, diagnostics);
  for (const auto& member : *members) {
    const auto* param = find_param(params, member.key);
    if (param == nullptr) {
      reading.take_unknown(member);
      continue;
    }
    reading.take(*param, member.value);
    reading.note_written(member.key);
  }
  return reading.finish(table.at());
}

std::optional<Args> read_value(const Value& value, std::span<const Param> params, std::string_view what,
                               const Files& files, Diagnostics& diagnostics) {
  const auto* bare = value.as<Table>() != nullptr ? nullptr : bare_param(params);
  if (bare == nullptr) return read_table(value, params, what, files, diagnostics);
  Reading reading(params, what, files, diagnostics);
  reading.take(*bare, value);
  reading.note_written(bare->key);
  return reading.finish(value.at());
}

}  // namespace pams::schema
