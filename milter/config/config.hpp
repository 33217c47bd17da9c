/// The whole configuration, read and checked. Immutable; a session keeps the snapshot that it began with. Any
/// thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/policy/policy.hpp"

namespace pams::milter {

enum class MtaKind { Postfix, Sendmail };
enum class LogFormat { Text, Json };

/// Where the milter listens. Accepts libmilter's and Postfix's spelling; gives both.
struct Listen {
  std::string unix_path;  ///< "" for inet
  std::string host;       ///< "" = all
  unsigned port = 0;
  bool ipv6 = false;
  std::string for_libmilter() const;  ///< "unix:/path", "inet:8894@127.0.0.1"
  std::string for_postfix() const;    ///< "unix:/path" (not yet seen from a chroot), "inet:127.0.0.1:8894"
};

struct ArchiveSettings {
  std::string name;
  std::string path;                 ///< absolute
  std::string encrypt_to = {};      ///< PEM certificates, absolute; "" = not encrypted
  std::string checkpoint_key = {};  ///< PEM private key, absolute; "" = checkpoints are not signed
};

struct TraceSettings {
  std::string path;  ///< absolute
  std::chrono::seconds retention{};
  std::string mail_log;  ///< absolute, or "journal"
  bool subjects = true;  ///< kept, in clear
};

/// pams-relay, which opens what was sealed and brings it to the smart host.
struct RelaySettings {
  Listen listen;  ///< a unix socket, or a port on loopback
  unsigned max_sessions = 100;
};

struct Settings {
  std::string file;  ///< the configuration file itself, absolute
  Listen listen;
  MtaKind mta = MtaKind::Postfix;
  std::string seal_key_file;  ///< absolute
  bool verify_route = true;
  std::string postfix_config;
  std::string sendmail_config;
  std::string sendmail_program;
  std::vector<ArchiveSettings> archives;
  TraceSettings trace;
  RelaySettings relay;
  std::optional<Listen> metrics;  ///< a unix socket, or a port on loopback; nullopt: not served
  std::string log_level;
  LogFormat log_format = LogFormat::Text;
};

/// What a configuration was made from.
struct ConfigSources {
  struct File {
    std::string path;
    std::string digest;  ///< SHA-256 of its content
  };
  std::vector<File> files;            ///< the file itself, its includes, and what its rules name
  std::vector<std::string> includes;  ///< absolute patterns
};

struct Config {
  Settings settings;
  rules::Policy policy;
  ConfigSources sources;

  const ArchiveSettings* archive(std::string_view name) const;
};

struct Loaded {
  std::shared_ptr<const Config> config;  ///< null when there are errors
  Diagnostics diagnostics;
};

/// Reads `path` and its includes. A file that cannot be read is an error like any other.
Loaded load_config(const std::string& path);

inline constexpr const char* kDefaultConfig = "/etc/pams-milter/pams-milter.toml";

}  // namespace pams::milter
