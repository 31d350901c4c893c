#pragma once

#include <hearth/transforms/grayscale.hpp>

#include <hearth/core/error.hpp>
#include <hearth/image/color.hpp>
#include <hearth/transforms/probability.hpp>

namespace hearth {

HEARTH_INLINE Grayscale::Grayscale(int num_output_channels) : channels_(num_output_channels) {
  core::require(num_output_channels == 1 || num_output_channels == 3,
                "Grayscale: num_output_channels must be 1 or 3, but got {}", num_output_channels);
}

HEARTH_INLINE void Grayscale::apply(Image& image, RandomStream&) const {
  image::to_grayscale(image, channels_);
}

HEARTH_INLINE RandomGrayscale::RandomGrayscale(double p) : p_(transforms::checked_probability("RandomGrayscale", p)) {}

HEARTH_INLINE void RandomGrayscale::plan(transforms::Plan& plan, RandomStream& random) const {
  if (draw(random) && plan.channels() != 1) {
    plan.edit([](Image& image) { image::to_grayscale(image, image.channels()); });
  }
}

}  // namespace hearth
