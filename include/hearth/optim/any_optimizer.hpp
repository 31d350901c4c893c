/// One type for every optimizer: programs that choose it at run time hold it.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>

namespace hearth::optim {

/// A parameter group of the optimizer behind AnyOptimizer.
struct AnyParamGroup {
  const std::vector<at::Tensor>& params;  ///< the parameters
  double& lr;                             ///< their learning rate
  std::optional<double>& initial_lr;      ///< the rate before the first scheduler
};

inline double learning_rate(const AnyParamGroup& group) noexcept {
  return group.lr;
}
inline void set_learning_rate(AnyParamGroup& group, double rate) noexcept {
  group.lr = rate;
}
inline const std::vector<at::Tensor>& parameters(const AnyParamGroup& group) noexcept {
  return group.params;
}

/// Any optimizer of hearth::optim, under one type.
///
///     optim::AnyOptimizer optimizer =
///         name == "sgd" ? optim::AnyOptimizer::of<optim::SGD>(model->parameters(), {.lr = 0.1, .momentum = 0.9})
///                       : optim::AnyOptimizer::of<optim::AdamW>(model->parameters(), {.lr = 1e-3});
///
/// Like every optimizer it is neither copied nor moved, for schedulers point to it.
class AnyOptimizer {
 public:
  /// Makes an `Optimizer` of these parameters, or of these groups, and throws as it does.
  template <class Optimizer>
  static AnyOptimizer of(std::vector<at::Tensor> params, const typename Optimizer::Options& options) {
    return AnyOptimizer(std::make_unique<Optimizer>(std::move(params), options));
  }
  template <class Optimizer>
  static AnyOptimizer of(std::vector<typename Optimizer::Group> groups) {
    return AnyOptimizer(std::make_unique<Optimizer>(std::move(groups)));
  }

  AnyOptimizer(const AnyOptimizer&) = delete;
  AnyOptimizer& operator=(const AnyOptimizer&) = delete;

  /// Changes every parameter that has a gradient.
  void step() { inner_->step(); }

  /// Drops the gradients.
  void zero_grad() { inner_->zero_grad(); }

  /// The groups of the optimizer behind it.
  std::vector<AnyParamGroup>& param_groups() noexcept { return groups_; }
  const std::vector<AnyParamGroup>& param_groups() const noexcept { return groups_; }

  /// The state of the optimizer behind it, in the layout of torch.optim's state_dict.
  Value state_dict() const { return inner_->state_dict(); }

  /// Takes over a state that `state_dict` or Python's optimizer of that name gave. Throws Error as that optimizer does.
  void load_state_dict(const Value& state) { inner_->load_state_dict(state); }

 private:
  struct Inner {
    virtual ~Inner() = default;
    virtual void step() = 0;
    virtual void zero_grad() = 0;
    virtual Value state_dict() const = 0;
    virtual void load_state_dict(const Value& state) = 0;
  };

  template <class Optimizer>
  struct Holder final : Inner {
    explicit Holder(std::unique_ptr<Optimizer> held) : optimizer(std::move(held)) {}
    void step() override { optimizer->step(); }
    void zero_grad() override { optimizer->zero_grad(); }
    Value state_dict() const override { return optimizer->state_dict(); }
    void load_state_dict(const Value& state) override { optimizer->load_state_dict(state); }
    std::unique_ptr<Optimizer> optimizer;
  };

  template <class Optimizer>
  explicit AnyOptimizer(std::unique_ptr<Optimizer> optimizer) {
    static_assert(OptimizerLike<Optimizer>,
                  "AnyOptimizer: it holds an optimizer (OptimizerLike): step(), zero_grad(), param_groups()");
    for (auto& group : optimizer->param_groups()) {  // which stay where they are as long as the optimizer does
      groups_.push_back({group.params, group.options.lr, group.initial_lr});
    }
    inner_ = std::make_unique<Holder<Optimizer>>(std::move(optimizer));
  }

  std::unique_ptr<Inner> inner_;
  std::vector<AnyParamGroup> groups_;
};

}  // namespace hearth::optim
