/// Optimizers and schedulers without their types: what the run does with them is compiled once.
#pragma once

#include <ATen/core/Tensor.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/scheduler.hpp>

namespace torch::optim {
class Optimizer;
}

namespace hearth::train {

/// Something whose state goes into checkpoints.
template <class T>
concept HasState = requires(T& part, const T& constant, const Value& state) {
  { constant.state_dict() } -> std::convertible_to<Value>;
  part.load_state_dict(state);
};

class OptimizerPart {
 public:
  virtual ~OptimizerPart() = default;
  virtual void step() = 0;
  virtual void zero_grad() = 0;
  virtual std::vector<double> learning_rates() const = 0;
  virtual std::vector<at::Tensor> parameters() const = 0;    ///< of all groups, group by group
  virtual std::vector<std::size_t> group_sizes() const = 0;  ///< how many parameters each group has
  virtual bool has_state() const noexcept = 0;
  virtual Value state() const = 0;  ///< None without one
  virtual void load_state(const Value& state) = 0;
  virtual torch::optim::Optimizer* torch_optimizer() const noexcept = 0;  ///< null unless it is LibTorch's

  /// What a recording of `step_with_rates` holds on to; none where the next step cannot be recorded.
  virtual std::optional<std::uint64_t> recording_key() const { return std::nullopt; }
  virtual void step_with_rates(std::span<const at::Tensor>) {}  ///< with the learning rates in tensors
};

class SchedulerPart {
 public:
  virtual ~SchedulerPart() = default;
  virtual bool is_per_batch() const noexcept = 0;
  virtual std::string figure() const = 0;  ///< that step() wants; empty: none
  virtual void step(double figure) = 0;
  virtual bool has_state() const noexcept = 0;
  virtual Value state() const = 0;  ///< None without one
  virtual void load_state(const Value& state) = 0;
};

/// The state of an optimizer of LibTorch's: the bytes of its own archive as a tensor, which `load_torch_state` reads.
/// Throws Error when the optimizer cannot take it over.
Value torch_state(const torch::optim::Optimizer& optimizer);
void load_torch_state(torch::optim::Optimizer& optimizer, const Value& state);

template <class Optimizer>
class OptimizerOf final : public OptimizerPart {
  static constexpr bool is_torch = std::convertible_to<Optimizer*, torch::optim::Optimizer*>;
  static constexpr bool is_recordable = requires(Optimizer & optimizer, std::span<const at::Tensor> rates) {
    optimizer.recording_key();
    optimizer.step_with_rates(rates);
  };

 public:
  explicit OptimizerOf(Optimizer& optimizer) : optimizer_(optimizer) {}

  void step() override { optimizer_.step(); }
  std::optional<std::uint64_t> recording_key() const override {
    if constexpr (is_recordable) {
      return optimizer_.recording_key();
    } else {
      return std::nullopt;
    }
  }
  void step_with_rates([[maybe_unused]] std::span<const at::Tensor> rates) override {
    if constexpr (is_recordable) {
      optimizer_.step_with_rates(rates);
    }
  }
  void zero_grad() override { optimizer_.zero_grad(); }
  std::vector<double> learning_rates() const override {
    std::vector<double> rates;
    for (const auto& group : optimizer_.param_groups()) {
      rates.push_back(optim::rate_of(group));
    }
    return rates;
  }
  std::vector<at::Tensor> parameters() const override {
    std::vector<at::Tensor> all;
    for (const auto& group : optimizer_.param_groups()) {
      for (const at::Tensor& parameter : optim::parameters_of(group)) {
        all.push_back(parameter);
      }
    }
    return all;
  }
  std::vector<std::size_t> group_sizes() const override {
    std::vector<std::size_t> sizes;
    for (const auto& group : optimizer_.param_groups()) {
      sizes.push_back(static_cast<std::size_t>(std::ranges::distance(optim::parameters_of(group))));
    }
    return sizes;
  }
  bool has_state() const noexcept override { return is_torch || HasState<Optimizer>; }
  Value state() const override {
    if constexpr (is_torch) {
      return torch_state(optimizer_);
    } else if constexpr (HasState<Optimizer>) {
      return optimizer_.state_dict();
    } else {
      return {};
    }
  }
  void load_state([[maybe_unused]] const Value& state) override {
    if constexpr (is_torch) {
      load_torch_state(optimizer_, state);
    } else if constexpr (HasState<Optimizer>) {
      optimizer_.load_state_dict(state);
    }
  }
  torch::optim::Optimizer* torch_optimizer() const noexcept override {
    if constexpr (is_torch) {
      return &optimizer_;
    } else {
      return nullptr;
    }
  }

 private:
  Optimizer& optimizer_;
};

template <class Scheduler>
class SchedulerOf final : public SchedulerPart {
 public:
  explicit SchedulerOf(Scheduler& scheduler) : scheduler_(scheduler) {}

  bool is_per_batch() const noexcept override { return optim::StepsPerBatch<Scheduler>; }
  std::string figure() const override {
    if constexpr (optim::PlateauSchedulerLike<Scheduler>) {
      return std::string(scheduler_.figure());
    } else {
      return {};
    }
  }
  void step([[maybe_unused]] double figure) override {
    if constexpr (optim::PlateauSchedulerLike<Scheduler>) {
      scheduler_.step(figure);
    } else {
      scheduler_.step();
    }
  }
  bool has_state() const noexcept override { return HasState<Scheduler>; }
  Value state() const override {
    if constexpr (HasState<Scheduler>) {
      return scheduler_.state_dict();
    } else {
      return {};
    }
  }
  void load_state([[maybe_unused]] const Value& state) override {
    if constexpr (HasState<Scheduler>) {
      scheduler_.load_state_dict(state);
    }
  }

 private:
  Scheduler& scheduler_;
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/parts.ipp>
#endif
