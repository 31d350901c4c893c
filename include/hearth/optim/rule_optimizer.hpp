/// An optimizer as a rule makes it: what SGD, Adam and AdamW share, which is all but their arithmetic.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/optimizer_state.hpp>
#include <hearth/optim/param_group.hpp>

namespace hearth::optim {

/// Steps parameters by a rule, which says with static members: its `name` and its `Options`; the `state_names` that
/// Python gives to the tensors kept for each parameter, and with `uses` which of them the options call for ("step" is a
/// count, every other has the parameter's shape); with `visit_options` each option under Python's name, with
/// `python_entries` what else Python's groups have, with `check_options` what is wrong in the options; with `begin`
/// what a parameter has before its first step; with `may_fuse` whether LibTorch's fused kernel does as Python does; and
/// the arithmetic, `step_fused` for many parameters and `step_alone` for one.
///
/// Where the options say nothing else, parameters on CUDA are stepped by the fused kernel where it fits, and others one
/// operation at a time: on the CPU with the results of Python's default to the last bit. An optimizer is neither copied
/// nor moved, for schedulers point to it.
template <class Rule>
class RuleOptimizer {
 public:
  using RuleType = Rule;
  using Options = typename Rule::Options;
  using Group = ParamGroup<Options>;

  /// One group of parameters. Throws Error when an option is out of range or the parameters are not fit for an
  /// optimizer (see `check_parameters`).
  explicit RuleOptimizer(std::vector<at::Tensor> params, Options options = {})
      : RuleOptimizer(std::vector<Group>{{.params = std::move(params), .options = options}}) {}

  /// Several groups, each with its own options: `SGD{{{.params = body, .options = {.lr = 1e-3}}, {.params = head}}}`.
  explicit RuleOptimizer(std::vector<Group> groups) : groups_(std::move(groups)) {
    for (const Group& group : groups_) {
      Rule::check_options(group.options);
    }
    check_parameters(Rule::name, groups_);
  }

  RuleOptimizer(const RuleOptimizer&) = delete;
  RuleOptimizer& operator=(const RuleOptimizer&) = delete;

  /// Changes every parameter that has a gradient. Throws Error when a parameter changed its shape since its first step.
  void step() {
    const at::NoGradGuard no_grad;
    for (const Group& group : groups_) {
      step(group);
    }
  }

  /// Drops the gradients, or fills them with zeros where `set_to_none` is false.
  void zero_grad(bool set_to_none = true) { zero_gradients(groups_, set_to_none); }

  std::vector<Group>& param_groups() noexcept { return groups_; }
  const std::vector<Group>& param_groups() const noexcept { return groups_; }

  /// The state in the layout of torch.optim's state_dict, which Python's load_state_dict takes. The tensors are shared
  /// with the optimizer, as Python's are: its next step changes them.
  Value state_dict() const { return optimizer_state<Rule>(groups_, states_); }

  /// Takes the options and copies the tensors of a state that `state_dict` or Python's optimizer of this name gave, for
  /// the same parameters in the same groups. Options come from the state, as in Python; make schedulers before. When it
  /// throws, the optimizer is as it was. Throws Error when the numbers of groups or parameters, or the tensors' shapes
  /// or names differ, or an option is missing or out of range.
  void load_state_dict(const Value& state) {
    const at::NoGradGuard no_grad;
    try {
      auto [groups, states] = read_optimizer_state<Rule>(state, groups_);
      std::move(groups.begin(), groups.end(), groups_.begin());
      states_ = std::move(states);
    } catch (const Error& error) {
      core::fail("{}: cannot load this state: {}", Rule::name, error.what());
    }
  }

 private:
  static constexpr std::size_t kinds = Rule::state_names.size();
  using State = ParamState<Rule>;
  using Call = FusedCall<kinds>;

  void step(const Group& group) {
    std::vector<Call> calls;
    for (const at::Tensor& parameter : group.params) {
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) {
        continue;
      }
      State& state = states_[parameter.unsafeGetTensorImpl()];
      Rule::begin(parameter, gradient, state, group.options);
      follow(parameter, state);
      if (fuses(parameter, gradient, state, group.options)) {
        enlist(calls, parameter, gradient, state, group.options);
      } else {
        place_counts(state, at::kCPU);
        Rule::step_alone(parameter, gradient, state, group.options);
      }
    }
    for (const Call& call : calls) {
      Rule::step_fused(call, group.options);
    }
  }

  /// Brings the state to where the model may have moved, and to its type.
  static void follow(const at::Tensor& parameter, State& state) {
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      at::Tensor& tensor = state[kind];
      if (!tensor.defined() || is_step_count<Rule>(kind)) {
        continue;
      }
      core::require(parameter.sizes() == tensor.sizes(),
                    "{}: a parameter of {} numbers has a {} of {}; was its shape changed after the optimizer was made? "
                    "Replace a model's head first, then make the optimizer",
                    Rule::name, parameter.numel(), Rule::state_names[kind], tensor.numel());
      if (tensor.device() != parameter.device() || tensor.scalar_type() != parameter.scalar_type()) {
        tensor = tensor.to(parameter.device(), parameter.scalar_type());
      }
    }
  }

  static void place_counts(State& state, at::Device device) {
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      if (is_step_count<Rule>(kind) && state[kind].device() != device) {
        state[kind] = state[kind].to(device);
      }
    }
  }

  static bool fuses(const at::Tensor& parameter, const at::Tensor& gradient, const State& state,
                    const Options& options) {
    if (!options.fused.value_or(parameter.is_cuda()) || !has_fused_kernel(parameter) || !Rule::may_fuse(options) ||
        !lies_alike(parameter, gradient)) {
      return false;
    }
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      if (!is_step_count<Rule>(kind) && Rule::uses(kind, options) && state[kind].defined() &&
          !lies_alike(parameter, state[kind])) {
        return false;
      }
    }
    return true;
  }

  static void enlist(std::vector<Call>& calls, const at::Tensor& parameter, const at::Tensor& gradient, State& state,
                     const Options& options) {
    bool first_step = false;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      if (Rule::uses(kind, options) && !state[kind].defined()) {
        state[kind] = at::empty_like(gradient);
        first_step = true;
      }
    }
    place_counts(state, parameter.device());
    Call& call = call_for(calls, parameter, first_step);
    call.parameters.push_back(parameter);
    call.gradients.push_back(gradient);
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      if (Rule::uses(kind, options)) {
        call.state[kind].push_back(state[kind]);
      }
    }
  }

  std::vector<Group> groups_;
  ParamStates<Rule> states_;
};

}  // namespace hearth::optim
