/// One of several ways to mix a batch, drawn for each batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/data/batch_mix.hpp>

namespace hearth {

struct MixOneOfOptions {
  std::vector<double> weights = {};  ///< how probable each is, in proportion; empty: all equally
  std::uint64_t seed = 0;
};

}  // namespace hearth

namespace hearth::data {

/// The options with as many weights as there are mixes. Throws Error when they make no sense.
MixOneOfOptions checked(MixOneOfOptions options, std::size_t mixes);

/// Which of them batch `batch` of an epoch is mixed with.
std::size_t drawn_mix(const MixOneOfOptions& options, std::uint64_t epoch, std::size_t batch);

}  // namespace hearth::data

namespace hearth {

/// Mixes each batch with one of its parts, a function of (seed, epoch, batch); torchvision.transforms.v2.RandomChoice
/// over MixUp and CutMix:
///
///     const MixOneOf mix{MixUp{{.alpha = 0.2, .num_classes = 200}}, CutMix{{.num_classes = 200}}};
///     const MixOneOf rather_cut{{.weights = {1, 3}, .seed = 5}, MixUp{{.num_classes = 200}}, CutMix{{.num_classes =
///     200}}};
///
/// The parts' own `p` says how many batches stay as they are.
template <class... Mixes>
class MixOneOf {
  static_assert(sizeof...(Mixes) > 0, "MixOneOf: give it at least one mix");
  static_assert((BatchMixLike<Mixes> && ...),
                "MixOneOf: each part must mix batches (BatchMixLike): mix(inputs, targets, epoch, batch) const gives a "
                "pair of tensors; see hearth/data/batch_mix.hpp");

 public:
  explicit MixOneOf(Mixes... mixes) : MixOneOf(MixOneOfOptions(), std::move(mixes)...) {}

  /// Throws Error when there is not one weight for each, one is negative, or all are 0.
  explicit MixOneOf(MixOneOfOptions options, Mixes... mixes)
      : options_(data::checked(std::move(options), sizeof...(Mixes))), mixes_(std::move(mixes)...) {}

  /// Inputs and targets as the mix that was drawn for this batch makes them.
  std::pair<at::Tensor, at::Tensor> operator()(const at::Tensor& inputs, const at::Tensor& targets, std::uint64_t epoch,
                                               std::size_t batch) const {
    return call<0>(data::drawn_mix(options_, epoch, batch), inputs, targets, epoch, batch);
  }

 private:
  template <std::size_t I>
  std::pair<at::Tensor, at::Tensor> call(std::size_t drawn, const at::Tensor& inputs, const at::Tensor& targets,
                                         std::uint64_t epoch, std::size_t batch) const {
    if constexpr (I + 1 < sizeof...(Mixes)) {
      if (drawn != I) {
        return call<I + 1>(drawn, inputs, targets, epoch, batch);
      }
    }
    return std::get<I>(mixes_)(inputs, targets, epoch, batch);
  }

  MixOneOfOptions options_;
  std::tuple<Mixes...> mixes_;
};

template <class... Mixes>
MixOneOf(MixOneOfOptions, Mixes...) -> MixOneOf<Mixes...>;

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/data/mix_one_of.ipp>
#endif
