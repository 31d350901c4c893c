/// An optimizer as a rule makes it: what all optimizers share, which is all but their arithmetic.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/optimizer_state.hpp>
#include <hearth/optim/param_group.hpp>
#include <hearth/optim/recording_key.hpp>

namespace hearth::optim {

/// Arithmetic that LibTorch has a fused kernel for, too.
template <class R>
concept FusedRule = requires(typename R::Options& options, const typename R::Options& constant, const FusedCall& call) {
  // Whether the fused kernel steps the parameters; where it says nothing, CUDA's does.
  { options.fused } -> std::same_as<std::optional<bool>&>;
  // Whether LibTorch's fused kernel does, with these options, what Python does.
  { R::may_fuse(constant) } -> std::same_as<bool>;
  // Steps many parameters by the fused kernel.
  R::step_fused(call, constant);
};

/// A fused kernel that reads the learning rate from FusedCall::rate where that is given, so that a recording of the
/// step, which has its other options for good, can be repeated with another one.
template <class R>
concept RecordableRule = FusedRule<R> && R::reads_rate_tensors;

/// The arithmetic of an optimizer, and how Python writes it down: static members alone.
template <class R>
concept OptimizerRule = requires(typename R::Options& options, const typename R::Options& constant, ParamState& state,
                                 const at::Tensor& parameter, const at::Tensor& gradient, OptionWriter& writer,
                                 OptionReader& reader, std::size_t kind) {
  // The options of one parameter group, a plain struct: `lr` is the learning rate.
  { options.lr } -> std::same_as<double&>;
  // What Python calls the optimizer; its errors begin with it.
  { R::name } -> std::convertible_to<std::string_view>;
  // What Python calls the tensors that are kept for each parameter: see StateNames.
  {StateNames(R::state_names)};
  // Whether the options call for the tensor of this place in `state_names`.
  { R::uses(kind, constant) } -> std::same_as<bool>;
  // Calls its second argument with each option: `visit("lr", options.lr)`, under Python's name. The options are
  // constant when they are written, and not when they are read.
  R::visit_options(constant, writer);
  R::visit_options(options, reader);
  // What Python's groups have beside the options.
  { R::python_entries() } -> std::same_as<Value::Dict>;
  // Throws Error when an option is out of its range.
  R::check_options(constant);
  // Makes what a parameter must have before its first step.
  R::begin(parameter, gradient, state, constant);
  // Steps one parameter, one operation at a time.
  R::step_alone(parameter, gradient, state, constant);
  // Options that have `fused` are those of a FusedRule.
  requires FusedRule<R> || !requires {
    options.fused;
  };
};

/// Steps parameters by a rule.
///
/// Unless the options say otherwise, parameters on CUDA are stepped by the rule's fused kernel where it fits, and
/// others one operation at a time: on the CPU with the results of Python's default to the last bit. An optimizer is
/// neither copied nor moved, for schedulers point to it.
template <class Rule>
class RuleOptimizer {
  static_assert(
      OptimizerRule<Rule>,
      "RuleOptimizer: Rule must be an OptimizerRule: Options, name, state_names, uses, visit_options, "
      "python_entries, check_options, begin, step_alone, and may_fuse and step_fused where Options has fused; see "
      "hearth/optim/rule_optimizer.hpp");

 public:
  using RuleType = Rule;  ///< the arithmetic
  using Options = typename Rule::Options;
  using Group = ParamGroup<Options>;  ///< parameters with the same options

  /// One group of parameters. Throws Error when an option is out of range or the parameters are not fit for an
  /// optimizer (see `check_parameters`).
  explicit RuleOptimizer(std::vector<at::Tensor> params, Options options = {})
      : RuleOptimizer(std::vector<Group>{{.params = std::move(params), .options = options}}) {}

  /// Several groups, each with its own options: `SGD{{{.params = body, .options = {.lr = 1e-3}}, {.params = head}}}`.
  explicit RuleOptimizer(std::vector<Group> groups) : groups_(std::move(groups)) {
    for (const Group& group : groups_) {
      Rule::check_options(group.options);
    }
    check_parameters(Rule::name, param_lists(groups_));
  }

  RuleOptimizer(const RuleOptimizer&) = delete;
  RuleOptimizer& operator=(const RuleOptimizer&) = delete;

  /// Changes every parameter that has a gradient. Throws Error when a parameter changed its shape since its first step.
  void step() {
    const at::NoGradGuard no_grad;
    for (const Group& group : groups_) {
      step(group, {});
    }
  }

  /// The same with the learning rate of each group in a tensor of one 32-bit float, rather than as a number: what a
  /// device can be recorded doing and made to repeat. Only where `recording_key` gives a key.
  void step_with_rates(std::span<const at::Tensor> rates) requires RecordableRule<Rule> {
    const at::NoGradGuard no_grad;
    core::require(rates.size() == groups_.size(), "{}: there are {} learning rates for {} groups", Rule::name,
                  rates.size(), groups_.size());
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      step(groups_[i], rates[i]);
    }
  }

  /// Whether the next step, with the gradients that there are, is the work of fused kernels alone, on state that
  /// earlier steps have made: then a key that stays the same as long as a recording of it is good for repeating. It
  /// tells apart the options but the learning rate, and where parameters and state lie; gradients are the caller's.
  std::optional<std::uint64_t> recording_key() const requires RecordableRule<Rule> {
    RecordingKey key;
    for (const Group& group : groups_) {
      const std::vector<bool> used = used_kinds(group.options);
      Rule::visit_options(group.options, key);
      for (const at::Tensor& parameter : group.params) {
        const at::Tensor& gradient = parameter.grad();
        if (gradient.defined() && !add_to_key(key, group.options, used, parameter, gradient)) {
          return std::nullopt;
        }
      }
    }
    return key.value();
  }

