/// A free port for processes that will be started to meet at.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>

namespace hearth::dist::detail {

/// A port that the system has given to this process, and to no other while the object lives (launch says how far).
class ReservedPort {
 public:
  ReservedPort() {
    sockaddr_in6 address{};  // all addresses, of IPv4 as well
    address.sin6_family = AF_INET6;
    sockaddr_in old_address{};
    old_address.sin_family = AF_INET;
    core::require(bind(AF_INET6, &address, sizeof address) || bind(AF_INET, &old_address, sizeof old_address),
                  "launch: there is no free port for the processes to meet at: {}",
                  std::generic_category().message(errno));
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    core::require(::getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&bound), &size) == 0,
                  "launch: the port of a socket is unknown: {}", std::generic_category().message(errno));
    number_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
                                                : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
#ifndef __linux__
    socket_ = core::Descriptor();  // elsewhere rank 0 could not have it meanwhile
#endif
  }

  int number() const noexcept {
    return number_;
  }

 private:
  bool bind(int family, const void* address, socklen_t size) {
    core::Descriptor made(::socket(family, SOCK_STREAM, 0));
    const int on = 1;
    const int off = 0;
    if (!made || ::fcntl(made.number(), F_SETFD, FD_CLOEXEC) != 0 ||
        ::setsockopt(made.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (family == AF_INET6 && ::setsockopt(made.number(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) ||
        ::bind(made.number(), static_cast<const sockaddr*>(address), size) != 0) {
      return false;
    }
    socket_ = std::move(made);
    return true;
  }

  core::Descriptor socket_;
  int number_ = 0;
};

}  // namespace hearth::dist::detail
