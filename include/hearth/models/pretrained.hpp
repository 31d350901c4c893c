/// The last step in making a model: the weights that it starts from.
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <functional>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/head.hpp>

namespace hearth::models {

namespace detail {

/// Loads the file's weights into the module; those of its head only where their sizes agree.
void load_pretrained(torch::nn::Module& module, const std::string& head_name, const std::filesystem::path& pretrained,
                     const std::function<std::string(const std::string&)>& rename);

}  // namespace detail

/// Returns the model with the weights of the file `pretrained`, or as it is where that is empty. A file's name alone
/// may stand for one that `download_weights` or Python's torch.hub got earlier: see `find_weights`. The file must have
/// all of the model's weights and no others; only a head for another number of classes may differ, and then stays as it
/// was initialised. `rename` is for files whose names differ from the model's: see LoadOptions. Throws Error naming the
/// file as `find_weights` and `load_weights` do.
template <class Model>
Model load_pretrained(Model model, const std::filesystem::path& pretrained,
                      const std::function<std::string(const std::string&)>& rename = {}) {
  static_assert(HasHead<Model>,
                "load_pretrained: the model must have a Linear as its head (HasHead): head(), head_name()");
  if (!pretrained.empty()) {
    detail::load_pretrained(*model, model->head_name(), pretrained, rename);
  }
  return model;
}

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/pretrained.ipp>
#endif
