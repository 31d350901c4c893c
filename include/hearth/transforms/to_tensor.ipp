#pragma once

#include <hearth/transforms/to_tensor.hpp>

#include <hearth/transforms/image_writer.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

namespace transforms::detail {

struct UnitValue {
  float operator()(std::uint8_t byte, int) const noexcept { return ToTensor().value(byte); }
};

inline constexpr UnitValue unit_value;

inline const ImageWriter& unit_writer() {
  static const ImageWriter writer(3, unit_value);
  return writer;
}

}  // namespace transforms::detail

HEARTH_INLINE void ToTensor::write(const ImageView& image, RandomStream&, SampleSink& sink) const {
  transforms::Plan plan(image);
  transforms::detail::unit_writer().write(plan, sink, transforms::detail::unit_value);
}

HEARTH_INLINE void ToTensor::write_stack(const ImageStack& images, std::span<const std::size_t> indices,
                                         SampleSink& sink) const {
  transforms::detail::unit_writer().write_stack(images, indices, sink, transforms::detail::unit_value);
}

}  // namespace hearth
