/// What is to become of an image's geometry: crops, resizes and flips are noted, and carried out in one pass.
#pragma once

#include <cstddef>
#include <cstdint>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_source.hpp>
#include <hearth/image/interpolation.hpp>

namespace hearth::transforms {

/// One row of an image as it will be written: pixel x begins at `first + x * step`, its channels side by side.
struct PixelRow {
  const std::uint8_t* first = nullptr;
  std::ptrdiff_t step = 0;
};

/// A plan over an image. Each step is given in the pixels of what the steps before it made. Steps are merged into one
/// crop, one resize, one crop or zero padding of the result, and one flip of each kind; a step that doesn't fit that
/// (a second resize, say) has the plan drawn first and goes on from the drawing. A flip before a resize is carried out
/// after it, except where the resize takes the nearest pixels: these are not the same ones then.
class Plan {
 public:
  /// `image` must outlive the plan. Of one that is not decoded yet, what the plan comes to is decoded, and little more;
  /// where that becomes smaller, the decoder may reduce it before, if its options allow that.
  explicit Plan(const ImageView& image);
  explicit Plan(image::ImageSource& image);
  ~Plan();

  /// The size and the channels of what the steps so far make.
  image::Size size() const noexcept { return {window_.height, window_.width}; }
  int channels() const noexcept { return image_.channels; }

  /// Keeps what lies in `rect`; where it reaches outside, pixels are 0.
  void crop(image::Rect rect);

  /// Resizes to `size`, antialiased where it interpolates; to the size it has, nothing happens.
  void resize(image::Size size, Interpolation interpolation = Interpolation::bilinear);

  /// Mirrors left and right, or top and bottom.
  void flip_horizontal() noexcept { flipped_horizontally_ = !flipped_horizontally_; }
  void flip_vertical() noexcept { flipped_vertically_ = !flipped_vertically_; }

  /// What the steps since the last drawing have come to: the part of the image that is used, the size which that is
  /// resized to, the part of the result that is kept (it may reach outside), and how that is flipped.
  const image::Rect& source() const noexcept { return source_; }
  image::Size resized() const noexcept { return resized_; }
  const image::Rect& window() const noexcept { return window_; }
  bool flipped_horizontally() const noexcept { return flipped_horizontally_; }
  bool flipped_vertically() const noexcept { return flipped_vertically_; }

  /// Carries the plan out: calls `consume(y, row)` once for every row y of the result, with a PixelRow that is valid
  /// during the call.
  void rows(core::FunctionRef<void(int, PixelRow)> consume);

  /// Carries the plan out: the result is valid until the plan's next step.
  ImageView drawn();

  /// Carries the plan out, lets `change(Image&)` change the result, its size too if it likes, and goes on from that.
  void edit(core::FunctionRef<void(Image&)> change);

  /// Lets `make(from, to)` make a new image out of what the steps so far make, and goes on from that. `to` holds
  /// anything, and is never what `from` looks at.
  void remake(core::FunctionRef<void(const ImageView&, Image&)> make);

 private:
  struct Memory;

  void start_from(const ImageView& image);
  void resample(const image::Rect& window, core::FunctionRef<void(const std::uint8_t* row)> consume);
  void go_on_from(std::size_t drawing);
  void draw();

  bool resizes() const noexcept { return resized_ != image::Size{source_.height, source_.width}; }
  image::Rect all_resized() const noexcept { return {0, 0, resized_.height, resized_.width}; }

  image::ImageSource* undecoded_ = nullptr;
  ImageView image_;  // of an image that is not decoded, size and channels alone
  image::Rect source_;
  image::Size resized_;
  image::Rect window_;
  Interpolation interpolation_ = Interpolation::bilinear;  // of the resize, where there is one
  bool flipped_horizontally_ = false;
  bool flipped_vertically_ = false;
  std::size_t last_drawing_ = 0;
  bool starts_from_drawing_ = false;
  core::ThreadSpare<Memory> memory_;
};

}  // namespace hearth::transforms

#ifndef HEARTH_COMPILED
#include <hearth/transforms/plan.ipp>
#endif
