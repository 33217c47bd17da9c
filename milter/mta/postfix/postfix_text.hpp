/// Reading what postconf prints: master.cf lines, `-o` lists, lists with { } groups, milter entries. Pure
/// values; any thread. Nothing here runs a program.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pams::milter::mta {

/// One master.cf service.
struct Service {
  std::string name;
  std::string type;           ///< inet, unix, pass, fifo, unix-dgram
  std::string chroot;         ///< y, n or -
  std::string process_limit;  ///< "20", 0 = none, - = default_process_limit
  std::string command;        ///< "smtpd"
  std::string line;           ///< as postconf -M prints it
  std::string key() const { return name + "/" + type; }
};

/// A line of `postconf -M`; nullopt when it is none.
std::optional<Service> parse_service(const std::string& line);

/// A line of `postconf -P`: smtp/inet/smtpd_milters = inet:host:1
struct ServiceParameter {
  std::string service;  ///< "smtp/inet"
  std::string name;
  std::string value;
};
std::optional<ServiceParameter> parse_service_parameter(const std::string& line);

/// A Postfix list: elements between commas and blanks; what stands in { } is one element, braces kept.
std::vector<std::string> split_list(std::string_view value);

/// An element of smtpd_milters: `inet:host:1` or `{ inet:host:1, default_action=accept }`.
struct MilterEntry {
  std::string address;
  std::map<std::string, std::string> options;
};
MilterEntry parse_milter(std::string_view element);

/// For a pcre: or regexp: table: `text` with everything but letters and digits escaped, so that it means
/// itself.
std::string regex_escaped(std::string_view text);

}  // namespace pams::milter::mta
