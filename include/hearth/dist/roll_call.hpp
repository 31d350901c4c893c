/// How processes that share a store find each other: all of one run, none of an earlier one.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::dist::detail {

/// What the processes know of each other when they have met.
struct RollCall {
  std::string round;               ///< the part of the store that this run has for itself
  std::vector<std::string> hosts;  ///< of every rank: equal where two ranks share a host
  std::string keeper;              ///< who keeps the store, as rank 0 says it
};

/// Waits until `size` processes with the ranks 0 … size-1 are there. Keys that an earlier run has left in the store do
/// no harm: torchrun's agent keeps its store when it starts the processes anew, and a file stays when a run was killed.
/// Throws Error on every process when two have the same rank, when they think of different sizes, or when some have not
/// come in time, which it names.
HEARTH_INLINE RollCall call_the_roll(c10d::Store& store, int rank, int size, const std::string& host,
                                     const std::string& keeper, std::chrono::milliseconds timeout);

/// This host, as no other has it: its name, its boot and its network name space.
HEARTH_INLINE std::string this_host();

}  // namespace hearth::dist::detail

#ifndef HEARTH_COMPILED
#include <hearth/dist/roll_call.ipp>
#endif
