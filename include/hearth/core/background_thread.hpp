/// Threads that leave the cores to others where these want them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// What kind of thread it is.
struct BackgroundThread {
  std::string name = {};        ///< what tools such as top call it; 15 bytes at most are shown
  int nice = 0;                 ///< steps of priority below the thread that makes it, 0 to 19
  std::vector<int> cores = {};  ///< the cores that it may use, counted from 0; none: those of the thread that makes it
};

/// Makes the calling thread such a one. What the system does not allow or does not know is left out: on macOS any
/// `nice` above 0 is the class of service "utility" and cores cannot be chosen, and on other systems than these and
/// Linux nothing is done.
void enter_background(const BackgroundThread& thread) noexcept;

/// How many cores this process may use, at least 1: all of the machine, or those that taskset or a scheduler has left.
std::size_t usable_cores() noexcept;

/// How many processes of this job run on this machine, by the variable LOCAL_WORLD_SIZE, which torchrun and hearth's
/// launcher set; otherwise 1.
std::size_t processes_of_machine() noexcept;

/// Throws Error, in the name of `component`, unless `nice` is 0 to 19 and this process may use each of the cores.
void check_background(const char* component, int nice, const std::vector<int>& cores);

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/background_thread.ipp>
#endif
