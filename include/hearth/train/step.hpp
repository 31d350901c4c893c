/// One optimizer step: from the gradients of one batch or of several to new weights.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <optional>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/optim/grad_scaler.hpp>
#include <hearth/optim/weight_average.hpp>
#include <hearth/train/parts.hpp>
#include <hearth/train/trainer_options.hpp>

namespace hearth::train {

class StepGraph;

/// What a forward pass changes although no step is complete: the model's buffers (BatchNorm's statistics) and the
/// generators of random numbers (dropout's).
struct ForwardState {
  std::vector<at::Tensor> buffers = {};
  at::Tensor cpu_generator = {};
  at::Tensor device_generator = {};  ///< undefined on the CPU

  /// Copies of the state as it is now. Tensors that are there already are written over.
  void keep(const std::vector<at::Tensor>& model_buffers, at::Device device);
  void put_back(const std::vector<at::Tensor>& model_buffers, at::Device device) const;
};

/// The states of the generators that models draw from on this device.
at::Tensor generator_state(at::Device device);
void set_generator_state(at::Device device, const at::Tensor& state);

/// Precision, accumulation, clipping and averaging. A step is open from its first batch until `apply`; until then the
/// weights stay as they are, and `roll_back` undoes the rest.
class Step {
 public:
  /// `usual_weight`: of a batch, where the processes of `options.world` take the step together; all have the same.
  /// `graph`: where steps are recorded; null where they are not.
  Step(torch::nn::Module& model, OptimizerPart& optimizer, SchedulerPart& scheduler, const TrainerOptions& options,
       double usual_weight = 0, StepGraph* graph = nullptr);

  /// The type for Autocast around the forward pass.
  std::optional<at::ScalarType> autocast_type() const noexcept;

  /// Before a batch's forward pass: opens a step unless one is open.
  void open();
  bool is_open() const noexcept { return batches_ > 0; }

  /// Adds the gradients of a batch's mean loss, which stands for samples of this weight. A weight of 0 adds nothing.
  /// In fp16 a loss that is not finite makes gradients that are not, whatever they would be, so that the step is
  /// skipped.
  void backward(const at::Tensor& loss, double weight);

  /// Counts a batch of this weight, whose gradients are there without `backward`.
  void count(double weight) noexcept;

  /// Adds gradients of 0, for a batch that counts nothing, so that this process takes its part in a reduction.
  void backward_nothing(const at::Tensor& outputs);

  /// The samples' weight in the open step, so far.
  double weight() const noexcept { return weight_; }

  /// Whether the open step has all its batches.
  bool is_due() const noexcept { return batches_ == options_.accumulate; }

  /// Whether the open step has its first batch.
  bool is_first() const noexcept { return batches_ == 1; }

  /// What `apply` did.
  struct Applied {
    bool stepped = false;           ///< the weights changed
    bool skipped = false;           ///< they did not, for the gradients were not finite
    at::Tensor gradient_norm = {};  ///< before clipping; undefined unless clipped by norm
  };

  /// Brings the gradients to the mean over the step's samples, clips them, steps the optimizer, the averages and a
  /// scheduler that steps per batch. Without a sample nothing happens. `total_weight`: of the samples of all processes,
  /// over which the gradients are averaged.
  Applied apply(double total_weight);

  /// Forgets the open step: buffers and generators are as `open` found them.
  void roll_back();

  /// The buffers alone are as the last `open` found them.
  void put_back_buffers();

  /// The state at the last complete step: that of now, or, while a step is open, of its beginning.
  ForwardState state_between_steps() const;

  /// How a model's name for a tensor is to be read between steps: the kept copy of a buffer while a step is open.
  at::Tensor between_steps(const at::Tensor& tensor) const;

  optim::WeightAverage* average() noexcept { return average_ ? &*average_ : nullptr; }
  const optim::WeightAverage* average() const noexcept { return average_ ? &*average_ : nullptr; }
  optim::GradScaler* scaler() noexcept { return scaler_ ? &*scaler_ : nullptr; }
  const optim::GradScaler* scaler() const noexcept { return scaler_ ? &*scaler_ : nullptr; }

 private:
  at::Tensor clip();

  OptimizerPart& optimizer_;
  SchedulerPart& scheduler_;
  const TrainerOptions& options_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> buffers_;
  std::optional<optim::GradScaler> scaler_;
  std::optional<optim::WeightAverage> average_;
  ForwardState kept_;
  StepGraph* graph_;
  double processes_;        // that train together
  double usual_weight_;     // of a batch; 0: that of the step's first batch
  int batches_ = 0;         // of the open step
  double weight_ = 0;       // of their samples
  double unit_weight_ = 0;  // of a batch whose loss counts as it is
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/step.ipp>
#endif
