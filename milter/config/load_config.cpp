// Reads the file and its includes, checks every section, and reports everything that is wrong at once.
#include <algorithm>
#include <filesystem>

#include "milter/config/check_config.hpp"
#include "milter/config/config.hpp"
#include "milter/config/files.hpp"
#include "milter/config/listen.hpp"
#include "milter/config/sections.hpp"
#include "milter/config/sources.hpp"
#include "rules/base/ip_range.hpp"
#include "rules/load.hpp"
#include "rules/schema/check_path.hpp"

namespace pams::milter {
namespace {

using schema::Args;
using schema::Array;
using schema::Member;
using schema::Table;
using schema::Value;

constexpr unsigned kRelayPort = 8896;
constexpr std::uint64_t kMaxRelaySessions = 10000;

bool is_loopback(const std::string& host) {
  static const auto kLoopback = *IpRange::parse("127.0.0.0/8");
  const auto address = parse_ip(host);
  return host == "::1" || (address && kLoopback.contains(*address));
}

constexpr schema::Param kInclude{.key = "include", .type = schema::Type::Words, .doc = "More files."};

class Loader {
 public:
  Loader(const std::string& path, schema::Files disk)
      : path_(std::filesystem::absolute(path).lexically_normal().string()),
        sources_(std::make_shared<SourceList>()),
        disk_(noting_sources(std::move(disk), sources_)) {}

  Loaded run(const std::string& shown_path) {
    read(path_, shown_path);
    if (files_.empty()) return {nullptr, std::move(diagnostics_)};
    read_includes();
    for (const auto& file : files_) check_keys(file);
    auto config = std::make_shared<Config>();
    config->settings.file = path_;
    read_settings(config->settings);
    auto policy = rules::load_policy(files_, archive_names(), disk_, diagnostics_);
    if (policy) config->policy = std::move(*policy);
    config->sources.files = sources_->all();
    config->sources.includes = includes_;
    if (!policy || diagnostics_.has_errors()) config = nullptr;
    return {std::move(config), std::move(diagnostics_)};
  }

 private:
  void read(const std::string& path, const std::string& shown_path, const Location& named_at = {}) {
    auto content = disk_.read(path);
    const auto errors_before = diagnostics_.errors();
    if (content)
      files_.push_back(schema::parse(std::make_shared<const Source>(Source{shown_path, std::move(*content)}),
                                     diagnostics_));
    else
      diagnostics_.error(named_at, content.error().what);
    if (diagnostics_.errors() > errors_before) disk_.is_complete = false;
  }

  void read_includes() {
    const auto* include = files_.front().find("include");
    if (include == nullptr) return;
    const auto main = files_.front();  // read() grows files_
    const auto args = schema::read_value(*include, {&kInclude, 1}, "include", disk_, diagnostics_);
    if (!args) return;
    for (const auto& pattern : args->words("include")) {
      includes_.push_back(resolve(pattern, path_));
      const auto found = matching_files(includes_.back());
      if (!found) {
        diagnostics_.error(include->at(), found.error().what);
        disk_.is_complete = false;
        continue;
      }
      if (found->empty())
        diagnostics_.warning(include->at(), "include: no file matches " + includes_.back());
      for (const auto& file : *found) read(file, file, include->at());
    }
  }

  /// Which top-level keys there are, and that each has the right shape.
  void check_keys(const Value& file) {
    std::vector<std::string> known;
    for (const auto& s : sections()) known.emplace_back(s.name);
    for (const auto name : rules::policy_sections()) known.emplace_back(name);
    known.emplace_back("include");
    for (const auto& member : *file.as<Table>()) {
      if (std::ranges::find(known, member.key) == known.end())
        schema::report_unknown(member, "the configuration", known, diagnostics_);
      if (member.key == "include" && &file != &files_.front())
        diagnostics_.error(member.key_at, "an included file cannot include others");
      for (const auto& s : sections())
        if (s.name == member.key && !s.later.empty())
          diagnostics_.error(member.key_at, std::string(s.later) +
                                                " is not available in this version; leave the section out");
    }
  }

