#include "milter/http/connection.hpp"

#include <exception>
#include <string>

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace pams::milter::http {
namespace {

namespace beast = boost::beast;
namespace wire = boost::beast::http;

/// What has come and is not looked at yet: a whole header, and some of the next.
constexpr std::size_t kMoreThanHeader = 4096;

std::string_view view_of(beast::string_view text) { return {text.data(), text.size()}; }

bool fits(const Route& route, std::string_view path) {
  return route.path.ends_with('/') ? path.starts_with(route.path) : path == route.path;
}

Response plain(wire::status status) {
  return {static_cast<unsigned>(status), "text/plain; charset=utf-8",
          std::string(view_of(wire::obsolete_reason(status))) + '\n'};
}

bool is_read_only(wire::verb method) { return method == wire::verb::get || method == wire::verb::head; }

/// What a request is answered with that cannot be read; nullopt: nothing, the client has gone or says
/// nothing.
std::optional<wire::status> status_of(beast::error_code error, wire::verb method) {
  if (error == wire::error::end_of_stream || error == wire::error::partial_message) return std::nullopt;
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow)
    return wire::status::request_header_fields_too_large;
  if (error == wire::error::body_limit || error == wire::error::unexpected_body)
    return is_read_only(method) ? wire::status::payload_too_large : wire::status::method_not_allowed;
  const bool is_nonsense = error.category() == wire::make_error_code(wire::error::bad_method).category();
  return is_nonsense ? std::optional(wire::status::bad_request) : std::nullopt;
}

}  // namespace

Connection::Connection(Socket socket, const std::vector<Route>& routes, const Limits& limits,
                       std::shared_ptr<const void> place)
    : stream_(std::move(socket)),
      unread_(limits.header_bytes + kMoreThanHeader),
      routes_(routes),
      limits_(limits),
      place_(std::move(place)) {}

void Connection::read() {
  parser_.emplace();
  parser_->header_limit(limits_.header_bytes);
  parser_->body_limit(0);
  stream_.expires_after(limits_.request);
  wire::async_read(
      stream_, unread_, *parser_,
      [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
}

void Connection::on_read(Error error) {
  if (!error) return answer(response_to_request(), parser_->keep_alive());
  if (const auto status = status_of(error, parser_->get().method())) return answer(plain(*status), false);
  end();
}

Response Connection::response_to_request() const {
  const auto& request = parser_->get();
  if (!is_read_only(request.method())) return plain(wire::status::method_not_allowed);
  const auto target = view_of(request.target());
  const auto path = target.substr(0, target.find('?'));
  const auto query = path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view{};
  try {
    for (const auto& route : routes_)
      if (fits(route, path)) return route.answer({path, query});
  } catch (const std::exception&) {
    return plain(wire::status::internal_server_error);
  }
  return plain(wire::status::not_found);
}

void Connection::answer(const Response& response, bool goes_on) {
  const auto& request = parser_->get();
  auto& out = response_.emplace(static_cast<wire::status>(response.status), request.version());
  out.set(wire::field::content_type, response.content_type);
  out.set(wire::field::cache_control, "no-store");
  out.set("X-Content-Type-Options", "nosniff");
  if (out.result() == wire::status::method_not_allowed) out.set(wire::field::allow, "GET, HEAD");
  out.keep_alive(goes_on);
  // RFC 9110 9.3.2: HEAD is answered with GET's header and no body.
  if (request.method() != wire::verb::head) out.body() = response.body;
  out.content_length(response.body.size());
  stream_.expires_after(limits_.response);
  wire::async_write(stream_, out, [self = shared_from_this(), goes_on](beast::error_code error, std::size_t) {
    self->on_written(error, goes_on);
  });
}

void Connection::on_written(Error error, bool goes_on) {
  if (error || !goes_on) return end();
  response_.reset();
  read();
}

void Connection::end() {
  Error unimportant;
  stream_.socket().shutdown(Socket::shutdown_both, unimportant);
  stream_.close();
}

}  // namespace pams::milter::http
