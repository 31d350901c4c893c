/// What decodes the files of one format, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/image/encoded_image.hpp>
#include <hearth/image/image.hpp>

namespace hearth::image {

/// A decoder keeps its memory from one file to the next. An Error in one file does not reach the next.
class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  virtual ~Decoder() = default;

  /// Reads the header of `file`, which lives until the next call of `open`. Returns the image's size, of which the
  /// file's `check_size` has approved. Throws Error.
  virtual Size open(const EncodedImage& file) = 0;

  /// The largest of 1, 2, 4 and 8 not above `wanted` by which it can make the image smaller while it decodes.
  virtual int reduction(int /*wanted*/) const { return 1; }

  /// The part `needed` of the image, or of the image made smaller by `reduction`, within `memory`, which may grow, or
  /// within memory of its own. Throws Error.
  virtual ImageView read(const Rect& needed, int reduction, std::vector<std::uint8_t>& memory) = 0;
};

/// Makes room for `bytes` bytes. What there is is kept, so that no byte is written when there is room.
inline std::uint8_t* reserve(std::vector<std::uint8_t>& memory, std::size_t bytes) {
  if (memory.size() < bytes) {
    memory.clear();  // a growing vector would copy what nobody needs
    memory.resize(bytes);
  }
  return memory.data();
}

}  // namespace hearth::image
