/// Brings the processes of a run together.
#pragma once

#include <c10/core/Device.h>

#include <chrono>
#include <optional>

#include <hearth/core/inline.hpp>
#include <hearth/dist/rendezvous.hpp>
#include <hearth/dist/world.hpp>

namespace hearth::dist {

/// How `connect` brings the processes together.
struct ConnectOptions {
  /// For the processes to come together, and afterwards for each operation that they do together. That a process has
  /// gone is found earlier, after some seconds; after half a minute where they meet in a file.
  std::chrono::milliseconds timeout = std::chrono::minutes(10);

  /// automatic: as the rendezvous says, and where that says nothing, NCCL on GPUs and Gloo on the CPU.
  Backend backend = Backend::automatic;

  /// None: the GPU of the process's local rank where the host has GPUs, otherwise the CPU.
  std::optional<at::Device> device = {};
};

// Parts of a header-only program may be compiled with the component and without it. Each calls the functions that it
// was compiled with, for they have different names. What links hearth::compiled calls those of the library.
#ifndef HEARTH_COMPILED
#ifdef HEARTH_WITH_DISTRIBUTED
inline namespace of_several_processes {
#else
inline namespace of_one_process {
#endif
#endif

/// The world of this process: of size one, without any connection, where the rendezvous says that it is alone.
/// Otherwise it waits until all processes have come.
///
/// Throws Error, on every process where it can, that names the variable, the flag or the rank: the port is in use, the
/// host is unknown or does not answer in time, somebody has not come, two have the same rank or the same GPU, sizes
/// differ, the backend is not there, or this build has none (`is_available`).
World connect(const Rendezvous& rendezvous = find_rendezvous(), const ConnectOptions& options = {});

/// Whether this build of hearth can connect processes: LibTorch has c10d with Gloo, and gloo's headers were there.
bool is_available() noexcept;

#ifndef HEARTH_COMPILED
}  // inline namespace
#endif

}  // namespace hearth::dist

#ifndef HEARTH_COMPILED
#include <hearth/dist/connect.ipp>
#endif
