/// The last step in making a model: the weights it starts from.
#pragma once

#include <filesystem>
#include <utility>

#include <hearth/models/head.hpp>
#include <hearth/weights/load.hpp>

namespace hearth::models {

/// The model with the weights of the file `pretrained`, or as it is where that is empty. The file must have all of the
/// model's weights and no others; only a head for another number of classes may differ, and then stays as it was
/// initialised. Throws Error naming the file as `load_weights` does.
template <class Model>
Model build(Model model, const std::filesystem::path& pretrained) {
  static_assert(HasHead<Model>, "build: the model must have a Linear as its head (HasHead): head(), head_name()");
  if (!pretrained.empty()) {
    load_weights(*model, pretrained, {.keep_mismatched = {model->head_name() + "."}});
  }
  return model;
}

}  // namespace hearth::models
