#pragma once

#include <hearth/dist/connect.hpp>

#include <utility>

#include <hearth/core/error.hpp>
#ifdef HEARTH_WITH_DISTRIBUTED
#include <hearth/dist/process_groups.hpp>
#endif

namespace hearth {

#ifdef HEARTH_WITH_DISTRIBUTED

HEARTH_INLINE bool dist::is_available() noexcept {
  return true;
}

HEARTH_INLINE dist::World dist::connect(const Rendezvous& rendezvous, const ConnectOptions& options) {
  if (rendezvous.is_alone()) {
    return {};
  }
  detail::JoinOptions join;
  join.timeout = options.timeout;
  join.backend = options.backend == Backend::automatic ? rendezvous.backend : options.backend;
  join.device = options.device;
  detail::Joined joined = detail::join(rendezvous, join);
  return {std::move(joined.communicator), joined.device};
}

#else

HEARTH_INLINE bool dist::is_available() noexcept {
  return false;
}

HEARTH_INLINE dist::World dist::connect(const Rendezvous& rendezvous, const ConnectOptions&) {
  core::require(
      rendezvous.is_alone(),
      "dist: {} asks for {} processes, but this build of hearth works with one: its LibTorch has no distributed "
      "support, or gloo's headers (Debian's libgloo-dev) were not there when it was built",
      rendezvous.source, rendezvous.membership.size);
  return {};
}

#endif

}  // namespace hearth
