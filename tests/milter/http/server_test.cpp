#include "milter/http/server.hpp"

#include <array>
#include <cstring>
#include <stdexcept>

#include <boost/test/unit_test.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "tests/support/has.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;
using http::Request;
using http::Response;

namespace {

constexpr int kTimeout = 60'000;  // milliseconds

/// Says what it likes, and hears what is answered.
class WebClient {
 public:
  explicit WebClient(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("connect");
  }

  WebClient& say(std::string_view text) {
    static_cast<void>(!::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL));
    return *this;
  }
  /// Until the answer holds `end`, or the server hangs up.
  std::string hear(std::string_view end = "") {
    std::string heard;
    while (end.empty() || heard.find(end) == std::string::npos) {
      std::array<char, 4096> bytes{};
      pollfd waits{socket_.get(), POLLIN, 0};
      if (::poll(&waits, 1, kTimeout) <= 0) throw std::runtime_error("no answer");
      const auto count = ::read(socket_.get(), bytes.data(), bytes.size());
      if (count <= 0) break;
      heard.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return heard;
  }
  /// Now, without waiting.
  bool was_left() {
    pollfd waits{socket_.get(), POLLIN, 0};
    char byte = 0;
    return ::poll(&waits, 1, 0) > 0 && ::read(socket_.get(), &byte, 1) <= 0;
  }

 private:
  Fd socket_;
};

struct ServerFixture {
  const pams::test::TemporaryDirectory directory;
  const std::string path = directory / "web.sock";
  std::unique_ptr<http::Server> server;

  Listen listen() const {
    Listen listen;
    listen.unix_path = path;
    return listen;
  }
  void serve(const http::Limits& limits = {}) {
    auto opened = http::Server::open(
        listen(),
        {{"/hello",
          [](const Request& request) {
            return Response{200, "text/x", "hi " + std::string(request.query)};
          }},
         {"/trace/",
          [](const Request& request) {
            return Response{200, "text/x", std::string(request.path)};
          }},
         {"/fault", [](const Request&) -> Response { throw std::runtime_error("a secret"); }},
         {"/large",
          [](const Request&) {
            return Response{200, "text/x", std::string(16U << 20U, 'x')};
          }}},
        limits);
    BOOST_TEST_REQUIRE(opened.has_value(), (opened ? "" : opened.error().what));
    server = std::move(*opened);
  }
  std::string ask(const std::string& request) const {
    return WebClient(path).say(request + "\r\nConnection: close\r\n\r\n").hear();
  }
  /// Holds for at most one of the limits' times.
  static http::Limits impatient() {
    http::Limits limits;
    limits.request = limits.response = std::chrono::milliseconds(50);
    return limits;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_server, ServerFixture)

BOOST_AUTO_TEST_CASE(a_route_answers_with_its_status_type_and_body) {
  serve();
  const auto answer = ask("GET /hello?a=b HTTP/1.1\r\nHost: x");
  BOOST_TEST(has(answer, "HTTP/1.1 200 OK\r\n"), answer);
  BOOST_TEST(has(answer, "Content-Type: text/x\r\n"), answer);
  BOOST_TEST(has(answer, "Content-Length: 6\r\n"), answer);
  BOOST_TEST(answer.ends_with("\r\n\r\nhi a=b"), answer);
}

BOOST_AUTO_TEST_CASE(head_has_gets_header_and_no_body) {
  serve();
  const auto answer = ask("HEAD /hello HTTP/1.1\r\nHost: x");
  BOOST_TEST(has(answer, "Content-Length: 3\r\n"), answer);
  BOOST_TEST(answer.ends_with("\r\n\r\n"), answer);
}

BOOST_AUTO_TEST_CASE(a_route_that_ends_with_a_slash_stands_for_all_below_it) {
  serve();
  BOOST_TEST(ask("GET /trace/4711 HTTP/1.1\r\nHost: x").ends_with("/trace/4711"));
  BOOST_TEST(has(ask("GET /hello/more HTTP/1.1\r\nHost: x"), " 404 "));
  BOOST_TEST(has(ask("GET / HTTP/1.1\r\nHost: x"), " 404 "));
}

BOOST_AUTO_TEST_CASE(what_is_not_get_or_head_is_refused) {
  serve();
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "MADEUP"}) {
    const auto answer = ask(std::string(method) + " /hello HTTP/1.1\r\nHost: x");
    BOOST_TEST(has(answer, "HTTP/1.1 405 "), answer);
    BOOST_TEST(has(answer, "Allow: GET, HEAD\r\n"), answer);
  }
  BOOST_TEST(has(ask("POST /hello HTTP/1.1\r\nContent-Length: 5"), " 405 "));
}

