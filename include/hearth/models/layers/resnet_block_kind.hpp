/// The names of the blocks that residual networks are made of.
#pragma once

#include <cstdint>

namespace hearth::models {

/// The kind of block a residual network is made of: `basic`, two 3x3 convolutions, or `bottleneck`, 1x1, 3x3,
/// 1x1.
enum class ResNetBlock { basic, bottleneck };

/// How many times more channels a block gives than the `channels` of its stage.
constexpr std::int64_t expansion(ResNetBlock block) noexcept {
  return block == ResNetBlock::bottleneck ? 4 : 1;
}

}  // namespace hearth::models
