/// Images of another size.
#pragma once

#include <optional>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

struct ResizeOptions {
  /// Bilinear and bicubic are antialiased.
  Interpolation interpolation = Interpolation::bilinear;
  /// The longer side is at most this; the shorter one is made smaller where that needs it. Only where the shorter side
  /// is given, and more than that.
  std::optional<int> max_size = std::nullopt;
};

/// Resizes as torchvision's Resize does: to a height and width, or, given one number, so that the shorter side has it
/// and the longer one int(size * longer / shorter). Draws nothing.
class Resize {
 public:
  /// Throws Error unless the sides are at least 1 and the options make sense.
  explicit Resize(int shorter_side, const ResizeOptions& options = {});
  explicit Resize(image::Size size, const ResizeOptions& options = {});

  /// The size that an image of size `from` becomes.
  image::Size target(image::Size from) const noexcept;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  image::Size size_;  // width 0: height is what the shorter side becomes
  ResizeOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/resize.ipp>
#endif
