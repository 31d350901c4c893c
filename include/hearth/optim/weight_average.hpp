/// Averages of a model's weights over its training, which often are better weights than the last ones.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>

namespace hearth::optim {

struct WeightAverageOptions {
  std::optional<double> decay =
      {};                       ///< the share of the former average in an update; unset: all updates weigh the same
  std::int64_t every = 1;       ///< optimizer steps from one update of the average to the next
  std::int64_t first_step = 0;  ///< optimizer steps that pass before the first of these intervals begins
  bool buffers = true;          ///< floating buffers (BatchNorm's statistics) are averaged too; false: copied
};

/// Names and tensors, as in a state_dict. The tensors share their memory with what they are taken from.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// The average of a model's parameters and buffers over the steps of its optimizer: exponential with a decay (EMA), or
/// the equal mean (SWA; Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018).
/// What is no floating number is copied. The numbers are to the last bit those of Python's
/// torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn(decay) or without a function.
///
///     optim::WeightAverage average{*model, {.decay = 0.999}};
///     optimizer.step();
///     average.update();  // after each step
///     average.swap();    // the model computes with the averages now
///     average.swap();    // and goes on with its training here
///
/// Until the first update, the average is the model as it is.
class WeightAverage {
 public:
  /// Of a module (`*model`) whose parameters and buffers stay the tensors that they are: heads are replaced before.
  /// It may move to another device; its averages follow. Throws Error when an option is out of its range.
  template <class Module>
  explicit WeightAverage(const Module& module, WeightAverageOptions options = {}) : WeightAverage(options) {
    add_all(module, "");
  }
  WeightAverage(const WeightAverage&) = delete;  // both would swap the same model
  WeightAverage& operator=(const WeightAverage&) = delete;
  WeightAverage(WeightAverage&&) = default;
  WeightAverage& operator=(WeightAverage&&) = default;

  /// To be called after each step of the optimizer: every one that `every` and `first_step` name changes the average.
  /// Throws Error while the model is swapped.
  void update();

  /// Exchanges the memory of the model's tensors and of the averages; no number is copied, and the model's parameters
  /// stay the tensors that optimizers hold. A backward() of before is no longer possible.
  void swap();

  /// Whether the model holds the averages.
  bool swapped() const noexcept { return is_swapped_; }

  /// How many updates the average has seen.
  std::int64_t n_averaged() const noexcept { return n_averaged_; }

  /// The weights in training and their averages, under the names and in the order of the model's state_dict, wherever
  /// they are at the time.
  NamedTensors training_weights() const;
  NamedTensors averaged_weights() const;

  /// `{'steps': …, 'averaged_model': {'n_averaged': …, 'module.…': …}}`, of which the second is AveragedModel's
  /// state_dict in Python. The tensors are not copied.
  Value state_dict() const;

  /// Takes over a state that `state_dict` gave, or that of Python's AveragedModel alone. Throws Error naming what is
  /// missing or of another shape; the average is then as before.
  void load_state_dict(const Value& state);

 private:
  struct Weight {
    at::Tensor model;  ///< the very tensor that the model has
    at::Tensor other;  ///< of the average and the weight in training, what the model does not hold; may be undefined
    bool is_buffer;
  };

  explicit WeightAverage(WeightAverageOptions options);

  template <class Module>
  void add_all(const Module& module, const std::string& prefix) {
    for (const auto& parameter : module.named_parameters(/*recurse=*/false)) {
      add(prefix + parameter.key(), parameter.value(), /*is_buffer=*/false);
    }
    for (const auto& buffer : module.named_buffers(/*recurse=*/false)) {
      add(prefix + buffer.key(), buffer.value(), /*is_buffer=*/true);
    }
    for (const auto& child : module.named_children()) {
      add_all(*child.value(), prefix + child.key() + ".");
    }
  }

  void add(std::string name, const at::Tensor& tensor, bool is_buffer);
  void copy_training_weights();
  const at::Tensor& training(const Weight& weight) const;
  const at::Tensor& averaged(const Weight& weight) const;
  NamedTensors named(const at::Tensor& (WeightAverage::*held)(const Weight&) const) const;

  WeightAverageOptions options_;
  std::vector<Weight> weights_;
  std::vector<std::pair<std::string, std::size_t>> names_;  ///< two where two names have one tensor
  std::int64_t steps_ = 0;
  std::int64_t n_averaged_ = 0;
  bool is_swapped_ = false;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/weight_average.ipp>
#endif
