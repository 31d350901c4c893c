/// A training step that is recorded once and then repeated with one call: TrainerOptions::cuda_graph.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/train/forward.hpp>
#include <hearth/train/parts.hpp>
#include <hearth/train/recorder.hpp>

namespace hearth::train {

/// Forward pass, loss and backward pass are one recording, bounds on gradients and the optimizer's step another one,
/// so that the weights change where they do without: when the step is closed. A batch is copied into the memory that
/// the first reads. Metrics, averages of weights and schedulers are as without; learning rates are read anew at each
/// step.
///
/// The first shape of batches that has come three times is recorded; batches of any other shape, as the last of an
/// epoch may have, are computed as without. What came often in a row, when the recorded shape did not, takes its place.
/// A recording is dropped, and the three begin anew, when a parameter or buffer lies elsewhere, when one is frozen or
/// not any more, or when a module goes into training or evaluation mode. An optimizer that cannot be recorded
/// (`recording_key`), or whose options other than the learning rate change at every step, steps as without.
class StepGraph {
 public:
  /// How often a shape is computed as without before it is recorded.
  static constexpr int rehearsals = 3;

  /// Throws Error when a parameter has a hook, which a recording would not call. All must outlive the graph.
  StepGraph(const torch::nn::Module& model, OptimizerPart& optimizer, std::unique_ptr<Recorder> recorder);

  /// Whether this batch is to be replayed; otherwise it is to be computed in `rehearse`.
  bool takes(const BatchContext& context);

  /// Computes a batch as without, where the recording will be made.
  void rehearse(core::FunctionRef<void()> work);

  /// Outputs, loss and gradients of the batch, by the recording, which is made when there is none; none when the batch
  /// has the weight 0. Throws Error when the batch does not fit the task, or cannot be recorded.
  std::optional<Forward> replay(const BatchContext& context, const BatchWork& work);

  /// Calls `clip`, which gives the gradients' norm or an undefined tensor, and steps the optimizer: by a recording
  /// where the gradients of this step are those of `replay`. Gives the norm.
  at::Tensor update(const std::function<at::Tensor()>& clip);

 private:
  struct Shape {
    std::vector<std::int64_t> inputs, targets;
    at::ScalarType input_type, target_type;
    bool are_mixed;
    bool operator==(const Shape&) const = default;
  };
  struct Seen {
    Shape shape;
    int times;
  };

  static Shape shape_of(const BatchContext& context);
  std::uint64_t circumstances() const;
  void drop();
  void record(const BatchContext& context);
  void compute();
  void set_rates();

  OptimizerPart& optimizer_;
  std::unique_ptr<Recorder> recorder_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> buffers_;
  std::vector<const torch::nn::Module*> modules_;

  std::uint64_t circumstances_ = 0;  // of all that was seen and recorded
  std::vector<Seen> seen_;           // while nothing is recorded
  std::optional<Seen> other_;        // than what is recorded, in a row
  int patience_ = 8;                 // for others

  // What the recording reads and writes. A recording that computes anew, as a test's may, writes other tensors.
  std::optional<Shape> shape_;
  at::Tensor inputs_, targets_;
  Forward computed_;
  std::vector<at::Tensor> gradients_;
  const BatchContext* context_ = nullptr;  // of the batch of now
  const BatchWork* work_ = nullptr;
  std::unique_ptr<Recording> pass_;
  bool is_replayed_ = false;  // the open step

  std::optional<std::uint64_t> last_key_;  // of the step before
  std::uint64_t update_key_ = 0;
  std::vector<double> rates_;
  at::Tensor rate_memory_;           // [groups]
  std::vector<at::Tensor> rate_of_;  // views of it
  at::Tensor norm_;
  std::unique_ptr<Recording> update_;
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/step_graph.ipp>
#endif
