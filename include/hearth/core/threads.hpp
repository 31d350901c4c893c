/// How the threads of LibTorch's operators wait for each other.
#pragma once

#include <hearth/core/inline.hpp>

namespace hearth {

/// Lets the threads of LibTorch's operators wait for each other in a way that suits the machine. The first line of
/// main, before any file is read or thread is made:
///
///     int main(int, char** argv) {
///       tune_threads(argv);
///
/// LibTorch's operators are shared out by libgomp, whose threads spin at every barrier until the last has come, for
/// milliseconds. Where other programs want the same cores, the last one is waiting for a core that the others spin on:
/// training becomes 10 to 100 times slower. This function bounds the spinning; when so many programs are running that
/// each core has one, there is none at all. libgomp reads its setting, the environment's GOMP_SPINCOUNT, when it is
/// loaded, before main: so the program sets it and starts itself anew, with the same process id, arguments and open
/// files.
///
/// Nothing happens when the environment has GOMP_SPINCOUNT or OMP_WAIT_POLICY already, when there is one core, and
/// where the operators use another library than libgomp (on macOS, say).
void tune_threads(char** argv) noexcept;

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/threads.ipp>
#endif
