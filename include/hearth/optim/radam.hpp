/// RAdam: Adam that waits until it knows the spread of the gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/rule_optimizer.hpp>

namespace hearth::optim {

/// The options of torch.optim.RAdam.
struct RAdamOptions {
  double lr = 1e-3;                                ///< learning rate
  std::pair<double, double> betas = {0.9, 0.999};  ///< what stays at each step of the means of gradients and of squares
  double eps = 1e-8;                               ///< is added to the root of the mean square
  double weight_decay = 0;                         ///< this times the parameter is added to its gradient (L2 penalty)
  bool decoupled_weight_decay = false;             ///< decays the parameter itself instead, as AdamW does
  bool maximize = false;                           ///< climbs instead of descending
};

/// The arithmetic of `RAdam`.
struct RAdamRule {
  using Options = RAdamOptions;
  static constexpr std::string_view name = "RAdam";
  static constexpr std::array<std::string_view, 3> state_names{"step", "exp_avg", "exp_avg_sq"};

  static bool uses(std::size_t, const Options&) { return true; }

  static void visit_options(auto& options, auto& visit) {
    visit("lr", options.lr);
    visit("betas", options.betas);
    visit("eps", options.eps);
    visit("weight_decay", options.weight_decay);
    visit("decoupled_weight_decay", options.decoupled_weight_decay);
    visit("maximize", options.maximize);
  }

  static Value::Dict python_entries();
  static void check_options(const Options& options);
  static void begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state, const Options& options);
  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                         const Options& options);
};

#ifdef HEARTH_COMPILED
extern template class RuleOptimizer<RAdamRule>;
#endif

/// torch.optim.RAdam (Liu and others, "On the variance of the adaptive learning rate and beyond", 2020): Adam's step
/// times a factor that grows to 1 as the mean of squares becomes long enough, and a step of plain momentum while it is
/// no longer than 5. The decay is Adam's, or AdamW's if decoupled. A parameter without a gradient is left alone; one
/// with a sparse gradient is an error. Its members are those of `RuleOptimizer`.
///
///     optim::RAdam optimizer{model->parameters(), {.lr = 1e-3}};
class RAdam : public RuleOptimizer<RAdamRule> {
 public:
  using RuleOptimizer::RuleOptimizer;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/radam.ipp>
#endif
