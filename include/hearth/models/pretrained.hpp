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
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/torchvision_weights.hpp>
#include <hearth/models/weights_entry.hpp>
#include <hearth/weights/download.hpp>
#include <hearth/weights/load_report.hpp>

namespace hearth::models {

/// What became of the weights that a model was to start from.
struct PretrainedReport {
  std::filesystem::path file;         ///< where they were read from
  std::optional<WeightsEntry> entry;  ///< whose they are; none for a file
  LoadReport names;                   ///< `names.kept` has what was made anew: a head for another number of classes
};

/// A line that says which weights there are now, and one for each that was made anew:
///
///     weights: 318 tensors of ResNet50_Weights.IMAGENET1K_V2, from /home/me/.cache/torch/…/resnet50-11ad3fa6.pth
///     fc.weight: [200, 2048] in the model, [1000, 2048] in the file: made anew
std::string to_string(const PretrainedReport& report);

/// How the weights of an entry are downloaded, and who is told what became of them.
struct PretrainedOptions {
  /// An empty `download.mirror` is what HEARTH_WEIGHTS_MIRROR says, or else torchvision's own server.
  DownloadWeightsOptions download = {};
  /// Called when the weights are in the model.
  std::function<void(const PretrainedReport&)> report = {};
};

/// The weights that a model starts from: none, those of a file, or one of torchvision's entries. A text is the path of
/// a file, or the file's name alone for one that `download_weights` or Python's torch.hub got earlier (`find_weights`),
/// or the name of an entry: "DEFAULT", "IMAGENET1K_V2", "ResNet50_Weights.IMAGENET1K_V2".
///
///     models::resnet50({.pretrained = models::ResNet50_Weights::IMAGENET1K_V2})
///     models::resnet50({.pretrained = "resnet50-11ad3fa6.pth"})
///
/// An entry's file is looked for where torch.hub keeps it (`checkpoints_folder`), and downloaded there when it is not
/// there yet; then its hash is compared. With the variable HEARTH_WEIGHTS_MIRROR it is asked for at that address, with
/// the file's name behind it, and nowhere else.
class Pretrained {
 public:
  /// None: the model stays as it was initialised.
  Pretrained() = default;
  // NOLINTBEGIN(google-explicit-constructor): an option is a value of one of these
  template <std::convertible_to<std::filesystem::path> Text>
  Pretrained(const Text& file_or_name, PretrainedOptions options = {})
      : text_(file_or_name), options_(std::move(options)) {}
  Pretrained(const WeightsEntry& entry, PretrainedOptions options = {}) : entry_(entry), options_(std::move(options)) {}
  // NOLINTEND(google-explicit-constructor)

  bool empty() const noexcept { return text_.empty() && !entry_; }  ///< whether there are none

  /// These weights for the architecture of that name, with the entry looked up where a text names one. Throws Error
  /// when the entry is another architecture's, or there is none of that name. Reads no file.
  Pretrained of(std::string_view architecture) const;

  /// Which entry it is; null for a file, and, before `of`, for the name of an entry.
  const WeightsEntry* entry() const noexcept { return entry_ ? &*entry_ : nullptr; }

  /// The path of the file, once it is found, or downloaded where it is an entry's and not there yet. Throws Error as
  /// `find_weights` and `download_weights` do.
  std::filesystem::path file() const;

  const PretrainedOptions& options() const noexcept { return options_; }

 private:
  std::filesystem::path text_;
  std::optional<WeightsEntry> entry_;
  PretrainedOptions options_;
};

namespace detail {

/// Loads the weights into the module; those of its heads only where their sizes agree.
PretrainedReport load_pretrained(torch::nn::Module& module, const std::vector<NamedHead>& heads,
                                 const Pretrained& pretrained,
                                 const std::function<std::string(const std::string&)>& rename);

}  // namespace detail

/// Loads the weights of `pretrained` into the model that the handle `model` is for, and says what became of each name.
/// The file must have all of the model's weights and no others; only heads for another number of classes, auxiliary
/// ones among them, may differ, and then stay as they were initialised. `rename` is for files whose names differ from
/// the model's: see LoadOptions. Throws Error naming the file as `Pretrained::file` and `load_weights` do.
template <class Model>
PretrainedReport load_pretrained_into(Model model, const Pretrained& pretrained,
                                      const std::function<std::string(const std::string&)>& rename = {}) {
  static_assert(HasHead<Model>,
                "load_pretrained: the model must have a Linear or a Conv2d as its head (HasHead): head(), head_name()");
  return detail::load_pretrained(*model, heads(model), pretrained, rename);
}

/// Returns the model with the weights of `pretrained`, as `load_pretrained_into` loads them, or as it is where that is
/// empty.
template <class Model>
Model load_pretrained(Model model, const Pretrained& pretrained,
                      const std::function<std::string(const std::string&)>& rename = {}) {
  if (!pretrained.empty()) {
    load_pretrained_into(model, pretrained, rename);
  }
  return model;
}

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/pretrained.ipp>
#endif
