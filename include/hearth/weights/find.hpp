/// Finds weights that this library or Python's torch.hub downloaded before.
#pragma once

#include <filesystem>

#include <hearth/core/inline.hpp>

namespace hearth {

/// Where torch.hub keeps downloaded weights: hub/checkpoints in $TORCH_HOME, or else in $XDG_CACHE_HOME/torch, or else
/// in ~/.cache/torch (torch.hub.get_dir). The folder need not be there.
std::filesystem::path checkpoints_folder();

/// The file of weights that is meant by `path`: `path` itself if it is there; else, if it is a file's name alone
/// ("resnet50-11ad3fa6.pth"), the file of that name in `checkpoints_folder()`. Throws Error naming both places when it
/// is in neither.
std::filesystem::path find_weights(const std::filesystem::path& path);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/find.ipp>
#endif
