/// What the models of images ask of their input.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/StringUtil.h>

#include <cstdint>
#include <string_view>

#include <hearth/core/error.hpp>

namespace hearth::models {

/// The images that a model takes.
struct ImageInput {
  std::int64_t channels = 3;  ///< of the images
  std::int64_t smallest = 1;  ///< pixels of a side
};

/// Throws Error, naming the model, unless `x` is a batch [N, channels, H, W] of images that are large enough.
///
///     check_images("AlexNet", x, {.smallest = 63});
inline void check_images(std::string_view model, const at::Tensor& x, const ImageInput& input = {}) {
  core::require(x.dim() == 4 && x.size(1) == input.channels, "{}: expects images [N, {}, H, W], but got a batch {}",
                model, input.channels, c10::str(x.sizes()));
  core::require(x.size(2) >= input.smallest && x.size(3) >= input.smallest,
                "{}: expects images of at least {} x {} pixels, but got a batch {}", model, input.smallest,
                input.smallest, c10::str(x.sizes()));
}

}  // namespace hearth::models
