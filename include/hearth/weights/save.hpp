/// Writes weights to files that Python reads with torch.load(weights_only=True) and load_state_dict(strict=True).
#pragma once

#include <torch/nn/module.h>

#include <filesystem>

#include <hearth/core/inline.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/state_dict.hpp>

namespace hearth {

/// Writes the weights to a file that is complete or as it was before. A path that ends in ".safetensors" gets that
/// format (which needs nlohmann_json); any other gets torch.save's, an OrderedDict in which tensors keep their types,
/// strides and shared storages. Tensors on other devices are copied to the CPU. Throws Error naming the tensor that is
/// not dense, or the path and why it cannot be written.
void save_weights(const StateDict& state, const std::filesystem::path& path);

/// Writes the module's `state_dict`.
void save_weights(const torch::nn::Module& module, const std::filesystem::path& path);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/save.ipp>
#endif
