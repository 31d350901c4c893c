/// Which source pixels an image takes that is scaled without interpolation.
#pragma once

#include <cstddef>
#include <vector>

namespace hearth::image {

/// The source columns, or rows, of `count` target pixels, the first of which has its middle at offset + step / 2, or -1
/// where that is outside of the `source` ones. Positions are added up in double precision, as Pillow does
/// (ImagingScaleAffine in src/libImaging/Geometry.c).
inline void nearest_positions(int count, double step, double offset, int source, std::vector<int>& positions) {
  positions.resize(static_cast<std::size_t>(count));
  double at = offset + step * 0.5;
  for (int& position : positions) {
    position = at >= 0.0 && at < source ? static_cast<int>(at) : -1;
    at += step;
  }
}

}  // namespace hearth::image
