/// One client of a Server: its requests, one after the other. Lives as long as something is awaited from it.
/// All of it on the server's thread.
#pragma once

#include <memory>
#include <optional>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "milter/http/server.hpp"

namespace pams::milter::http {

using Protocol = boost::asio::generic::stream_protocol;
using Socket = boost::asio::basic_stream_socket<Protocol>;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `routes` and `limits` live longer. `place` is held until it ends.
  Connection(Socket socket, const std::vector<Route>& routes, const Limits& limits,
             std::shared_ptr<const void> place);

  /// Waits for a request.
  void read();

 private:
  using Error = boost::beast::error_code;
  void on_read(Error error);
  void answer(const Response& response, bool goes_on);
  void on_written(Error error, bool goes_on);
  Response response_to_request() const;
  void end();

  boost::beast::basic_stream<Protocol> stream_;
  boost::beast::flat_buffer unread_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  std::optional<boost::beast::http::response<boost::beast::http::string_body>> response_;
  const std::vector<Route>& routes_;
  const Limits& limits_;
  const std::shared_ptr<const void> place_;
};

}  // namespace pams::milter::http
