/// What an optimizer is to the rest of the library: parameters in groups, each group with a learning rate.
#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>

namespace hearth::optim {

namespace detail {

/// The form of hearth's own parameter groups.
template <class G>
concept PlainGroup = requires(G& group) {
  { group.options.lr } -> std::same_as<double&>;
  { group.params } -> std::ranges::range;
};

/// The form of torch::optim's parameter groups.
template <class G>
concept TorchGroup = requires(G& group, const G& constant, double rate) {
  { constant.options().get_lr() } -> std::same_as<double>;
  group.options().set_lr(rate);
  { constant.params() } -> std::ranges::range;
};

}  // namespace detail

/// The learning rate of a parameter group.
template <detail::PlainGroup Group>
double learning_rate(const Group& group) {
  return group.options.lr;
}

template <detail::TorchGroup Group>
double learning_rate(const Group& group) {
  return group.options().get_lr();
}

/// Sets the learning rate of a parameter group.
template <detail::PlainGroup Group>
void set_learning_rate(Group& group, double rate) {
  group.options.lr = rate;
}

template <detail::TorchGroup Group>
void set_learning_rate(Group& group, double rate) {
  group.options().set_lr(rate);
}

/// The parameters of a group.
template <detail::PlainGroup Group>
const auto& parameters(const Group& group) {
  return group.params;
}

template <detail::TorchGroup Group>
const auto& parameters(const Group& group) {
  return group.params();
}

/// Parameters that share a learning rate. The groups of hearth's and LibTorch's optimizers satisfy it; a type of one's
/// own does with overloads of `learning_rate`, `set_learning_rate` and `parameters` in its own namespace.
template <class G>
concept ParamGroupLike = requires(G& group, const G& constant, double rate) {
  { learning_rate(constant) } -> std::convertible_to<double>;
  set_learning_rate(group, rate);
  { parameters(constant) } -> std::ranges::range;
};

/// The same of any ParamGroupLike, wherever its overloads stand: what code that takes every optimizer calls.
template <ParamGroupLike Group>
double rate_of(const Group& group) {
  return learning_rate(group);
}
/// Sets it.
template <ParamGroupLike Group>
void set_rate_of(Group& group, double rate) {
  set_learning_rate(group, rate);
}
/// The parameters of any ParamGroupLike.
template <ParamGroupLike Group>
decltype(auto) parameters_of(const Group& group) {
  return parameters(group);
}

/// `step()` changes the parameters by their gradients, `zero_grad()` drops the gradients, `param_groups()` gives the
/// groups. The optimizers of hearth::optim satisfy it, and so does every torch::optim::Optimizer that steps without a
/// closure.
template <class O>
concept OptimizerLike = requires(O& optimizer) {
  optimizer.step();
  optimizer.zero_grad();
  { optimizer.param_groups() } -> std::ranges::forward_range;
  requires ParamGroupLike<std::ranges::range_value_t<decltype(optimizer.param_groups())>>;
};

/// How many parameter groups the optimizer has.
template <OptimizerLike Optimizer>
std::size_t group_count(Optimizer& optimizer) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& group : optimizer.param_groups()) {
    ++count;
  }
  return count;
}

/// The group's learning rate before its first scheduler, which it remembers from now on where it can (`initial_lr`);
/// its rate of now where it cannot.
template <ParamGroupLike Group>
double remember_initial_rate(Group& group) {
  if constexpr (requires { group.initial_lr = group.initial_lr.value_or(0.0); }) {
    group.initial_lr = group.initial_lr.value_or(learning_rate(group));
    return *group.initial_lr;
  } else {
    return learning_rate(group);
  }
}

}  // namespace hearth::optim
