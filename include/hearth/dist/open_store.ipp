#pragma once

#include <hearth/dist/open_store.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>

namespace hearth::dist::detail {

namespace sockets {

using Clock = std::chrono::steady_clock;

/// An address of a host, with the port.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }

  /// As numbers: 192.0.2.2.
  std::string text() const {
    std::array<char, NI_MAXHOST> host{};
    getnameinfo(get(), length, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
    return host.data();
  }
};

/// The addresses of a host, those of IPv4 first: all processes of a host shall take the same. Empty, with the reason in
/// `why`, where it has none.
inline std::vector<Address> addresses_of(const std::string& host, int port, std::string& why, bool& is_final) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (failure != 0) {
    why = gai_strerror(failure);
    is_final = failure != EAI_AGAIN;
    return {};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  std::vector<Address> result;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Address address;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
    result.push_back(address);
  }
  std::stable_partition(result.begin(), result.end(), [](const Address& a) { return a.family() == AF_INET; });
  return result;
}

/// Whether the address is one of this host's.
inline bool is_here(Address address) {
  if (address.family() == AF_INET) {
    reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = 0;
  } else {
    reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = 0;
  }
  const core::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  return socket.number() >= 0 && ::bind(socket.number(), address.get(), address.length) == 0;
}

/// Tries to connect. Gives this host's address on the way there; none, with the reason in `why`, where nobody answers.
inline std::optional<std::string> way_to(const Address& address, std::chrono::milliseconds longest, std::string& why) {
  const core::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int failure = socket.number() < 0 || ::connect(socket.number(), address.get(), address.length) != 0 ? errno : 0;
  if (failure == EINPROGRESS) {
    pollfd ready{.fd = socket.number(), .events = POLLOUT, .revents = 0};
    socklen_t length = sizeof failure;
    failure = ETIMEDOUT;
    if (::poll(&ready, 1, static_cast<int>(longest.count())) == 1) {
      ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &failure, &length);
    }
  }
  if (failure != 0) {
    why = std::strerror(failure);
    return {};
  }
  Address own;
  own.length = sizeof own.storage;
  ::getsockname(socket.number(), own.get(), &own.length);
  return own.text();
}

/// A socket that listens on the port on all of this host's addresses.
inline core::Descriptor listen(int port, const std::string& source) {
  int failure = 0;
  for (const int family : {AF_INET6, AF_INET}) {
    core::Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.number() < 0) {
      failure = errno;
      continue;
    }
    const int on = 1;
    const int off = 0;
    ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    Address any;
    if (family == AF_INET6) {
      ::setsockopt(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
      auto* const address = reinterpret_cast<sockaddr_in6*>(&any.storage);
      address->sin6_family = AF_INET6;
      address->sin6_port = htons(static_cast<std::uint16_t>(port));
      any.length = sizeof *address;
    } else {
      auto* const address = reinterpret_cast<sockaddr_in*>(&any.storage);
      address->sin_family = AF_INET;
      address->sin_port = htons(static_cast<std::uint16_t>(port));
      any.length = sizeof *address;
    }
    if (::bind(socket.number(), any.get(), any.length) == 0 && ::listen(socket.number(), SOMAXCONN) == 0) {
      return socket;
    }
    failure = errno;
    if (failure == EADDRINUSE) {
      break;
    }
  }
  if (failure == EADDRINUSE) {
    core::fail(
        "dist: port {} is in use on this host, so rank 0 cannot make the store there ({}): another process has rank 0, "
        "or another program has the port. Choose another MASTER_PORT, or another port in --dist-url",
        port, source);
  }
  core::fail("dist: rank 0 cannot listen on port {} ({}): {}", port, source, std::strerror(failure));
}

}  // namespace sockets

/// Where the store answers, and this host's address on the way there.
struct Reached {
  std::string host;
  std::string own;
};

/// Waits until somebody answers. A name may be late, where hosts are just being started.
HEARTH_INLINE Reached reach(const Rendezvous& rendezvous, std::chrono::milliseconds timeout) {
  using sockets::Clock;
  const auto begin = Clock::now();
  const auto names_until = begin + std::min<std::chrono::milliseconds>(timeout, std::chrono::seconds(30));
  std::string why;
  for (auto wait = std::chrono::milliseconds(10);; wait = std::min(wait * 2, std::chrono::milliseconds(500))) {
    bool is_final = false;
    const std::vector<sockets::Address> addresses =
        sockets::addresses_of(rendezvous.host, rendezvous.port, why, is_final);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(begin + timeout - Clock::now());
    for (const sockets::Address& address : addresses) {
      const auto longest =
          std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(1), std::chrono::seconds(5));
      if (const std::optional<std::string> own = sockets::way_to(address, longest, why)) {
        return {.host = address.text(), .own = *own};
      }
    }
    const auto now = Clock::now() + wait;
    core::require(!addresses.empty() || now < (is_final ? names_until : begin + timeout),
                  "dist: the host \"{}\", at which the processes meet ({}), is unknown: {}", rendezvous.host,
                  rendezvous.source, why);
    core::require(now < begin + timeout,
                  "dist: nobody has answered at {}:{}, where the processes meet ({}), within {:.3g} s: {}. Does rank 0 "
                  "run there, and "
                  "is the port open?",
                  rendezvous.host, rendezvous.port, rendezvous.source, std::chrono::duration<double>(timeout).count(),
                  why);
    std::this_thread::sleep_for(wait);
  }
}

HEARTH_INLINE OpenStore open_store(const Rendezvous& rendezvous, std::chrono::milliseconds timeout) {
  if (rendezvous.kind == Rendezvous::Kind::file) {
    std::error_code ignored;
    const std::filesystem::path folder = rendezvous.file.parent_path();
    core::require(std::filesystem::is_directory(folder, ignored),
                  "dist: {} ({}): there is no folder {}, in which the processes could meet", rendezvous.file.string(),
                  rendezvous.source, folder.string());
    return {.open =
                [path = rendezvous.file.string(), size = rendezvous.membership.size, timeout] {
                  auto store = c10::make_intrusive<c10d::FileStore>(path, size);
                  store->setTimeout(timeout);
                  return c10::intrusive_ptr<c10d::Store>(std::move(store));
                },
            .address = ""};
  }

  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(rendezvous.port);
  options.waitWorkers = false;
  options.timeout = timeout;
  Reached reached;
  c10::intrusive_ptr<c10d::Store> server;
  if (rendezvous.serves) {
    core::Descriptor socket = sockets::listen(rendezvous.port, rendezvous.source);
    std::string why;
    bool is_final = false;
    reached = {.host = "127.0.0.1", .own = ""};
    for (const sockets::Address& address : sockets::addresses_of(rendezvous.host, rendezvous.port, why, is_final)) {
      if (sockets::is_here(address)) {
        reached = {.host = address.text(), .own = address.text()};
        break;
      }
    }
    c10d::TCPStoreOptions own = options;
    own.isServer = true;
    own.masterListenFd = socket.release();
    server = c10::make_intrusive<c10d::TCPStore>(reached.host, own);
  } else {
    reached = reach(rendezvous, timeout);
  }
  return {.open =
              [host = reached.host, options, server] {  // which the last connection takes with it
                return c10::intrusive_ptr<c10d::Store>(c10::make_intrusive<c10d::TCPStore>(host, options));
              },
          .address = reached.own};
}

}  // namespace hearth::dist::detail
