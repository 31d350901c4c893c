/// CutMix: each picture of a batch gets a rectangle of the one before it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/data/batch_mix.hpp>

namespace hearth {

struct CutMixOptions {
  double alpha = 1;              ///< lambda is drawn from Beta(alpha, alpha)
  std::int64_t num_classes = 0;  ///< needed where targets are labels
  double p = 1;                  ///< how probable it is that a batch is mixed
  std::uint64_t seed = 0;
};

/// The rectangle of pixels with x1 <= x < x2 and y1 <= y < y2.
struct CutMixBox {
  std::int64_t x1 = 0;
  std::int64_t y1 = 0;
  std::int64_t x2 = 0;
  std::int64_t y2 = 0;

  bool is_empty() const noexcept { return x1 >= x2 || y1 >= y2; }  ///< whether no pixel lies in it
  friend bool operator==(const CutMixBox&, const CutMixBox&) = default;
};

/// Each picture with a rectangle of the one before it in the batch (for the first, of the last), and their targets in
/// proportion to the areas; Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable
/// Features" (ICCV 2019), as torchvision.transforms.v2.CutMix: the rectangle has 1 - lambda of the picture's area, its
/// centre is uniform, and what lies outside is cut off. inputs: floating-point [N, C, H, W], on any device, which keep
/// type and memory format; targets: labels, int64 [N], or floats, [N, C] shares of classes.
class CutMix {
 public:
  /// Throws Error when an option makes no sense.
  explicit CutMix(CutMixOptions options = {});

  /// The batch with its own rectangle; where that is empty the inputs are the same tensor. Throws Error as `mix`.
  std::pair<at::Tensor, at::Tensor> operator()(const at::Tensor& inputs, const at::Tensor& targets, std::uint64_t epoch,
                                               std::size_t batch) const;

  /// The rectangle for batch `batch` of an epoch, whose pictures are of that size; a function of these and the seed.
  /// Empty where the batch is not mixed.
  CutMixBox box(std::uint64_t epoch, std::size_t batch, std::int64_t height, std::int64_t width) const;

  /// The rectangle of a lambda around the pixel (x, y).
  static CutMixBox box_around(std::int64_t x, std::int64_t y, double lambda, std::int64_t height, std::int64_t width);

  /// The batch with the given rectangle. Throws Error when inputs or targets are not what the class says, when the
  /// rectangle is not in the picture, or, on the CPU, when a label is none of the classes.
  std::pair<at::Tensor, at::Tensor> mix(const at::Tensor& inputs, const at::Tensor& targets,
                                        const CutMixBox& box) const;

  const CutMixOptions& options() const noexcept { return options_; }

 private:
  CutMixOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/data/cut_mix.ipp>
#endif