  /// The tables of a section over all files, checked.
  std::vector<Args> read_section(std::string_view name) {
    const auto& wanted = section(name);
    const auto heading = schema::heading(name, wanted.occurs);
    std::vector<Args> all;
    for (const auto* table : schema::find_tables(files_, name, wanted.occurs, diagnostics_)) {
      auto args = schema::read_table(*table, wanted.params, heading, disk_, diagnostics_);
      if (!args) continue;
      check_files(name, {*table, *args, disk_, diagnostics_});
      all.push_back(std::move(*args));
    }
    return all;
  }

  static void check_files(std::string_view section, const schema::ReadTable& read) {
    if (section != "archive") return;
    schema::check_directory(read, "path");
    schema::check_pem(read, "encrypt_to", schema::Files::Pem::Certificates);
    schema::check_pem(read, "checkpoint_key", schema::Files::Pem::PrivateKey);
  }

  /// The one table of a [section]; all defaults when it was not written.
  Args read_single(std::string_view name) {
    auto written = read_section(name);
    if (!written.empty()) return std::move(written.front());
    Diagnostics none;
    return *schema::read_table(Value(Table{}, {}), section(name).params, name, disk_, none);
  }

  /// Apart from the section's other keys, so that a mistake in one of them does not hide one in the address.
  void check_listen() {
    for (const auto& file : files_) {
      const auto* milter = file.find("milter");
      const auto* listen = milter == nullptr ? nullptr : milter->find("listen");
      const auto* text = listen == nullptr ? nullptr : listen->as<std::string>();
      if (text == nullptr) continue;
      if (const auto parsed = parse_listen(*text); !parsed)
        diagnostics_.error(listen->at(), "listen: " + parsed.error());
    }
  }

  /// `relay.sock` beside the milter's socket, or on loopback a port of its own where the milter has one.
  Listen default_relay_listen(const Listen& milter) {
    Listen listen;
    if (milter.unix_path.empty()) {
      listen.host = "127.0.0.1";
      listen.port = kRelayPort;
    } else {
      listen.unix_path = (std::filesystem::path(milter.unix_path).parent_path() / "relay.sock").string();
    }
    return listen;
  }

  /// Whoever can connect may hand over a seal, and the answer tells of recipients: never the network.
  void read_relay(Settings& settings) {
    const auto args = read_single("relay");
    settings.relay.listen = default_relay_listen(settings.listen);
    settings.relay.max_sessions = static_cast<unsigned>(args.number("max_sessions"));
    if (args.number("max_sessions") < 1 || args.number("max_sessions") > kMaxRelaySessions)
      diagnostics_.error(args.at("max_sessions"),
                         "max_sessions: a number from 1 to " + std::to_string(kMaxRelaySessions));
    const auto& written = args.text("listen");
    if (written.empty()) return;
    const auto listen = parse_listen(written);
    if (!listen)
      diagnostics_.error(args.at("listen"), "listen: " + listen.error());
    else if (listen->unix_path.empty() && !is_loopback(listen->host))
      diagnostics_.error(
          args.at("listen"),
          "listen: the relay listens at a unix socket or on loopback only: unix:/path/to/socket, inet:PORT@127.0.0.1");
    else if (listen->for_libmilter() == settings.listen.for_libmilter())
      diagnostics_.error(args.at("listen"), "listen: the milter listens there");
    else
      settings.relay.listen = *listen;
  }

  void read_settings(Settings& settings) {
    check_listen();
    const auto milter = read_single("milter");
    if (auto listen = parse_listen(milter.text("listen"))) settings.listen = std::move(*listen);
    settings.mta = kMtas.at(milter.text("mta"));
    settings.seal_key_file = resolve(milter.text("seal_key_file"), path_);
    read_relay(settings);
    settings.verify_route = milter.flag("verify_route");
    settings.postfix_config = resolve(milter.text("postfix_config"), path_);
    settings.sendmail_config = resolve(milter.text("sendmail_config"), path_);
    settings.sendmail_program = resolve(milter.text("sendmail_program"), path_);
    const auto log = read_single("log");
    settings.log_level = log.text("level");
    settings.log_format = kLogFormats.at(log.text("format"));
    read_archives(settings);
    const auto trace = read_single("trace");
    const auto& mail_log = trace.text("mail_log");
    settings.trace = {resolve(trace.text("path"), path_), std::chrono::seconds(trace.number("retention")),
                      mail_log == "journal" ? mail_log : resolve(mail_log, path_), trace.flag("subjects")};
    check_subjects(settings, trace);
    read_metrics(settings);
  }

