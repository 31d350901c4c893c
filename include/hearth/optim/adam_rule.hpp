/// The arithmetic of Adam and of AdamW.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>

namespace hearth::optim {

/// With gradient g of parameter p at its step t, m and v zeros in the beginning, and betas β₁ and β₂:
/// `g += weight_decay · p` (decoupled: `p -= lr · weight_decay · p` instead), `m = β₁ · m + (1 - β₁) · g`,
/// `v = β₂ · v + (1 - β₂) · g²`, `p -= lr · m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + eps)`; with amsgrad the largest v so
/// far stands for v in the last. The options are AdamOptions, which say whether the decay is decoupled, or
/// AdamWOptions, for which it is.
template <class SomeOptions>
struct AdamRule {
  using Options = SomeOptions;
  /// Whether the weight decay may be a part of the gradient: Adam and AdamW differ in that.
  static constexpr bool may_couple = requires(Options options) { options.decoupled_weight_decay; };
  static constexpr std::string_view name = may_couple ? "Adam" : "AdamW";
  static constexpr std::array<std::string_view, 4> state_names{"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"};

  static bool uses(std::size_t kind, const Options& options) { return kind < 3 || options.amsgrad; }

  static void visit_options(auto& options, auto& visit) {
    visit("lr", options.lr);
    visit("betas", options.betas);
    visit("eps", options.eps);
    visit("weight_decay", options.weight_decay);
    visit("amsgrad", options.amsgrad);
    visit("maximize", options.maximize);
    visit("fused", options.fused);
    if constexpr (may_couple) {
      visit("decoupled_weight_decay", options.decoupled_weight_decay);
    } else {
      bool always = true;  // whatever a file says, as in Python
      visit("decoupled_weight_decay", always);
    }
  }

  static Value::Dict python_entries();
  static void check_options(const Options& options);
  static void begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state, const Options& options);
  static bool may_fuse(const Options&) { return true; }
  static constexpr bool reads_rate_tensors = true;  ///< the fused kernel does: see RecordableRule
  static void step_fused(const FusedCall& call, const Options& options);
  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                         const Options& options);

 private:
  static bool is_decoupled(const Options& options) {
    if constexpr (may_couple) {
      return options.decoupled_weight_decay;
    } else {
      return true;
    }
  }
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/adam_rule.ipp>
#endif
