/// The end of an image's path: crops, resamples, flips, converts and normalises in one pass into the batch's memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth::transforms {

/// The float that a byte of a channel becomes; the channels count from 0.
using ValueOfByte = core::FunctionRef<float(std::uint8_t byte, int channel)>;

/// Writes images as floats, by a table of what each of the 256 values of each channel becomes.
class ImageWriter {
 public:
  /// Keeps the tables of the first `channels` channels; for images of more, `write` makes the others anew each time.
  ImageWriter(std::size_t channels, ValueOfByte value_of);

  /// Carries the plan out into the place for a [channels, height, width] sample, which it returns. `value_of` is the
  /// function that the constructor had.
  SamplePlace write(Plan& plan, SampleSink& sink, ValueOfByte value_of) const;

 private:
  using Table = std::array<float, 256>;

  std::vector<Table> tables_;
};

/// Three or one, whichever number of channels `check` takes without an Error; 0 where it takes neither.
std::size_t accepted_channels(core::FunctionRef<void(int channels)> check);

/// Throws Error, in the name of Compose, unless the sample is an image, [channels, height, width].
void check_is_image(const Shape& shape);

}  // namespace hearth::transforms

#ifndef HEARTH_COMPILED
#include <hearth/transforms/image_writer.ipp>
#endif
