/// The two versions of Swin transformers.
#pragma once

namespace hearth::models {

/// `v1` is that of the first paper; `v2` has attention by the cosine between tokens, computes the bias of an offset by
/// a small network instead of looking it up, and normalises after a branch instead of before it.
enum class SwinVersion { v1, v2 };

}  // namespace hearth::models