  /// Whoever can connect reads names of rules and of smart hosts, without a password: never the network.
  void read_metrics(Settings& settings) {
    const auto written = read_section("metrics");
    if (written.empty()) return;
    const auto& text = written.front().text("listen");
    const auto& at = written.front().at("listen");
    const bool has_scheme =
        text.starts_with("unix:") || text.starts_with("local:") || text.starts_with("inet");
    const auto listen = parse_listen(has_scheme ? text : "inet:" + text);
    if (!listen || (listen->unix_path.empty() && !is_loopback(listen->host)))
      return diagnostics_.error(
          at,
          "listen: metrics are served on loopback or at a unix socket only, as 127.0.0.1:9825, [::1]:9825 or unix:/run/pams-milter/metrics.sock; for a Prometheus elsewhere put a proxy with TLS and a password in front");
    for (const auto* other : {&settings.listen, &settings.relay.listen})
      if (listen->for_libmilter() == other->for_libmilter())
        return diagnostics_.error(at, "listen: the milter or the relay listens there");
    settings.metrics = *listen;
  }

  /// Whoever encrypts an archive wants nobody to read what is in it.
  void check_subjects(const Settings& settings, const Args& trace) {
    const auto is_encrypted = [](const ArchiveSettings& archive) { return !archive.encrypt_to.empty(); };
    const auto encrypted = std::ranges::find_if(settings.archives, is_encrypted);
    if (encrypted == settings.archives.end() || !settings.trace.subjects) return;
    diagnostics_.warning(
        trace.at("subjects"),
        "archive '" + encrypted->name +
            "' has encrypt_to, but the trace keeps every subject in clear; set [trace] subjects = false to leave them out");
  }

  void read_archives(Settings& settings) {
    for (const auto& args : read_section("archive")) {
      const auto is_same = [&](const ArchiveSettings& other) { return other.name == args.text("name"); };
      if (std::ranges::any_of(settings.archives, is_same))
        diagnostics_.error(args.at("name"), "there is an archive '" + args.text("name") + "' already");
      settings.archives.push_back({args.text("name"), resolve(args.text("path"), path_),
                                   optional_path(args.text("encrypt_to")),
                                   optional_path(args.text("checkpoint_key"))});
    }
  }

  std::string optional_path(const std::string& path) const {
    return path.empty() ? "" : resolve(path, path_);
  }

  /// Also of those with a mistake in another key: who refers to them has made none.
  std::vector<std::string> archive_names() const {
    std::vector<std::string> names;
    for (const auto& file : files_) {
      const auto* archives = file.find("archive");
      if (archives == nullptr || archives->as<Array>() == nullptr) continue;
      for (const auto& archive : *archives->as<Array>())
        if (const auto* name = archive.find("name"); name != nullptr && name->as<std::string>() != nullptr)
          names.push_back(*name->as<std::string>());
    }
    return names;
  }

  std::string path_;
  std::shared_ptr<SourceList> sources_;
  schema::Files disk_;
  std::vector<std::string> includes_;
  std::vector<Value> files_;
  Diagnostics diagnostics_;
};

}  // namespace

const ArchiveSettings* Config::archive(std::string_view name) const {
  const auto found = std::ranges::find(settings.archives, name, &ArchiveSettings::name);
  return found == settings.archives.end() ? nullptr : &*found;
}

Loaded load_config(const std::string& path) { return Loader(path, disk_files()).run(path); }
Loaded check_config(const std::string& path) { return Loader(path, examined_files()).run(path); }

}  // namespace pams::milter
