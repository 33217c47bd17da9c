/// How pamsctl, and doctor, reach the running milter: a unix socket (SOCK_SEQPACKET: one packet to ask, one
/// to answer) that only root and the milter's user may connect to. Its place does not depend on the
/// configuration, so that a broken or changed one can be told. No function here waits longer than it says.
/// Any thread.
#pragma once

#include <chrono>
#include <string>

#include "milter/base/fd.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::control {

/// `control` in $RUNTIME_DIRECTORY, which systemd sets, or in /run/pams-milter.
std::string control_socket_path();

/// Listens there, with mode 0600. What a killed milter left is replaced; a program that answers there
/// is not (Misconfigured).
Result<Fd> open_control_socket(const std::string& path);

struct ControlAnswer {
  bool reloaded = false;
  std::string text;
};

/// The daemon's side: takes one connection and its request. Nothing when nobody asks properly soon enough:
/// the connection is closed then.
struct ControlRequest {
  enum class Kind { Nothing, Reload, Status };
  Kind kind = Kind::Nothing;
  Fd connection;
  std::string config_file;  ///< to reload: the configuration that is meant
};
ControlRequest take_request(const Fd& listener);
/// What is longer than a packet is cut.
void give_answer(const Fd& connection, const ControlAnswer& answer);
/// `json`: a StatusReport (status_report.hpp).
void give_status(const Fd& connection, const std::string& json);

/// The operator's side: asks and waits for the answer. The error is a sentence for the operator:
/// Failure::Misconfigured: no milter runs; Refused: this user may not ask; Temporary: it does not answer.
Result<ControlAnswer> ask_to_reload(const std::string& path, const std::string& config_file,
                                    std::chrono::seconds timeout);
/// The JSON of a StatusReport.
Result<std::string> ask_for_status(const std::string& path, std::chrono::seconds timeout);

}  // namespace pams::milter::control
