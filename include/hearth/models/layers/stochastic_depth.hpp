/// Stochastic depth: a residual branch that is left out at random while training.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <torch/nn/cloneable.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth::models {

/// What StochasticDepth leaves out: each sample (row) of a batch by itself, or the whole batch at once.
enum class StochasticDepthMode { row, batch };

/// The module behind StochasticDepth.
class StochasticDepthModule : public torch::nn::Cloneable<StochasticDepthModule> {
 public:
  /// Zeroes with the probability `p`. Throws Error when p is not from 0 to 1.
  explicit StochasticDepthModule(double p, StochasticDepthMode mode = StochasticDepthMode::row) : p_(p), mode_(mode) {
    core::require(p >= 0 && p <= 1, "StochasticDepth: p must be from 0 to 1, but got {}", p);
  }

  void reset() override {}

  /// x [N, ...] with rows zeroed and the others divided by 1 - p while training; x itself in evaluation mode and where
  /// p is 0, and then nothing is drawn from the random generator. Throws Error when x has no dimension.
  at::Tensor forward(const at::Tensor& x) const {
    if (!is_training() || p_ == 0) {
      return x;
    }
    core::require(x.dim() >= 1, "StochasticDepth: expects a batch [N, ...], but got a tensor without dimensions");
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(x.dim()), 1);
    if (mode_ == StochasticDepthMode::row) {
      sizes[0] = x.size(0);
    }
    const double survival = 1 - p_;
    at::Tensor noise = at::empty(sizes, x.options()).bernoulli_(survival);  // [N, 1, …] or [1, 1, …]
    if (survival > 0) {
      noise.div_(survival);
    }
    return x * noise;
  }

  double p() const noexcept { return p_; }                     ///< probability that it drops
  StochasticDepthMode mode() const noexcept { return mode_; }  ///< what it drops

 private:
  double p_;
  StochasticDepthMode mode_;
};

/// Huang, Sun, Liu, Sedra, Weinberger: "Deep networks with stochastic depth" (2016), with the draws of
/// torchvision.ops.StochasticDepth: the same seed leaves the same rows out.
///
///     x = x + stochastic_depth->forward(block->forward(x));
TORCH_MODULE_IMPL(StochasticDepth, StochasticDepthModule);

}  // namespace hearth::models
