#include "lib/net/resolve.h"

#include <fmt/format.h>
#include <netdb.h>

#include <array>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "lib/base/error.h"
#include "lib/net/trace_ids.h"
#include "lib/pki/host_name.h"

namespace certfleet::net {

namespace {

constexpr std::size_t addresses_max = 16;  // tried for one name; a name with more is no server of ours

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

int look_up(const std::string& host, const std::string& port, int flags, Addresses& result) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (error == 0) result.reset(list);
  return error;
}

// getaddrinfo() can't be interrupted and takes as long as the resolver's own time-outs. So it runs in a
// thread that is left behind if need be; both own what passes between them.
struct LookUp {
  std::mutex mutex;
  std::condition_variable_any done_changed;
  bool done = false;
  int error = 0;
  Addresses addresses;
};

[[noreturn]] void fail(const std::string& host, std::string_view why) {
  throw Failure(Fault::unreachable, trace_name_resolution,
                fmt::format("the name {} does not resolve: {}", host, why));
}

Addresses look_up_by(const std::string& host, const std::string& port, const Waiter& waiter) {
  auto shared = std::make_shared<LookUp>();
  try {
    std::thread([shared, host, port] {
      Addresses addresses;
      int error = look_up(host, port, 0, addresses);
      std::lock_guard lock(shared->mutex);
      shared->error = error;
      shared->addresses = std::move(addresses);
      shared->done = true;
      shared->done_changed.notify_all();
    }).detach();
  } catch (const std::system_error& error) {
    throw Failure(Fault::retry, fmt::format("can't resolve {}: {}", host, error.code().message()));
  }
  std::unique_lock lock(shared->mutex);
  shared->done_changed.wait_until(lock, waiter.stop(), waiter.deadline().at(), [&] { return shared->done; });
  throw_if_stopped(waiter.stop());
  if (!shared->done) fail(host, "no answer in time");
  if (shared->error != 0) fail(host, ::gai_strerror(shared->error));
  return std::move(shared->addresses);
}

}  // namespace

std::string SocketAddress::text() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(get(), size, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "unknown";
  return storage.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

std::vector<SocketAddress> resolve(const Address& address, const Waiter& waiter) {
  throw_if_stopped(waiter.stop());
  auto port = std::to_string(address.port);
  Addresses found;
  if (pki::is_ip_address(address.host)) {
    int error = look_up(address.host, port, AI_NUMERICHOST, found);
    if (error != 0) fail(address.host, ::gai_strerror(error));
  } else {
    found = look_up_by(address.host, port, waiter);
  }
  std::vector<SocketAddress> result;
  for (const auto* each = found.get(); each != nullptr && result.size() < addresses_max;
       each = each->ai_next) {
    SocketAddress one;
    std::memcpy(&one.storage, each->ai_addr, each->ai_addrlen);
    one.size = each->ai_addrlen;
    result.push_back(one);
  }
  if (result.empty()) fail(address.host, "it has no addresses");
  return result;
}

}  // namespace certfleet::net
