/// The store through which processes meet: a TCPStore at a host and port, or a FileStore.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <functional>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/dist/rendezvous.hpp>

namespace hearth::dist::detail {

/// A store that can be reached.
struct OpenStore {
  std::function<c10::intrusive_ptr<c10d::Store>()> open;  ///< another connection to it, each time
  std::string address;  ///< of this host on the way to the store; empty: a file has no way
};

/// Makes the store where this process serves it, and otherwise waits until it answers. Throws Error when the port is in
/// use, the host is unknown, nobody answers in time, or the file's folder is not there.
HEARTH_INLINE OpenStore open_store(const Rendezvous& rendezvous, std::chrono::milliseconds timeout);

}  // namespace hearth::dist::detail

#ifndef HEARTH_COMPILED
#include <hearth/dist/open_store.ipp>
#endif
