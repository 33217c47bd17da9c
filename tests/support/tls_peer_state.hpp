/// What a TlsPeer and its connections share. For tls_peer.cpp and tls_conversation.cpp alone.
#pragma once

#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "milter/base/fd.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_identity.hpp"
#include "tests/support/tls_peer.hpp"

namespace pams::test {

using milter::Fd;

struct TlsPeer::State {
  explicit State(Script wanted);
  void serve();
  Answer answer_at(Stage stage, const std::string& line);

  Script script;
  TemporaryDirectory directory;
  std::string ca_file;
  TlsIdentity identity;
  CPtr<SSL_CTX, SSL_CTX_free> context;
  Fd listener;
  unsigned port = 0;
  std::thread thread;

  mutable std::mutex mutex;  ///< over everything below and script.answers
  mutable std::condition_variable changed;
  bool ends = false;
  std::list<Fd> sockets;  ///< of the connections that stand
  std::map<Stage, std::size_t> reached;
  std::vector<std::string> in_clear, over_tls, server_names;
  std::vector<Message> messages;
  std::size_t connections = 0, resumed = 0;
};

/// Serves one connection until the other side has gone or the test ends.
void converse(TlsPeer::State& peer, int socket);

}  // namespace pams::test
