/// One key that an operator may write: its name, type and meaning. Tables of these describe every section of
/// the configuration, every condition and every action; the reader, the diagnostics and the manual follow
/// from them.
#pragma once

#include <span>
#include <string_view>

namespace pams::schema {

enum class Type {
  Text,       ///< a string                                        Args::text
  Words,      ///< strings (one alone may stand without brackets)  Args::words
  Patterns,   ///< as Words; each must compile as an RE2 pattern   Args::words
  Addresses,  ///< as Words; each is local@domain                  Args::words
  Domains,    ///< as Words; example.org or *.example.org          Args::words
  Networks,   ///< as Words; 192.0.2.1, 192.0.2.0/24, 192.0.2.1-192.0.2.9, IPv6 alike   Args::words
  Choice,     ///< one of `choices`                                Args::text
  Bool,       ///<                                                 Args::flag
  Integer,    ///< 0 or more                                       Args::number
  Size,       ///< "50 MB" = 50*2^20, or an integer of bytes       Args::number
  Duration,   ///< "30 s", "2 h", "90 days", "7 years" in seconds   Args::number
  DateTime,   ///< a TOML date-time (UTC unless it says otherwise) Args::instant
  File,       ///< a path; Args::text gives the file's content, Args::path its full name
  Path,       ///< a path, made absolute; nothing is read          Args::text
};

struct Param {
  std::string_view key;
  Type type = Type::Text;
  std::string_view doc;   ///< one sentence for the manual
  bool required = false;  ///< must be written
  std::string_view fallback =
      {};  ///< the default as it would be written in TOML; "" = none (Args::has says so)
  std::span<const std::string_view> choices = {};
  std::string_view later = {};  ///< not empty: what is not there yet; only the fallback is accepted
};

}  // namespace pams::schema
