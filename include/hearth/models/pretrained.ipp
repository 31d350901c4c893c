#pragma once

#include <hearth/models/pretrained.hpp>

#include <hearth/weights/find.hpp>
#include <hearth/weights/load.hpp>

namespace hearth::models {

namespace detail {

HEARTH_INLINE void load_pretrained(torch::nn::Module& module, const std::string& head_name,
                                   const std::filesystem::path& pretrained,
                                   const std::function<std::string(const std::string&)>& rename) {
  load_weights(module, find_weights(pretrained), {.rename = rename, .keep_mismatched = {head_name + "."}});
}

}  // namespace detail

}  // namespace hearth::models
