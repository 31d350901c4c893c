/// The end of an image's path: crops, resamples, flips, converts and normalises in one pass into the batch's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/byte_map.hpp>
#include <hearth/image/image_stack.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth::transforms {

/// The float that a byte of a channel becomes; the channels count from 0.
using ValueOfByte = core::FunctionRef<float(std::uint8_t byte, int channel)>;

/// Writes images as what each of the 256 values of each channel becomes.
class ImageWriter {
 public:
  /// Works out what the bytes of images with up to `channels` channels become; for images of more, `write` works it out
  /// anew each time.
  ImageWriter(std::size_t channels, ValueOfByte value_of);

  /// Carries the plan out into the place for a [channels, height, width] sample, in the type of the sink's batch.
  /// `value_of` is the function that the constructor had.
  void write(Plan& plan, SampleSink& sink, ValueOfByte value_of) const;

  /// Writes the images `indices` as they are, one behind the other, from the place on that it asks the sink for, once.
  void write_stack(const ImageStack& images, std::span<const std::size_t> indices, SampleSink& sink,
                   ValueOfByte value_of) const;

  /// The same as `write` into a place for floats, which it returns.
  SamplePlace write_floats(Plan& plan, SampleSink& sink, ValueOfByte value_of) const;

 private:
  /// Of images with so many channels.
  struct Values {
    image::ByteMap map;
    std::shared_ptr<const Normalization> normalization;  // where the values are linear in the bytes
  };

  static Values values_of(std::size_t channels, ValueOfByte value_of);

  /// Calls `use` with the values for images with so many channels.
  template <class Use>
  void with_values(int channels, ValueOfByte value_of, const Use& use) const {
    if (static_cast<std::size_t>(channels) <= values_.size()) {
      use(values_[static_cast<std::size_t>(channels) - 1]);
    } else {
      use(values_of(static_cast<std::size_t>(channels), value_of));
    }
  }

  std::vector<Values> values_;  // of images with 1, 2, … channels
};

/// Three or one, whichever number of channels `check` takes without an Error; 0 where it takes neither.
std::size_t accepted_channels(core::FunctionRef<void(int channels)> check);

/// Throws Error, in the name of Compose, unless the sample is an image, [channels, height, width].
void check_is_image(const Shape& shape);

}  // namespace hearth::transforms

#ifndef HEARTH_COMPILED
#include <hearth/transforms/image_writer.ipp>
#endif
