#pragma once

#include <hearth/weights/save.hpp>

#include <hearth/core/file.hpp>
#include <hearth/weights/formats.hpp>
#include <hearth/weights/output_file.hpp>

namespace hearth {

HEARTH_INLINE void save_weights(const StateDict& state, const std::filesystem::path& path) {
  core::replace_file(path, [&](const std::filesystem::path& aside) {
    weights::OutputFile file(aside, path);
    weights::write_state(state, path, file);
    file.close();
  });
}

HEARTH_INLINE void save_weights(const torch::nn::Module& module, const std::filesystem::path& path) {
  save_weights(state_dict(module), path);
}

}  // namespace hearth
