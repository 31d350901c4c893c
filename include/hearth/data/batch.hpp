/// What a DataLoader gives: the samples of one step, as two tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <memory>
#include <vector>

#include <hearth/core/sample.hpp>

namespace hearth {

/// N samples on the CPU. The memory is used again for a later batch once nobody holds these tensors, a view of them or
/// something that autograd has saved of them: a batch, or a tensor of it, may be kept.
struct Batch {
  at::Tensor inputs;                 ///< float [N, ...]; [N, C, H, W] for images; another type: LoaderOptions::dtype
  at::Tensor targets;                ///< int64 [N], the labels; or what the dataset's targets are, see TargetLike
  std::size_t index = 0;             ///< which batch of the epoch it is, from 0
  std::size_t drawn = 0;             ///< how many samples the epoch has drawn with it, skipped ones too
  bool counts = true;                ///< false: another process's sample, only to keep this one in step; see Share
  std::vector<std::size_t> samples;  ///< the samples' numbers in the dataset

  /// What the bytes stand for, of each channel, where `inputs` are uint8; otherwise nullptr.
  std::shared_ptr<const Normalization> normalization;

  std::size_t size() const noexcept { return samples.size(); }  ///< how many samples it has
};

}  // namespace hearth