BOOST_AUTO_TEST_CASE(bodies_are_refused) {
  serve();
  BOOST_TEST(has(ask("GET /hello HTTP/1.1\r\nContent-Length: 5"), " 413 "));
  BOOST_TEST(has(
      WebClient(path).say("GET /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").hear(),
      " 413 "));
}

BOOST_AUTO_TEST_CASE(a_large_header_is_refused) {
  serve();
  BOOST_TEST(has(ask("GET /hello HTTP/1.1\r\nX: " + std::string(8200, 'x')), " 431 "));
  BOOST_TEST(has(ask("GET /" + std::string(8200, 'x') + " HTTP/1.1"), " 431 "));
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused_and_harms_nobody) {
  serve();
  BOOST_TEST(has(WebClient(path).say("\x16\x03\x01 this is no HTTP\r\n\r\n").hear(), " 400 "));
  BOOST_TEST(has(ask("GET /hello HTTP/1.1\r\nHost: x"), " 200 "));
}

BOOST_AUTO_TEST_CASE(a_fault_in_a_route_is_500_without_its_words) {
  serve();
  const auto answer = ask("GET /fault HTTP/1.1\r\nHost: x");
  BOOST_TEST(has(answer, " 500 "), answer);
  BOOST_TEST(!has(answer, "secret"), answer);
}

BOOST_AUTO_TEST_CASE(one_connection_serves_several_requests) {
  serve();
  WebClient client(path);
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(has(client.say("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").hear("hi "), " 200 "));
}

BOOST_AUTO_TEST_CASE(who_does_not_finish_his_request_is_left) {
  serve(impatient());
  BOOST_TEST(WebClient(path).hear() == "");
  BOOST_TEST(WebClient(path).say("GET /hello HT").hear() == "");
}

BOOST_AUTO_TEST_CASE(who_does_not_take_his_answer_holds_up_nobody_else) {
  serve();
  WebClient slow(path);
  slow.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n").hear("200 OK");
  BOOST_TEST(has(ask("GET /hello HTTP/1.1\r\nHost: x"), " 200 "));
}

BOOST_AUTO_TEST_CASE(who_does_not_take_his_answer_is_left) {
  http::Limits limits;
  limits.connections = 1;
  limits.response = std::chrono::milliseconds(50);
  serve(limits);
  WebClient slow(path);
  slow.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(has(ask("GET /hello HTTP/1.1\r\nHost: x"), " 200 "));  // in his place
  BOOST_TEST(slow.hear().size() < 16U << 20U);
}

BOOST_AUTO_TEST_CASE(more_clients_than_places_wait_and_are_served) {
  http::Limits limits;
  limits.connections = 2;
  limits.request = std::chrono::milliseconds(200);
  serve(limits);
  WebClient silent(path);
  WebClient another(path);
  BOOST_TEST(has(ask("GET /hello HTTP/1.1\r\nHost: x"), " 200 "));
  BOOST_TEST((silent.was_left() || another.was_left()));  // only then there was a place
}

BOOST_AUTO_TEST_CASE(a_unix_socket_is_for_owner_and_group_and_goes_with_the_server) {
  serve();
  struct stat status {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777U) == 0660U);
  server.reset();
  BOOST_TEST(::access(path.c_str(), F_OK) != 0);
}

BOOST_AUTO_TEST_CASE(who_answers_there_already_is_not_replaced) {
  serve();
  const auto second = http::Server::open(listen(), {});
  BOOST_TEST(!second.has_value());
  BOOST_TEST(has(ask("GET /hello HTTP/1.1\r\nHost: x"), " 200 "));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_server_waits_for_no_client) {
  serve();
  WebClient silent(path);
  WebClient slow(path);
  slow.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n").hear("200 OK");
  server.reset();
  BOOST_TEST(silent.hear() == "");
}

BOOST_AUTO_TEST_SUITE_END()
