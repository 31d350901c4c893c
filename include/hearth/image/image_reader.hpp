/// Image files decoded one after the other, with memory that is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/image/encoded_image.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_format.hpp>
#include <hearth/image/image_source.hpp>

namespace hearth::image {

class Decoder;

/// Gives the name of a file, for messages alone.
using NameOf = core::FunctionRef<std::string()>;

/// The images of files in memory, one after the other, for one thread at a time: the decoders and their memory are
/// kept from one image to the next, so that none is taken with operator new when many images of similar size are read.
/// What a damaged file does ends with its Error: the next image is read as by a new reader.
class ImageReader final : public ImageSource {
 public:
  ImageReader() noexcept;
  ~ImageReader();

  /// Reads the header of the file in `bytes` and checks its size. `bytes` and what `name` refers to must live as long
  /// as the image is asked for. Throws Error, naming the file, as `decode_image` does.
  void open(std::span<const std::byte> bytes, NameOf name, const DecodeOptions& options = {});

  /// Of the open image: height and width, and 1 (grey) or 3 (RGB) channels, as the options ask.
  HEARTH_INLINE Size size() const override;
  HEARTH_INLINE int channels() const override;

  /// The largest of 1, 2, 4 and 8 not above `wanted` by which `pixels` can make the image smaller; 1 where the options
  /// ask for exact pixels, and for all formats but JPEG.
  HEARTH_INLINE int reduction(int wanted) const override;

  /// The pixels of the part `needed`, or of the image made smaller by `reduction`, which is of ceil(size / reduction).
  /// They are exactly those of the whole image. The view is valid until the next call. Throws Error when they cannot be
  /// decoded; damage in what is not needed may go unseen, as `decode_image` says.
  HEARTH_INLINE ImageView pixels(const Rect& needed, int reduction) override;
  using ImageSource::pixels;

  /// The whole image, as one that owns its memory, which is not kept then.
  Image image();

 private:
  std::optional<EncodedImage> file_;
  Size size_;
  Decoder* decoder_ = nullptr;  // of the open file
  std::array<std::unique_ptr<Decoder>, image_formats> decoders_;
  std::vector<std::uint8_t> memory_;  // for pixels
};

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/image_reader.ipp>
#endif
