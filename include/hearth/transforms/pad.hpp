/// Images with more pixels at their sides.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/pad.hpp>
#include <hearth/image/padding_mode.hpp>
#include <hearth/transforms/fill.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

struct PadOptions {
  /// What is put beside the image where the mode is constant.
  transforms::Fill fill = 0;
  PaddingMode padding_mode = PaddingMode::constant;
};

/// Adds pixels at the sides, as torchvision's Pad: `Pad{4}` everywhere, `Pad{{left_right, top_bottom}}`, or
/// `Pad{{left, top, right, bottom}}`; what is negative is cut off. Black pixels are part of the pass that writes the
/// sample. Draws nothing.
class Pad {
 public:
  /// Throws Error when an option makes no sense.
  explicit Pad(const image::Padding& padding, const PadOptions& options = {});

  /// Throws Error when no pixel of the image is left.
  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  image::Padding padding_;
  PadOptions options_;
};

}  // namespace hearth

namespace hearth::transforms {

/// Adds the step to the plan. Throws Error, in the name of `transform`, when no pixel of the image is left.
void plan_padding(Plan& plan, const image::Padding& padding, const PadOptions& options, std::string_view transform);

}  // namespace hearth::transforms

#ifndef HEARTH_COMPILED
#include <hearth/transforms/pad.ipp>
#endif
