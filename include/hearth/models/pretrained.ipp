#pragma once

#include <hearth/models/pretrained.hpp>

#include <hearth/weights/find.hpp>
#include <hearth/weights/load.hpp>

namespace hearth::models {

HEARTH_INLINE Pretrained Pretrained::of(std::string_view) const {
  return *this;
}

HEARTH_INLINE std::filesystem::path Pretrained::file() const {
  return find_weights(text_);
}

namespace detail {

HEARTH_INLINE void load_pretrained(torch::nn::Module& module, const std::string& head_name,
                                   const Pretrained& pretrained,
                                   const std::function<std::string(const std::string&)>& rename) {
  load_weights(module, pretrained.file(), {.rename = rename, .keep_mismatched = {head_name + "."}});
}

}  // namespace detail

}  // namespace hearth::models
