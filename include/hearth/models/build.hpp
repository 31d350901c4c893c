/// The last step in making a model: the weights it starts from.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include <hearth/models/head.hpp>
#include <hearth/weights/find.hpp>
#include <hearth/weights/load.hpp>

namespace hearth::models {

/// The model with the weights of the file `pretrained`, or as it is where that is empty. A file's name alone may stand
/// for one that `download_weights` or Python's torch.hub got earlier: see `find_weights`. The file must have all of the
/// model's weights and no others; only a head for another number of classes may differ, and then stays as it was
/// initialised. `rename` is for files with names from before the model's: see LoadOptions. Throws Error naming the file
/// as `find_weights` and `load_weights` do.
template <class Model>
Model build(Model model, const std::filesystem::path& pretrained,
            const std::function<std::string(const std::string&)>& rename = {}) {
  static_assert(HasHead<Model>, "build: the model must have a Linear as its head (HasHead): head(), head_name()");
  if (!pretrained.empty()) {
    load_weights(*model, find_weights(pretrained), {.rename = rename, .keep_mismatched = {model->head_name() + "."}});
  }
  return model;
}

}  // namespace hearth::models
