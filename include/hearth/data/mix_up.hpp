/// MixUp: each sample of a batch is blended with the one before it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/data/batch_mix.hpp>

namespace hearth {

struct MixUpOptions {
  double alpha = 1;              ///< lambda is drawn from Beta(alpha, alpha); 0.2 is usual for ImageNet
  std::int64_t num_classes = 0;  ///< needed where targets are labels
  double p = 1;                  ///< how probable it is that a batch is mixed
  std::uint64_t seed = 0;
};

/// lambda times each sample and 1 - lambda times the one before it in the batch (for the first, the last), and the same
/// of their targets; Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: Beyond Empirical Risk Minimization" (ICLR 2018), as
/// torchvision.transforms.v2.MixUp. The batch should be of a shuffled epoch. inputs: floating-point [N, ...], on any
/// device, which keep type and memory format; targets: labels, int64 [N], or floats, [N, C] shares of classes.
///
///     const MixUp mix{{.alpha = 0.2, .num_classes = 200, .seed = seed}};
///     const auto [inputs, targets] = mix(batch.inputs, batch.targets, epoch, batch.index);
class MixUp {
 public:
  /// Throws Error when an option makes no sense.
  explicit MixUp(MixUpOptions options = {});

  /// The batch mixed with its own lambda; with lambda 1 the inputs are the same tensor. Throws Error as `mix`.
  std::pair<at::Tensor, at::Tensor> operator()(const at::Tensor& inputs, const at::Tensor& targets, std::uint64_t epoch,
                                               std::size_t batch) const;

  /// The share of each sample itself in batch `batch` of an epoch, a function of it and the seed; 1 where the batch is
  /// not mixed.
  double lambda(std::uint64_t epoch, std::size_t batch) const;

  /// The batch mixed with the given lambda. Throws Error when inputs or targets are not what the class says, or, on the
  /// CPU, when a label is none of the classes.
  std::pair<at::Tensor, at::Tensor> mix(const at::Tensor& inputs, const at::Tensor& targets, double lambda) const;

  const MixUpOptions& options() const noexcept { return options_; }

 private:
  MixUpOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/data/mix_up.ipp>
#endif
