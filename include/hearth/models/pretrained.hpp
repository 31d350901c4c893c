/// The last step in making a model: the weights that it starts from.
#pragma once

#include <torch/nn/module.h>

#include <concepts>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/weights_entry.hpp>

namespace hearth::models {

/// The weights that a model starts from: none, those of a file, or one of torchvision's entries. A text is the path of
/// a file, or the file's name alone for one that `download_weights` or Python's torch.hub got earlier (`find_weights`),
/// or the name of an entry: "DEFAULT", "IMAGENET1K_V2", "ResNet50_Weights.IMAGENET1K_V2".
///
///     models::resnet50({.pretrained = "resnet50-11ad3fa6.pth"})
class Pretrained {
 public:
  /// None: the model stays as it was initialised.
  Pretrained() = default;
  template <std::convertible_to<std::filesystem::path> Text>
  Pretrained(const Text& file_or_name) : text_(file_or_name) {}  // NOLINT(google-explicit-constructor): a value of it
  Pretrained(const WeightsEntry& entry) : entry_(entry) {}       // NOLINT(google-explicit-constructor)

  bool empty() const noexcept { return text_.empty() && !entry_; }  ///< whether there are none

  /// These weights for the architecture of that name, with the entry looked up where a text names one. Throws Error
  /// when the entry is another architecture's, or there is none of that name. Reads no file.
  Pretrained of(std::string_view architecture) const;

  /// Which entry it is; null for a file, and, before `of`, for the name of an entry.
  const WeightsEntry* entry() const noexcept { return entry_ ? &*entry_ : nullptr; }

  /// The file: its path, once it is found, or downloaded where an entry's is not there yet. Throws Error as
  /// `find_weights` and `download_weights` do.
  std::filesystem::path file() const;

 private:
  std::filesystem::path text_;
  std::optional<WeightsEntry> entry_;
};

namespace detail {

/// Loads the weights into the module; those of its head only where their sizes agree.
void load_pretrained(torch::nn::Module& module, const std::string& head_name, const Pretrained& pretrained,
                     const std::function<std::string(const std::string&)>& rename);

}  // namespace detail

/// Returns the model with the weights of `pretrained`, or as it is where that is empty. The file must have all of the
/// model's weights and no others; only a head for another number of classes may differ, and then stays as it was
/// initialised. `rename` is for files whose names differ from the model's: see LoadOptions. Throws Error naming the
/// file as `Pretrained::file` and `load_weights` do.
template <class Model>
Model load_pretrained(Model model, const Pretrained& pretrained,
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
