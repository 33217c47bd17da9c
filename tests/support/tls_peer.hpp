/// A smart host for tests: an SMTP server on loopback with real STARTTLS and certificates made at run time by
/// authorities of its own. What it offers and answers is scripted, at any stage it may fall silent, close,
/// drip or flood, and it records what it was told in clear and what over TLS. One thread a connection.
/// Makes the process ignore SIGPIPE.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pams::test {

/// All are for kPeerName, unless they are not.
enum class PeerCertificate {
  Good,
  WrongName,    ///< for "elsewhere.test"
  Expired,      ///< yesterday
  NotYetValid,  ///< from tomorrow
  SelfSigned,
  CommonNameOnly,  ///< the name stands in the subject alone
  OtherAuthority,  ///< good, but of an authority that is not in ca_file()
};
inline constexpr const char* kPeerName = "smarthost.test";

class TlsPeer {
 public:
  /// Where an answer is due. Handshake: before TLS begins. Content: before the message's bytes are read.
  enum class Stage {
    Greeting,
    Ehlo,
    StartTls,
    Handshake,
    EhloOverTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Content,
    EndOfData,
    Rset,
    Quit,
    Other
  };
  enum class Then {
    GoOn,
    Hang,        ///< says nothing and reads nothing until the other side or the test ends
    Close,       ///< without an answer
    CloseAfter,  ///< the answer
    Drip,        ///< an answer's bytes, one at a time, without end
    Flood,       ///< reply lines without end
  };
  struct Answer {
    std::string
        reply;  ///< "250 fine", "250-a\r\n250 b"; "" = the usual one. At Handshake: bytes instead of TLS
    Then then = Then::GoOn;
    std::string after = {};  ///< bytes sent in one piece with the reply
  };
  struct Script {
    std::string address = "127.0.0.1";  ///< any of 127.0.0.0/8
    unsigned port = 0;                  ///< 0 = a free one
    PeerCertificate certificate = PeerCertificate::Good;
    std::string alternative_names = {};  ///< "DNS:a.test,IP:127.0.0.1": in the place of kPeerName in Good
    int highest_protocol = 0;            ///< TLS1_1_VERSION, ...; 0 = the newest
    std::vector<std::string> clear_words{"PIPELINING", "STARTTLS"};
    std::vector<std::string> words{"PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 52428800"};
    std::string mechanisms = "PLAIN LOGIN";  ///< offered over TLS when there is a user
    std::string user, password;
    std::map<Stage, Answer> answers;
    /// Asked first, with the line (no CRLF), by the connections' threads; nullptr or an Answer{} = `answers`.
    std::function<Answer(Stage, const std::string& line)> hook;
  };
  struct Message {
    std::string from;                     ///< "MAIL FROM:<a@x> BODY=8BITMIME", as it came
    std::vector<std::string> recipients;  ///< the RCPT lines that were answered with 2xx
    std::string content;                  ///< without the doubled dots and the end
    bool over_tls = false;
    bool accepted = false;  ///< the end of data was answered with 2xx
  };

  TlsPeer();
  explicit TlsPeer(Script script);
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;
  ~TlsPeer();  ///< breaks off every connection

  unsigned port() const;
  /// PEM of the authority that vouches for Good; the file lives as long as the peer.
  const std::string& ca_file() const;
  /// SHA-256 of its certificate's DER in hex.
  std::string certificate_digest() const;

  /// From now on.
  void answer(Stage stage, Answer answer);

  std::vector<std::string> told_in_clear() const;  ///< every line but message content
  std::vector<std::string> told_over_tls() const;
  /// Those whose content ended.
  std::vector<Message> messages() const;
  std::size_t connections() const;
  std::size_t resumed_sessions() const;
  std::vector<std::string> server_names() const;  ///< SNI of each handshake; "" = none
  /// Returns once the stage was reached `times` times since the start. Fails the test after 30 seconds.
  void wait_for(Stage stage, std::size_t times = 1) const;
  /// Breaks off the connections that stand.
  void hang_up();

  struct State;  ///< for the conversations in tls_peer.cpp

 private:
  std::unique_ptr<State> state_;
};

}  // namespace pams::test
