/// An optimizer whose state is divided over the processes that train together (ZeRO-1).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/dist/world.hpp>
#include <hearth/train/parts.hpp>

namespace hearth::train {

/// For each parameter, given group by group, the process that steps it: within a group the largest first, each to the
/// process that has the fewest elements until then; the rule of torch.distributed.optim.ZeroRedundancyOptimizer.
std::vector<int> owners_of(const std::vector<at::Tensor>& parameters, const std::vector<std::size_t>& group_sizes,
                           int processes);

/// Steps each parameter in one process alone, which keeps the optimizer's state of it, and gives the new values to the
/// others: 1/size of the state's memory in each of `size` processes, and the same parameters as without, to the bit
/// (S. Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models", SC 2020, stage 1).
///
/// The optimizer leaves a parameter without a gradient alone and makes the state of a parameter when it steps it, as
/// those of hearth::optim and torch::optim do. All processes have the same parameters in the same groups, and the same
/// gradients when `step` is called.
class ShardedOptimizer final : public OptimizerPart {
 public:
  /// Drops the state that `whole` has of other processes' parameters. `whole` outlives this.
  ShardedOptimizer(OptimizerPart& whole, dist::World world);

  /// Collective.
  void step() override;

  void zero_grad() override { whole_.zero_grad(); }
  std::vector<double> learning_rates() const override { return whole_.learning_rates(); }
  std::vector<at::Tensor> parameters() const override { return whole_.parameters(); }
  std::vector<std::size_t> group_sizes() const override { return whole_.group_sizes(); }
  bool has_state() const noexcept override { return whole_.has_state(); }

  /// Collective: the state of an optimizer that is not sharded, in rank 0; its own part in every other process. What
  /// comes from others is on the CPU, and goes through them tensor by tensor, so that no GPU holds the whole. Of an
  /// optimizer of LibTorch's, the whole archive of each process goes to all. Throws Error when the state is not in the
  /// layout of torch.optim's state_dict.
  Value state() const override;

  /// Takes the state of an optimizer that is not sharded, of any number of processes, and keeps its own part. Not
  /// collective: every process has the state.
  void load_state(const Value& state) override;

  torch::optim::Optimizer* torch_optimizer() const noexcept override { return whole_.torch_optimizer(); }

 private:
  bool is_own(std::size_t parameter) const noexcept { return owners_[parameter] == world_.rank(); }
  Value own_part(const Value& state) const;
  void drop_torch_state_of_others() const;
  Value gather_state(const Value& own) const;
  Value gather_torch_state() const;

  OptimizerPart& whole_;
  dist::World world_;
  std::vector<at::Tensor> parameters_;
  std::vector<int> owners_;  // of the parameters
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/sharded_optimizer.ipp>
#endif