  /// Drops the gradients, or fills them with zeros where `set_to_none` is false.
  void zero_grad(bool set_to_none = true) {
    for (const Group& group : groups_) {
      zero_gradients(group.params, set_to_none);
    }
  }

  /// The groups, whose options may be changed between two steps, as Python's param_groups.
  std::vector<Group>& param_groups() noexcept { return groups_; }
  const std::vector<Group>& param_groups() const noexcept { return groups_; }

  /// The state in the layout of torch.optim's state_dict, which Python's load_state_dict takes. The tensors are shared
  /// with the optimizer, as Python's are: its next step changes them.
  Value state_dict() const {
    std::vector<SavedGroup> saved;
    for (const Group& group : groups_) {
      OptionWriter options;
      Rule::visit_options(group.options, options);
      saved.push_back(
          saved_group(group.params, std::move(options), Rule::python_entries(), group.kept, group.initial_lr));
    }
    return optimizer_state(Rule::state_names, std::move(saved), states_);
  }

  /// Takes the options and copies the tensors of a state that `state_dict` or Python's optimizer of this name gave, for
  /// the same parameters in the same groups. Options come from the state, as in Python; make schedulers before. When it
  /// throws, the optimizer is as it was. Throws Error when the numbers of groups or parameters, or the tensors' shapes
  /// or names differ, or an option is missing or out of range.
  void load_state_dict(const Value& state) {
    const at::NoGradGuard no_grad;
    try {
      check_group_count(state, groups_.size());
      std::vector<Group> groups;
      std::vector<std::vector<bool>> used;
      for (const Group& group : groups_) {
        groups.push_back(read_group(state, groups.size(), group));
        used.push_back(used_kinds(groups.back().options));
      }
      states_ = read_param_states(state, Rule::state_names, param_lists(groups_), used);
      std::move(groups.begin(), groups.end(), groups_.begin());
    } catch (const Error& error) {
      core::fail("{}: cannot load this state: {}", Rule::name, error.what());
    }
  }

 private:
  static std::vector<bool> used_kinds(const Options& options) {
    std::vector<bool> used;
    for (std::size_t kind = 0; kind < Rule::state_names.size(); ++kind) {
      used.push_back(Rule::uses(kind, options));
    }
    return used;
  }

  /// A group's options from a state, checked; its parameters are those of `group`.
  static Group read_group(const Value& state, std::size_t index, const Group& group) {
    Group read{.params = group.params};
    OptionReader reader(state, index);
    Rule::visit_options(read.options, reader);
    Options checked = read.options;
    checked.lr = std::abs(checked.lr);  // a schedule that ends at 0 may end a rounding below it
    Rule::check_options(checked);
    read.initial_lr = reader.initial_lr();
    read.kept = reader.others();
    return read;
  }

  /// Adds what a recorded step of the parameter would read and write. False where the step cannot be recorded.
  bool add_to_key(RecordingKey& key, const Options& options, const std::vector<bool>& used, const at::Tensor& parameter,
                  const at::Tensor& gradient) const requires RecordableRule<Rule> {
    const auto found = states_.find(parameter.unsafeGetTensorImpl());
    const bool keeps = std::find(used.begin(), used.end(), true) != used.end();
    if (!options.fused.value_or(parameter.is_cuda()) || !Rule::may_fuse(options) || (keeps && found == states_.end())) {
      return false;
    }
    ParamState none(used.size());
    const ParamState& state = found == states_.end() ? none : found->second;
    if (!fits_fused_kernel(Rule::state_names, used, parameter, gradient, state)) {
      return false;
    }
    key.add(parameter);
    for (std::size_t kind = 0; kind < used.size(); ++kind) {
      if (used[kind]) {
        if (!state[kind].defined() || state[kind].device() != parameter.device()) {
          return false;
        }
        key.add(state[kind]);
      }
    }
    return true;
  }

  void step(const Group& group, const at::Tensor& rate) {
    const std::vector<bool> used = used_kinds(group.options);
    std::vector<FusedCall> calls;
    for (const at::Tensor& parameter : group.params) {
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) {
        continue;
      }
      ParamState& state = states_[parameter.unsafeGetTensorImpl()];
      state.resize(Rule::state_names.size());
      Rule::begin(parameter, gradient, state, group.options);
      move_state(Rule::name, Rule::state_names, parameter, state);
      if constexpr (FusedRule<Rule>) {
        if (group.options.fused.value_or(parameter.is_cuda()) && Rule::may_fuse(group.options) &&
            fits_fused_kernel(Rule::state_names, used, parameter, gradient, state)) {
          add_to_calls(calls, Rule::state_names, used, parameter, gradient, state);
          continue;
        }
      }
      move_step_counts(Rule::state_names, state, at::kCPU);
      Rule::step_alone(parameter, gradient, state, group.options);
    }
    if constexpr (FusedRule<Rule>) {
      for (FusedCall& call : calls) {
        call.rate = rate;
        Rule::step_fused(call, group.options);
      }
    }
  }

  std::vector<Group> groups_;
  ParamStates states_;
};

}  // namespace hearth::optim
