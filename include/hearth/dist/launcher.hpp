/// Several processes of one program on this host, without another tool: `--nproc 4`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/dist/launch_options.hpp>
#include <hearth/dist/rendezvous.hpp>

namespace hearth::dist {

/// Starts the processes, each of this program with the command line `words` (the program's name first), and returns
/// when all have ended: 0, or the exit code of the first that failed, 128 + the signal where one ended it. A line on
/// stderr says which rank that was.
///
/// Each has RANK, LOCAL_RANK, WORLD_SIZE, LOCAL_WORLD_SIZE, GROUP_RANK, MASTER_ADDR and MASTER_PORT in its environment,
/// as torchrun sets them, and OMP_NUM_THREADS, where that is not set: its share of the cores. Its stdin is empty. What
/// it writes is passed on line by line, with `[rank 2] ` before each line; but the stdout of rank 0 as it is, and where
/// stdout or stderr is a terminal, rank 0 has it itself, for its progress bar.
///
/// Each has a session of its own, so that Ctrl-C comes to this process alone: SIGINT, SIGTERM, SIGHUP and SIGUSR1 are
/// handed on to all, once; Ctrl-Z stops them with this process. When this process is killed, so are they, at once (on
/// Linux; elsewhere a process beside it sees to that).
///
/// The port of the store is chosen by binding to it. It stays bound, without listening, until all have ended, so that
/// no other program is given it by the system; rank 0 may listen on it nevertheless, because both set SO_REUSEADDR.
/// Another program that asks for just this port, with SO_REUSEADDR, in the moments before rank 0 listens, can still
/// take it (elsewhere than on Linux any that asks): rank 0 then ends with an error that names the port.
///
/// Throws Error when a process cannot be started (those that were are ended), and when the process is launching
/// already.
int launch(const LaunchOptions& options, const std::vector<std::string>& words);

/// Whether this process was started by `launch`.
bool is_launched(const Environment& environment = process_environment());

/// What a program's command line asks of a launcher: `processes` on this host (--nproc; 0: not said), or with
/// `multiprocessing_distributed` so many, or one for each of the host's `gpus`, on each of `world_size` nodes. Nothing
/// where it asks for none and in a process that has been launched. `gpus` is called where it matters.
///
/// Throws Error when the process is one of several already, and when rank, world size and address do not go together.
std::optional<LaunchOptions> launch_plan(const RendezvousOptions& options, int processes,
                                         const std::function<int()>& gpus,
                                         const Environment& environment = process_environment());

/// As torch.multiprocessing.spawn: calls `body(rank)` in each of `nprocs` processes, and returns when all have ended:
/// 0, or the exit code of the first that failed.
///
///     int main(int argc, char** argv) {
///       return dist::spawn(2, argc, argv, [](int rank) {
///         const dist::World world = dist::connect();
///         ...
///       });
///     }
///
/// A process is started as `launch` does it: the program runs again, from main to this call. What stands before the
/// call runs in every process; it must come to the same calls of `spawn` in the same order, and should have no effects.
/// There, `spawn` calls `body` and ends the process: with exit code 0, or 1 when `body` has thrown, after telling why
/// on stderr. Nothing that follows the call runs in these processes, and no local variable of main is destroyed.
int spawn(int nprocs, int argc, char** argv, const std::function<void(int rank)>& body);

}  // namespace hearth::dist

#ifndef HEARTH_COMPILED
#include <hearth/dist/launcher.ipp>
#endif
