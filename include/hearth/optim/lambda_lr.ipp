#pragma once

#include <hearth/optim/lambda_lr.hpp>

#include <algorithm>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void LambdaLRRule::check_options(const Options& options) {
  for (const auto& function : options.lr_lambda) {
    core::require(static_cast<bool>(function), "LambdaLR: a function of lr_lambda is empty");
  }
}

HEARTH_INLINE double LambdaLRRule::next_rate(const Options& options, int epoch, double, double initial,
                                             std::size_t group) {
  return initial * options.lr_lambda[group](epoch);
}

HEARTH_INLINE LambdaLROptions one_for_each(LambdaLROptions options, std::size_t groups) {
  core::require(options.lr_lambda.size() == 1 || options.lr_lambda.size() == groups,
                "LambdaLR: lr_lambda must hold one function, or one for each of the {} parameter groups, but holds {}",
                groups, options.lr_lambda.size());
  if (options.lr_lambda.size() == 1) {
    options.lr_lambda.resize(groups, options.lr_lambda[0]);
  }
  return options;
}

HEARTH_INLINE Value lambda_state(Value state) {
  auto result = state.as<Value::Dict>();
  result.set("lr_lambdas", Value::List(state["base_lrs"].items().size()));
  return result;
}

HEARTH_INLINE void check_lambda_state(const Value& state, std::size_t groups) {
  const auto& lambdas = state.as<Value::List>("lr_lambdas");
  core::require(lambdas.size() == groups,
                "LambdaLR: cannot load this state: lr_lambdas has {} entries, but there are {} parameter groups",
                lambdas.size(), groups);
  for (const Value& lambda : lambdas) {
    core::require(
        lambda.is<Value::None>(),
        "LambdaLR: cannot load this state: lr_lambdas has {}, the state of a callable object of Python's, which a "
        "function here does not have",
        lambda.kind());
  }
}

}  // namespace hearth::optim
