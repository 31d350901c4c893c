/// An image that is decoded when somebody says what of it is needed.
#pragma once

#include <hearth/image/image.hpp>

namespace hearth::image {

/// The size is known before a pixel is. For one thread at a time.
class ImageSource {
 public:
  /// The size in pixels, and the channels of what `pixels` gives.
  virtual Size size() const = 0;
  virtual int channels() const = 0;

  /// The largest of 1, 2, 4 and 8 that is not above `wanted` and by which the decoder can, and may, reduce the image
  /// while it decodes; 1 unless DecodeOptions::exact is off.
  virtual int reduction(int wanted) const = 0;

  /// The pixels of the part `needed`, which lies within the image, and of no other: a view of needed.height rows of
  /// needed.width pixels, valid until the next call. With a `reduction` r, one that the function of this name gave, it
  /// is a part of the image reduced to ceil(height / r) x ceil(width / r). Throws Error when the image is damaged.
  virtual ImageView pixels(const Rect& needed, int reduction) = 0;

  /// All of it.
  ImageView pixels() { return pixels({0, 0, size().height, size().width}, 1); }

 protected:
  ~ImageSource() = default;
};

}  // namespace hearth::image
