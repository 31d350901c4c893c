/// How much memory this process may still take.
#pragma once

#include <cstdint>
#include <filesystem>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// The bytes that programs can have without others being swapped out: what Linux says is available, and no more than
/// what is left of the limits of the control groups (containers, batch systems) that this process is in. Elsewhere,
/// half of the machine's memory. `root` is where /proc and /sys are, for tests.
std::uint64_t free_memory(const std::filesystem::path& root = "/");

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/free_memory.ipp>
#endif
