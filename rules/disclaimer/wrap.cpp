#include "rules/disclaimer/disclaimer.hpp"
#include "rules/disclaimer/new_parts.hpp"

namespace pams::disclaimer {

Message wrap(const Message& message, const Disclaimer& disclaimer) {
  const auto header = message.headers.wire();
  const auto original = message.body.view();
  const auto encoding = encoding_around(message.headers, original);
  const auto [outer, inner] = free_boundaries(header, original);
  auto front = delimiter(outer).substr(2) + disclaimer_part(disclaimer, inner) + delimiter(outer).substr(2);
  front.append("Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n");
  if (!encoding.empty()) front.append("Content-Transfer-Encoding: ").append(encoding).append("\r\n");
  front.append("\r\n");
  const auto end = close_delimiter(outer);

  std::string body;
  body.reserve(front.size() + header.size() + 2 + original.size() + end.size());
  body.append(front).append(header).append("\r\n").append(original).append(end);
  return {outer_headers(message.headers, outer, encoding), SharedBytes(std::move(body))};
}

}  // namespace pams::disclaimer
