/// What lies beside an image that is padded.
#pragma once

namespace hearth {

/// torchvision's padding_mode, for the pixels a b c d of a row: `constant`, the fill colour; `edge`,
/// the last pixel (a a|a b c d|d d); `reflect`, mirrored about the last pixel (c b|a b c d|c b); `symmetric`, mirrored
/// with the last pixel (b a|a b c d|d c).
enum class PaddingMode { constant, edge, reflect, symmetric };

}  // namespace hearth
