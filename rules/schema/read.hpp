/// TOML text -> Value tree -> Args, every mistake reported at its place. Pure: files are read through
/// `Files`. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/base/diagnostic.hpp"
#include "rules/base/result.hpp"
#include "rules/schema/args.hpp"
#include "rules/schema/param.hpp"
#include "rules/schema/value.hpp"

namespace pams::schema {

/// How a Type::File or Type::Path parameter reaches the disk; rules/ itself never does.
struct Files {
  enum class Pem { Certificates, PrivateKey };
  enum class Directory { There, Missing, MissingAbove };

  std::function<Result<std::string>(const std::string& path)> read;
  /// A relative path becomes absolute, seen from the file that names it.
  std::function<std::string(const std::string& path, const Source* from)> resolve;
  /// Why the program at an absolute path must not be run; empty: it is not looked at.
  std::function<Status(const std::string& path)> check_program{};
  /// Why the file at an absolute path is not what it should be; empty: it is not looked at.
  std::function<Status(const std::string& path, Pem kind)> look_at_pem{};
  /// Whether the directory at an absolute path is there, or why it cannot be; empty: it is not looked at.
  std::function<Result<Directory>(const std::string& path)> look_at_directory{};
  /// False when a file or a line of the configuration could not be read: that something is missing in the
  /// rest is no mistake then, and not reported.
  bool is_complete = true;
};
/// Every read fails with "no file can be read here", paths stay as they are: for examples and tests.
Files no_files();

/// The file as one table. A syntax error is reported and its line left out, so that the others are found too;
/// after one the table holds what could be read.
Value parse(std::shared_ptr<const Source> source, Diagnostics& diagnostics);

/// Checks `table` (a table) against `params` and fills in the defaults. Errors are reported, and the defaults
/// stand in for what is wrong so that the caller can look at the rest; no Args when a required key is missing
/// or wrong. Whether the configuration may be used is said by `diagnostics` alone. `params` must live as long
/// as the program. `what` names the table in messages, e.g. "[milter]".
std::optional<Args> read_table(const Value& table, std::span<const Param> params, std::string_view what,
                               const Files& files, Diagnostics& diagnostics);

/// As read_table; and where the table has only one required key (or only one key), `value` may be that key's
/// value itself: `remove_header = "X-A"` says the same as `remove_header = { name = "X-A" }`.
std::optional<Args> read_value(const Value& value, std::span<const Param> params, std::string_view what,
                               const Files& files, Diagnostics& diagnostics);

/// "unknown key 'x' in WHAT; did you mean 'y'?" at the member's key.
void report_unknown(const Member& member, std::string_view what, std::span<const std::string> known,
                    Diagnostics& diagnostics);

}  // namespace pams::schema
