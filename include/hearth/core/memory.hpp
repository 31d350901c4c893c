/// How the memory of tensors is kept from one training step to the next.
#pragma once

#include <hearth/core/inline.hpp>

namespace hearth {

/// Lets the program keep memory that it has freed, for the next training step takes as much again. In the first lines
/// of main, before any large memory is taken:
///
///     int main(int, char** argv) {
///       tune_threads(argv);
///       tune_memory();
///
/// LibTorch takes the memory of tensors on the CPU from malloc, and glibc's gives large pieces back to the system as
/// soon as they are freed. So the activations and gradients of each step are new pages, which the system fills with
/// zeros first: thousands of page faults a step, a tenth of the time of small networks. After this call what is freed
/// stays with the process: the memory that it holds is the most that it ever needed at a time. Results do not change.
///
/// Nothing happens where malloc is not glibc's, and where the environment sets it up (GLIBC_TUNABLES with a
/// "glibc.malloc." in it, or a variable MALLOC_..._).
void tune_memory() noexcept;

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/memory.ipp>
#endif
