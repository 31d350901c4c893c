/// LARS: SGD whose rate is fitted to each layer, for large batches.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/rule_optimizer.hpp>

namespace hearth::optim {

/// The options of LARS.
struct LARSOptions {
  double lr = 1e-1;                 ///< learning rate
  double momentum = 0.9;            ///< share of the momentum buffer that stays at each step
  double weight_decay = 0;          ///< this times the parameter is added to its gradient (L2 penalty)
  double trust_coefficient = 1e-3;  ///< the first step's length as a share of the parameter's, at a rate of 1
  double eps = 0;                   ///< is added to the norm that the rate is divided by
  bool adapt = true;                ///< false: the rate is not fitted to the layer, as is usual for biases and norms
  bool maximize = false;            ///< climbs instead of descending
};

/// The arithmetic of `LARS`.
struct LARSRule {
  using Options = LARSOptions;
  static constexpr std::string_view name = "LARS";
  static constexpr std::array<std::string_view, 1> state_names{"momentum_buffer"};

  static bool uses(std::size_t, const Options&) { return true; }

  static void visit_options(auto& options, auto& visit) {
    visit("lr", options.lr);
    visit("momentum", options.momentum);
    visit("weight_decay", options.weight_decay);
    visit("trust_coefficient", options.trust_coefficient);
    visit("eps", options.eps);
    visit("adapt", options.adapt);
    visit("maximize", options.maximize);
  }

  static Value::Dict python_entries();
  static void check_options(const Options& options);
  static void begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state, const Options& options);
  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                         const Options& options);
};

#ifdef HEARTH_COMPILED
extern template class RuleOptimizer<LARSRule>;
#endif

/// LARS (You, Gitman and Ginsburg, "Large batch training of convolutional networks", 2017, algorithm 1): with gradient
/// g of parameter p, `λ = trust_coefficient · ‖p‖ / (‖g‖ + weight_decay · ‖p‖ + eps)`,
/// `b = momentum · b + lr · λ · (g + weight_decay · p)`, `p -= b`; where ‖p‖ or ‖g‖ is 0, λ is 1. A parameter tensor is
/// a layer. torch.optim has no LARS. A parameter without a gradient is left alone; one with a sparse gradient is an
/// error. Its members are those of `RuleOptimizer`.
///
///     optim::LARS optimizer{model->parameters(), {.lr = 3.2, .weight_decay = 1e-4}};
class LARS : public RuleOptimizer<LARSRule> {
 public:
  using RuleOptimizer::RuleOptimizer;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/lars.ipp>
#endif
