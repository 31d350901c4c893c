/// How images are decoded.
#pragma once

#include <cstdint>

namespace hearth {

/// What the channels of a decoded image are to be; the value is their number: one of `grey`, or the three of `rgb`.
enum class Channels : int { grey = 1, rgb = 3 };

/// How an image is decoded, and how large one may be.
struct DecodeOptions {
  Channels channels = Channels::rgb;  ///< what the pixels become, whatever the file has

  /// An image of more pixels is an Error before memory is taken for it, since a file of a few kilobytes may promise
  /// gigabytes. The default is where PIL raises its DecompressionBombError. Decoding takes at most 11 bytes a pixel for
  /// PNG (3 for plain RGB), 16 for JPEG and 25 for WebP and TIFF.
  std::int64_t max_pixels = 178'956'970;

  /// Whether pixels must be those of the whole image at its full size. If not, a transform that makes an image smaller
  /// may take a JPEG at a half, a quarter or an eighth of its size (the transform of the blocks gives it so, as PIL's
  /// Image.draft does), which takes less time and gives pixels a little different from Python's.
  bool exact = true;
};

}  // namespace hearth
