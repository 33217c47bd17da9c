#include "milter/smart_host/host_lookup.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include <netdb.h>

#include "rules/base/c_ptr.hpp"

namespace pams::milter {
namespace {

using Addresses = Result<std::vector<SocketAddress>>;

std::string printed(const sockaddr* address, socklen_t size) {
  char text[NI_MAXHOST] = "";
  return getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0 ? text : "?";
}

Addresses ask(const std::string& name, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* answer = nullptr;
  const int error = getaddrinfo(name.c_str(), port.c_str(), &hints, &answer);
  const CPtr<addrinfo, freeaddrinfo> owned(answer);
  if (error != 0) {
    const bool passes = error == EAI_AGAIN || error == EAI_SYSTEM || error == EAI_MEMORY;
    return fail(passes ? Failure::Temporary : Failure::Misconfigured, gai_strerror(error));
  }
  std::vector<SocketAddress> out;
  for (const auto* one = answer; one != nullptr; one = one->ai_next) {
    SocketAddress address;
    if (one->ai_addrlen > sizeof address.bytes) continue;
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen,
                reinterpret_cast<char*>(&address.bytes));
    address.size = one->ai_addrlen;
    address.text = printed(one->ai_addr, one->ai_addrlen);
    if (std::ranges::find(out, address.text, &SocketAddress::text) == out.end()) out.push_back(address);
  }
  return out;
}

}  // namespace

Addresses look_up(const rules::SmartHost& host, Deadline deadline) {
  std::promise<Addresses> promise;
  auto answer = promise.get_future();
  std::thread([name = host.name, port = std::to_string(host.port), promise = std::move(promise)]() mutable {
    try {
      promise.set_value(ask(name, port));
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
  }).detach();
  if (answer.wait_until(deadline) == std::future_status::ready) return answer.get();
  return fail(Failure::Temporary, "no answer in time");
}

}  // namespace pams::milter
