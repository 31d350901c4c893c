/// What mixes the samples of a batch with each other, as MixUp and CutMix do, and what those have in common.
#pragma once

#include <ATen/core/Tensor.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <hearth/core/inline.hpp>

namespace hearth {

/// `mix(inputs, targets, epoch, batch)` gives the mixed inputs and the targets that belong to them, one for each input:
/// shares of the classes, float [N, C], which CrossEntropyLoss takes. It is a function of what it is called with and of
/// what it was made with, so that an epoch can be had again, from any batch on.
template <class M>
concept BatchMixLike = requires(const M& mix, const at::Tensor& inputs, const at::Tensor& targets, std::uint64_t epoch,
                                std::size_t batch) {
  { mix(inputs, targets, epoch, batch) } -> std::same_as<std::pair<at::Tensor, at::Tensor>>;
};

}  // namespace hearth

namespace hearth::data {

/// The options that all have; `name` is the class that complains. Throws Error when one makes no sense.
void check_mix_options(const char* name, double alpha, std::int64_t num_classes, double p);

/// Throws Error when there is not one target for each input, or the inputs are no floating-point numbers.
void check_batch(const char* name, const at::Tensor& inputs, const at::Tensor& targets);

/// Labels, int64 [N], as shares of the classes, float [N, num_classes], 1 for the label; float targets stay as they
/// are. Throws Error on other targets, without num_classes, and, on the CPU, on a label that is none of the classes.
at::Tensor soft_targets(const char* name, const at::Tensor& targets, std::int64_t num_classes);

/// `lambda` of each row and 1 - lambda of the row before, for the first row the last; torchvision's arithmetic, and its
/// bits. The memory format is kept.
at::Tensor mixed_rows(const at::Tensor& rows, double lambda);

/// The rows, each in the place of the next, and the last in the first's; as torch.roll(rows, 1, 0), but the memory
/// format is kept on every device.
at::Tensor rolled_rows(const at::Tensor& rows);

}  // namespace hearth::data

#ifndef HEARTH_COMPILED
#include <hearth/data/batch_mix.ipp>
#endif
