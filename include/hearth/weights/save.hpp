/// Writes weights to files that Python reads with torch.load(weights_only=True) and load_state_dict(strict=True).
#pragma once

#include <filesystem>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/output_file.hpp>
#include <hearth/weights/pth/writer.hpp>
#include <hearth/weights/state_dict.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <hearth/weights/safetensors/writer.hpp>
#endif

namespace hearth {

/// Writes the weights to a file that is complete or as it was before. A path that ends in ".safetensors" gets that
/// format (which needs nlohmann_json); any other gets torch.save's, an OrderedDict in which tensors keep their types,
/// strides and shared storages. Tensors on other devices are copied to the CPU. Throws Error naming the tensor that is
/// not dense, or the path and why it cannot be written.
inline void save_weights(const StateDict& state, const std::filesystem::path& path) {
  core::replace_file(path, [&](const std::filesystem::path& aside) {
    weights::OutputFile file(aside, path);
    if (path.extension() == ".safetensors") {
#if __has_include(<nlohmann/json.hpp>)
      safetensors::write_safetensors(state, file);
#else
      core::fail("cannot write {}: the program was compiled without nlohmann_json", path.string());
#endif
    } else {
      pth::write_pth(state, file, "save_weights");
    }
    file.close();
  });
}

/// Writes the module's `state_dict`.
inline void save_weights(const torch::nn::Module& module, const std::filesystem::path& path) {
  save_weights(state_dict(module), path);
}

}  // namespace hearth
