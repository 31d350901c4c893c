#pragma once

#include <hearth/transforms/pad.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE Pad::Pad(const image::Padding& padding, const PadOptions& options)
    : padding_(padding), options_(options) {
  options.fill.check("Pad");
}

HEARTH_INLINE void Pad::plan(transforms::Plan& plan, RandomStream&) const {
  transforms::plan_padding(plan, padding_, options_, "Pad");
}

}  // namespace hearth

namespace hearth::transforms {

HEARTH_INLINE void plan_padding(Plan& plan, const image::Padding& padding, const PadOptions& options,
                                std::string_view transform) {
  const image::Size from = plan.size();
  const image::Size to = image::padded(from, padding);
  const auto cut = [](int side) { return std::max(-side, 0); };
  core::require(
      cut(padding.top) + cut(padding.bottom) < from.height && cut(padding.left) + cut(padding.right) < from.width,
      "{}: nothing is left of an image of {} x {} pixels when {} are cut off at the left, {} at the top, {} at "
      "the right and {} below",
      transform, from.height, from.width, cut(padding.left), cut(padding.top), cut(padding.right), cut(padding.bottom));
  if (options.padding_mode == PaddingMode::constant && options.fill.is_black()) {
    plan.crop({-padding.top, -padding.left, to.height, to.width});
    return;
  }
  const std::span<const std::uint8_t> fill = options.fill.pixel(plan.channels(), transform);
  plan.remake(
      [&](const ImageView& source, Image& out) { image::pad(source, padding, options.padding_mode, fill, out); });
}

}  // namespace hearth::transforms
