/// One LMTP session with the MTA (RFC 2033), from greeting to goodbye. Blocks its thread, with a limit
/// for every wait; memory is bounded whatever comes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/relay/delivery.hpp"
#include "milter/relay/line_connection.hpp"
#include "milter/relay/lmtp_command.hpp"
#include "milter/relay/relay_services.hpp"

namespace pams::milter::relay {

class LmtpSession {
 public:
  /// `stop`: when it is readable the relay stops, and the session ends with 421, in the middle of a message
  /// too; only one that the smart host may have already is finished first. -1 = never. Borrowed, as
  /// `services` is.
  LmtpSession(RelayServices& services, Fd socket, int stop)
      : services_(services), wire_(std::move(socket)), stop_(stop) {}
  /// Until QUIT, the end of the connection, a timeout, `stop`, or too many mistakes.
  void run();

 private:
  enum class Next { GoOn, End };
  Next one_command();
  Next ended(LineConnection::IoResult outcome);
  Next obey(const LmtpCommand& command);
  Next too_many_mistakes();
  void hello(const LmtpCommand& command);
  void mail(const LmtpCommand& command);
  void recipient(const LmtpCommand& command);
  Next data();
  Next receive(Delivery& delivery);
  bool may_take(const PathArgument& path);
  void reset();
  void reply(std::string line);
  void mistake(std::string line);
  bool flush();

  RelayServices& services_;
  LineConnection wire_;
  const int stop_;
  std::string replies_;  ///< written when the MTA has nothing more to say
  bool has_greeted_ = false;
  bool has_sender_ = false;
  unsigned mistakes_ = 0;
  std::size_t recipient_bytes_ = 0;
  std::shared_ptr<const Config> config_;  ///< of the message that has begun
  Delivery::Asked asked_;
};

/// The largest carrier that a message which some connector takes can become.
std::uint64_t carrier_limit(const Config& config);

}  // namespace pams::milter::relay
