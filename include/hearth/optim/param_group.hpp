/// The parameter groups of hearth's optimizers, and what every optimizer does with them.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>

namespace hearth::optim {

/// Parameters that are stepped with the same options.
template <class Options>
struct ParamGroup {
  std::vector<at::Tensor> params;  ///< the parameters
  Options options = {};
  std::optional<double> initial_lr = {};  ///< the learning rate before the first scheduler; set by that scheduler
  Value::Dict kept = {};  ///< what else Python wrote into a loaded state (`foreach`, `param_names`): written again
};

/// The parameters of several groups, group by group.
using ParamLists = std::vector<std::span<const at::Tensor>>;

/// The parameters of each group.
template <class Options>
ParamLists param_lists(const std::vector<ParamGroup<Options>>& groups) {
  ParamLists lists;
  for (const ParamGroup<Options>& group : groups) {
    lists.emplace_back(group.params);
  }
  return lists;
}

/// Throws Error, in the name of `optimizer`, unless the option is a number of at least 0.
void check_at_least_zero(std::string_view optimizer, std::string_view option, double value);

/// Throws Error, in the name of `optimizer`, unless the groups hold at least one parameter, each of them a leaf tensor
/// and none twice.
void check_parameters(std::string_view optimizer, const ParamLists& groups);

/// Drops the gradients of the parameters, or fills them with zeros where `set_to_none` is false.
void zero_gradients(std::span<const at::Tensor> parameters, bool set_to_none);

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/param_group.ipp>
#endif
