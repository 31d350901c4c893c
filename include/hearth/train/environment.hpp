/// What a run was made with: versions, device, processor, system.
#pragma once

#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::train {

/// A line for each fact: hearth, LibTorch, CUDA, the device (in the words given), processor, cores and threads, the
/// instructions that LibTorch uses, the system, the compiler, the working folder and when the run was started.
std::string describe_environment(std::string_view device);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/environment.ipp>
#endif
