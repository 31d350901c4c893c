#pragma once

#include <hearth/weights/save.hpp>

#include <hearth/core/file.hpp>
#include <hearth/weights/formats.hpp>
#include <hearth/weights/output_file.hpp>

namespace hearth {

HEARTH_INLINE void save_weights(const StateDict& state, const std::filesystem::path& path, const SaveOptions& options) {
  core::replace_file(path, [&](const std::filesystem::path& aside) {
    weights::OutputFile file(aside, path);
    weights::write_state(state, options.classes, path, file);
    file.close();
  });
}

HEARTH_INLINE void save_weights(const torch::nn::Module& module, const std::filesystem::path& path,
                                const SaveOptions& options) {
  save_weights(state_dict(module), path, options);
}

}  // namespace hearth
