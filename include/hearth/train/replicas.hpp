/// The copies of a model that several processes train together: kept the same, and agreed about what happens next.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/share.hpp>
#include <hearth/dist/agreement.hpp>
#include <hearth/dist/world.hpp>
#include <hearth/train/meter.hpp>

namespace hearth::train {

/// What a process wants at a step; summed over all, what the run does. Each count is of processes.
struct Wish {
  double stop = 0;    ///< a stop was requested (a signal, say)
  double end = 0;     ///< a callback ended the run
  double save = 0;    ///< a checkpoint is due
  double fail = 0;    ///< there is an error that all are to throw
  double weight = 0;  ///< of the step's samples
};

/// One process's part in a run of several. Every function is collective, but `communicator` and `training_scope`.
class Replicas {
 public:
  Replicas(torch::nn::Module& model, const dist::World& world, const dist::DataParallelOptions& options);

  dist::Communicator& communicator() const { return world_.communicator(); }

  /// The model's tensors have the same names, shapes and types everywhere, and rank 0's values from now on.
  void begin();

  /// Which process has other weights than rank 0, in words; empty when none has. `when` says when, for them.
  std::string find_other_weights(const std::string& when) const;

  /// Takes rank 0's weights where a process has others, and says so on stderr: processors of different kinds may round
  /// a step in different ways.
  void keep_same_weights(const std::string& when);

  /// BatchNorm's scope while the model trains, where the options ask for one.
  std::shared_ptr<void> training_scope() const;

  /// Around a batch's forward and backward pass; `reduce`: whether its step ends with it.
  void before_forward(bool opens_step);
  void before_backward(bool reduce, const at::Tensor& loss);
  void after_backward();
  void reduce_now();

  /// Rank 0's buffers, for everybody.
  void broadcast_buffers();

  /// Says what this process wants, without waiting, and, later, what all want together.
  void ask(const Wish& wish);
  Wish answer();
  bool has_asked() const noexcept { return asked_ != nullptr; }

 private:
  torch::nn::Module& model_;
  dist::World world_;
  dist::DataParallelOptions options_;
  std::vector<at::Tensor> buffers_;
  std::unique_ptr<dist::GradientReducer> reducer_;
  std::unique_ptr<dist::PendingSum> asked_;
};

/// The share of an epoch that this process of a world goes through.
Share share_of(const dist::World& world, Remainder remainder = Remainder::once) noexcept;

/// The sum over all processes of a world, which may be one alone. A metric that has seen no sample in one process may
/// have no sums there.
MeterSums sum_over(const dist::World& world, const MeterSums& sums);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/replicas.ipp>
#endif
