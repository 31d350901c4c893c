/// The parameter groups of hearth's optimizers, and what every optimizer does with them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/value.hpp>

namespace hearth::optim {

/// Parameters that are stepped with the same options.
template <class Options>
struct ParamGroup {
  std::vector<at::Tensor> params;
  Options options = {};
  std::optional<double> initial_lr = {};  ///< the learning rate before the first scheduler; set by that scheduler
  Value::Dict kept = {};  ///< what else Python wrote into a loaded state (`foreach`, `param_names`): written again
};

/// Throws Error, in the name of `optimizer`, unless the option is a number of at least 0.
inline void check_at_least_zero(std::string_view optimizer, std::string_view option, double value) {
  core::require(std::isfinite(value) && value >= 0, "{}: {} must be at least 0, but got {}", optimizer, option, value);
}

/// Throws Error, in the name of `optimizer`, unless the groups hold at least one parameter, each of them a leaf tensor
/// and none twice.
template <class Options>
void check_parameters(std::string_view optimizer, const std::vector<ParamGroup<Options>>& groups) {
  std::unordered_set<const c10::TensorImpl*> seen;
  for (const ParamGroup<Options>& group : groups) {
    for (const at::Tensor& parameter : group.params) {
      core::require(parameter.defined(), "{}: a parameter is an undefined tensor", optimizer);
      core::require(
          parameter.is_leaf(),
          "{}: a parameter is the result of a computation (not a leaf tensor); give the tensors that the model owns",
          optimizer);
      core::require(seen.insert(parameter.unsafeGetTensorImpl()).second,
                    "{}: a parameter is given twice; each belongs to one group, once", optimizer);
    }
  }
  core::require(!seen.empty(), "{}: there are no parameters to optimize", optimizer);
}

/// Drops the gradients of all parameters, or fills them with zeros where `set_to_none` is false.
template <class Options>
void zero_gradients(const std::vector<ParamGroup<Options>>& groups, bool set_to_none) {
  for (const ParamGroup<Options>& group : groups) {
    for (const at::Tensor& parameter : group.params) {
      at::Tensor& gradient = parameter.mutable_grad();
      if (!gradient.defined()) {
        continue;
      }
      if (set_to_none) {
        gradient.reset();
      } else {
        gradient = gradient.detach().zero_();
      }
    }
  }
}

}  // namespace hearth::optim
