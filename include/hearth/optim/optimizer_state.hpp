/// What an optimizer has learnt and how it is set, in the layout of torch.optim's state_dict.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/key.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/param_group.hpp>

namespace hearth::optim {

/// Takes a group's options, one call each under Python's name, into a dict.
class OptionWriter {
 public:
  /// Takes the option with this name.
  void operator()(std::string_view name, double option) { entry_.set(name, option); }
  void operator()(std::string_view name, bool option) { entry_.set(name, option); }
  void operator()(std::string_view name, const std::optional<bool>& option);
  void operator()(std::string_view name, const std::pair<double, double>& option);

  /// The dict.
  Value::Dict entry() && { return std::move(entry_); }

 private:
  Value::Dict entry_;
};

/// Gives a group's options, one call each under Python's name, the values that a state has for them. Python may have a
/// number as an integer or as a tensor of one number, and a flag as 0 or 1; older files lack some flags, which are then
/// false. Throws Error naming what is missing or of another type.
class OptionReader {
 public:
  /// The options of this group of the state, which must outlive the reader.
  OptionReader(const Value& state, std::size_t group) : state_(state), group_(group) {}

  /// Gives the option the state's value of this name. Throws Error where there is none or it does not fit.
  void operator()(std::string_view name, double& option);
  void operator()(std::string_view name, bool& option);
  void operator()(std::string_view name, std::optional<bool>& option);
  void operator()(std::string_view name, std::pair<double, double>& option);

  /// The rate that a scheduler began with; none where the state knows of no scheduler.
  std::optional<double> initial_lr() const;

  /// What the group has beside the options that were read, its initial rate and its parameters.
  Value::Dict others() const;

 private:
  const Value& entry() const;

  const Value& state_;
  std::size_t group_;
  std::set<core::Key> known_{"params", "initial_lr"};
};

/// One group of a state: its parameters and the dict of all that stands beside them.
struct SavedGroup {
  std::vector<at::Tensor> params;  ///< the parameters
  Value::Dict entry;               ///< what stands beside them
};

/// `{'state': {0: {…}, …}, 'param_groups': [{…, 'params': [0, …]}, …]}`: the groups, and the tensors of each parameter
/// that has some, which are not copied.
Value optimizer_state(StateNames names, std::vector<SavedGroup> groups, const ParamStates& states);

/// The group as it is saved: its options, `python_entries`, what was kept from a file and the initial rate.
SavedGroup saved_group(std::vector<at::Tensor> params, OptionWriter options, const Value::Dict& python_entries,
                       const Value::Dict& kept, const std::optional<double>& initial_lr);

/// Copies of the tensors in a state that `optimizer_state` or Python's Optimizer.state_dict gave, for the parameters of
/// these groups: each of its parameter's type, on its device, in its order; counts of steps as 32-bit float on the CPU.
/// `used[group]` says which of the names the group's options call for. Throws Error when groups, their parameters'
/// numbers, shapes or names differ.
ParamStates read_param_states(const Value& state, StateNames names, const ParamLists& groups,
                              const std::vector<std::vector<bool>>& used);

/// Throws Error unless the state has as many groups as the optimizer.
void check_group_count(const Value& state, std::size_t groups);

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/optimizer_state.ipp>
#endif
