/// The names of a run's checkpoints.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::train {

/// `checkpoints/0003-001200.pth` in the run's folder: after 3 epochs, and 1200 optimizer steps of the whole run, so
/// that names never fall back where a run goes on with larger batches.
std::filesystem::path checkpoint_file(const std::filesystem::path& run_folder, int epoch, std::int64_t steps);

/// The checkpoints of a run, the oldest first.
std::vector<std::filesystem::path> checkpoint_files(const std::filesystem::path& run_folder);

/// Calls `write(path)`, which must replace a file whole or not at all, for the name of a new checkpoint, and removes
/// the oldest ones, so that there are never more than `keep`.
void replace_oldest_checkpoint(const std::filesystem::path& run_folder, const std::filesystem::path& file, int keep,
                               const std::function<void(const std::filesystem::path&)>& write);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/checkpoint_files.ipp>
#endif
