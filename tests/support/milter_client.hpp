/// Speaks the milter protocol (version 6) as Postfix does, to a milter on a unix socket: says only what was
/// negotiated, waits only for the answers that were negotiated. Everything throws when the milter hangs up.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "milter/base/fd.hpp"

namespace pams::test {
using namespace pams::milter;

struct HangUp : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the MTA offers; the values are the protocol's.
struct Offer {
  std::uint32_t actions = 0x1ff;
  std::uint32_t steps = 0x1fffff;
};

/// 'h' add header, 'm' change header, 'b' replace body, '+' add recipient, 'e' change sender, 'q' quarantine.
struct Modification {
  char kind;
  std::string data;  ///< NULs as '|', without the last one
};

struct Ending {
  char kind = '?';   ///< 'c' continue, 't' temporary failure, 'r' reject, 'y' reply code, 'd' discard
  std::string text;  ///< of 'y'
  std::vector<Modification> modifications;

  std::string body() const;  ///< all 'b' together
  const Modification* first(char kind) const;
};

class MilterClient {
 public:
  /// Connects and negotiates.
  explicit MilterClient(const std::string& socket_path, Offer offer = {});

  std::uint32_t actions() const { return actions_; }
  std::uint32_t steps() const { return steps_; }
  const std::string& macros_asked_for() const { return macros_asked_for_; }

  // Each returns the milter's answer, 'c' where none is waited for.
  char connect(const std::string& address = "127.0.0.1");
  char mail(const std::string& sender, const std::string& parameter = "",
            const std::vector<std::pair<std::string, std::string>>& macros = {});
  char recipient(const std::string& address);
  char header(const std::string& name, const std::string& value);  ///< value without the leading blank
  char end_of_header();
  /// In pieces of 65,535 bytes; ends early when told to skip ('s').
  char body(std::string_view bytes);
  Ending end_of_message();
  void abort();
  void quit();

  /// A whole message: "Name: value" lines, blank line, body, LF line ends (sent as CRLF).
  Ending send(const std::string& sender, const std::vector<std::string>& recipients, std::string_view eml);

  /// Any packet, legal or not.
  void raw(char command, std::string_view data = {});
  /// Waits for the next packet: command and data.
  std::pair<char, std::string> receive();

 private:
  char step(char command, std::string_view data, std::uint32_t not_sent, std::uint32_t not_answered);
  void macros(char command, const std::vector<std::pair<std::string, std::string>>& values);

  Fd socket_;
  std::uint32_t actions_ = 0;
  std::uint32_t steps_ = 0;
  std::string macros_asked_for_;
};

}  // namespace pams::test
