/// Writes weights to files that Python reads with torch.load(weights_only=True) and load_state_dict(strict=True).
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/state_dict.hpp>

namespace hearth {

/// What `save_weights` writes beside the weights.
struct SaveOptions {
  /// The names of the classes, in the order of their logits; `read_classes` reads them again. In Python they are the
  /// attribute `classes` of what torch.load gives, or a JSON list in the metadata of a safetensors file.
  std::vector<std::string> classes = {};
};

/// Writes the weights to a file that is complete or as it was before. A path that ends in ".safetensors" gets that
/// format (which needs nlohmann_json); any other gets torch.save's, an OrderedDict in which tensors keep their types,
/// strides and shared storages. Tensors on other devices are copied to the CPU. Throws Error naming the tensor that is
/// not dense, the class whose name is not UTF-8, or the path and why it cannot be written.
///
///     save_weights(*model, "trained.pth", {.classes = dataset.classes()});
void save_weights(const StateDict& state, const std::filesystem::path& path, const SaveOptions& options = {});

/// Writes the module's `state_dict`.
void save_weights(const torch::nn::Module& module, const std::filesystem::path& path, const SaveOptions& options = {});

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/save.ipp>
#endif
