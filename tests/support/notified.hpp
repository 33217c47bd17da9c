/// A service manager as systemd is one: a datagram socket that $NOTIFY_SOCKET names while this lives. One at
/// a time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "milter/base/fd.hpp"
#include "tests/support/temporary_directory.hpp"

namespace pams::test {

class Notified {
 public:
  explicit Notified(bool is_abstract = false);
  Notified(const Notified&) = delete;
  Notified& operator=(const Notified&) = delete;
  ~Notified();

  /// For processes that read their environment from now on.
  void watch(std::chrono::microseconds watchdog) const;
  /// Waits for one; "" after a minute without.
  std::string next() const;
  /// Waits for one that begins so; those before it are passed over.
  std::string next_with(const std::string& begin) const;
  /// What has come already.
  std::vector<std::string> all() const;

 private:
  std::string receive(int flags) const;

  TemporaryDirectory directory_;
  milter::Fd socket_;
};

}  // namespace pams::test
