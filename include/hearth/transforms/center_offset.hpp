/// Where the middle of an image begins.
#pragma once

#include <cmath>

namespace hearth::transforms {

/// torchvision pads by half of what is missing, rounded down, and cuts half of what is over, rounded half to even.
inline int center_offset(int from, int to) noexcept {
  return to > from ? -((to - from) / 2) : static_cast<int>(std::nearbyint((from - to) / 2.0));
}

}  // namespace hearth::transforms
