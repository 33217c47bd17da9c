#include "milter/smart_host/host_lookup.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <thread>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <sys/eventfd.h>

#include "milter/base/fd.hpp"
#include "rules/base/c_ptr.hpp"

namespace pams::milter::smart_host {
namespace {

using Addresses = Result<std::vector<SocketAddress>>;

std::string printed(const sockaddr* address, socklen_t size) {
  char text[NI_MAXHOST] = "";
  return getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0 ? text : "?";
}

/// Of this thread alone. `_res` is glibc's own; getaddrinfo() keeps what a program has changed in it.
void search_no_domains() {
  if (res_init() == 0) _res.options &= ~static_cast<unsigned long>(RES_DEFNAMES | RES_DNSRCH);
}

/// gai_strerror() speaks of names and services; a postmaster thinks of DNS.
std::string why_not(int error, int system_error) {
  if (error == EAI_NONAME) return "there is no such host: neither DNS nor /etc/hosts knows the name";
  if (error == EAI_NODATA) return "DNS knows the name, but no address of it";
  if (error == EAI_AGAIN) return "no DNS server answers, or it says that it cannot tell now (SERVFAIL)";
  return error == EAI_SYSTEM ? std::strerror(system_error) : gai_strerror(error);
}

Addresses ask(const std::string& name, const std::string& port) {
  search_no_domains();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* answer = nullptr;
  const int error = getaddrinfo(name.c_str(), port.c_str(), &hints, &answer);
  const CPtr<addrinfo, freeaddrinfo> owned(answer);
  if (error != 0) {
    const int system_error = errno;
    const bool passes = error == EAI_AGAIN || error == EAI_SYSTEM || error == EAI_MEMORY;
    return fail(passes ? Failure::Temporary : Failure::Misconfigured, why_not(error, system_error));
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

Addresses look_up(const rules::SmartHost& host, Deadline deadline, const Cancellation& cancellation) {
  const auto done = std::make_shared<Fd>(eventfd(0, EFD_CLOEXEC));
  if (!*done) return fail(Failure::Temporary, std::strerror(errno));
  std::promise<Addresses> promise;
  auto answer = promise.get_future();
  std::thread([done, name = host.name, port = std::to_string(host.port),
               promise = std::move(promise)]() mutable {
    try {
      promise.set_value(ask(name, port));
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
    eventfd_write(done->get(), 1);
  }).detach();
  if (const auto told = wait_for(done->get(), POLLIN, deadline, cancellation); !told)
    return tl::unexpected(told.error());
  return answer.get();
}

}  // namespace pams::milter::smart_host
