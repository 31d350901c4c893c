/// Which process made a file, so that another one can tell whether its maker still runs.
#pragma once

#include <cstdint>
#include <string>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// A process among all of all machines. Process ids alone are no names: hosts and containers give the same ones, and a
/// system gives them again.
struct Process {
  std::string machine;        ///< 16 hexadecimal digits for this start of the system and its space of process ids
  std::int64_t pid = 0;       ///< its id there
  std::uint64_t started = 0;  ///< when it started, in the system's own unit; 0 where that is unknown

  friend bool operator==(const Process&, const Process&) = default;
};

/// The process that asks.
Process this_process();

enum class Running { yes, no, unknown };

/// Whether the process runs. Unknown when it belongs to another machine or container, or when the system does not tell.
Running is_running(const Process& process);

/// The name of this machine in its network.
std::string host_name();

/// The name of this program, without its folder.
std::string program_name();

/// Sixteen hexadecimal digits that nobody can guess.
std::string random_digits();

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/process.ipp>
#endif
