/// A connection over c10d, the engine of torch.distributed: Gloo for what lies on the CPU, NCCL for what lies on GPUs.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/dist/communicator.hpp>
#include <hearth/dist/membership.hpp>
#include <hearth/dist/rendezvous.hpp>

namespace c10d {
class ProcessGroup;
class Store;
}  // namespace c10d

namespace hearth::dist::detail {

/// How processes join that have found a store.
struct JoinOptions {
  int rank = 0;
  int size = 1;
  std::chrono::milliseconds timeout = std::chrono::minutes(10);
  std::optional<Membership> membership = {};  ///< none: local ranks follow from the hosts
  Backend backend = Backend::automatic;
  std::optional<at::Device> device = {};                  ///< none: the GPU of the local rank, where there is one
  std::string address = {};                               ///< of this host, as the others reach it; empty: found
  std::string keeper = "rank 0, which keeps the store,";  ///< who keeps the store, for messages
  bool serves = false;                                    ///< the store ends with this process

  /// Of the signs of life, WatchOptions::interval, which is a sixtieth of the time-out and no more than this.
  std::chrono::milliseconds longest_interval = std::chrono::seconds(1);
};

/// A connection, and the device of this process.
struct Joined {
  std::shared_ptr<Communicator> communicator;
  at::Device device;
};

/// Refuses, with the ranks, that some work on GPUs and others do not, over different backends, or two on one GPU. For
/// every rank: what it works on, "cuda over nccl"; its host and its GPU, each on a line.
void compare_devices(const std::vector<std::string>& ranks);

/// Joins the processes of a store. `open` gives a connection to it, a new one each time.
Joined join(const std::function<c10::intrusive_ptr<c10d::Store>()>& open, const JoinOptions& options);

/// Opens the store that is named and joins.
Joined join(const Rendezvous& rendezvous, JoinOptions options);

}  // namespace hearth::dist::detail

#ifndef HEARTH_COMPILED
#include <hearth/dist/process_groups.ipp>
#endif
