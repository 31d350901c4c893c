/// Weights that torchvision offers, as data: where they are, what they know, and what images they want.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include <hearth/image/interpolation.hpp>

namespace hearth::models {

/// How images are prepared for the weights of an entry: torchvision's ImageClassification. See `preset`.
struct WeightsPreset {
  int resize_size = 256;  ///< pixels of the shorter side
  int crop_size = 224;    ///< pixels of a side of the square that is cut from the middle
  Interpolation interpolation = Interpolation::bilinear;  ///< antialiased, as Pillow resizes
  std::array<double, 3> mean{0.485, 0.456, 0.406};        ///< of RGB values in 0 … 1
  std::array<double, 3> std{0.229, 0.224, 0.225};         ///< the standard deviation of these
};

/// One of torchvision's weights. The texts are read, not owned: those of an entry of one's own must live as long.
struct WeightsEntry {
  std::string_view architecture;                      ///< the model's name: "resnet50"
  std::string_view full_name;                         ///< "ResNet50_Weights.IMAGENET1K_V2"
  std::string_view url;                               ///< where the file is downloaded from
  std::string_view hash;                              ///< the first digits of the file's SHA-256: "11ad3fa6"
  std::span<const std::string_view> categories = {};  ///< the names of the classes, in the order of the logits
  WeightsPreset preset = {};                          ///< what is done to an image before the model sees it
  double acc1 = 0;                    ///< percent of ImageNet-1K's validation images whose class is the first guess
  double acc5 = 0;                    ///< … or among the first five
  std::int64_t num_params = 0;        ///< the model's parameters, in numbers
  std::array<int, 2> min_size{1, 1};  ///< the smallest images that the model takes: height, width
  std::string_view recipe = {};       ///< where it is written how they were trained
  double gflops = 0;                  ///< of an image: torchvision counts a multiplication with an addition as one
  double file_size_mb = 0;            ///< of the file
  std::string_view license = {};      ///< where it is not torchvision's own
  bool is_default = false;            ///< DEFAULT names this one

  /// "IMAGENET1K_V2"
  constexpr std::string_view name() const noexcept { return full_name.substr(full_name.find('.') + 1); }
};

}  // namespace hearth::models
