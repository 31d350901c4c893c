/// Stochastic gradient descent, with momentum.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/empty_like.h>

#include <cmath>
#include <unordered_map>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/optim/param_group.hpp>

namespace hearth::optim {

/// The options of torch.optim.SGD.
struct SGDOptions {
  double lr = 1e-3;         ///< learning rate
  double momentum = 0;      ///< share of the momentum buffer that stays at each step
  double dampening = 0;     ///< share of the gradient that is kept out of the momentum buffer
  double weight_decay = 0;  ///< this times the parameter is added to its gradient (L2 penalty)
  bool nesterov = false;    ///< Nesterov momentum; needs a momentum and no dampening
  bool maximize = false;    ///< climbs instead of descending
};

/// torch.optim.SGD: with gradient g of parameter p, `g += weight_decay · p`, `b = momentum · b + (1 - dampening) · g`
/// (at a parameter's first step `b = g`), `p -= lr · b` (Nesterov: `p -= lr · (g + momentum · b)`). A parameter without
/// a gradient is left alone.
///
/// Parameters on the CPU or on CUDA are stepped by LibTorch's fused kernel, others one operation at a time; both do
/// Python's arithmetic up to rounding. An optimizer is neither copied nor moved, for schedulers point to it.
class SGD {
 public:
  using Group = ParamGroup<SGDOptions>;

  /// One group of parameters. Throws Error when an option is out of range or the parameters are not fit for an
  /// optimizer (see `check_parameters`).
  explicit SGD(std::vector<at::Tensor> params, SGDOptions options = {})
      : SGD(std::vector<Group>{{.params = std::move(params), .options = options}}) {}

  /// Several groups, each with its own options: `SGD{{{.params = body, .options = {.lr = 1e-3}}, {.params = head}}}`.
  explicit SGD(std::vector<Group> groups) : groups_(std::move(groups)) {
    for (const Group& group : groups_) {
      check_options(group.options);
    }
    check_parameters("SGD", groups_);
  }

  SGD(const SGD&) = delete;
  SGD& operator=(const SGD&) = delete;

  /// Changes every parameter that has a gradient. Throws Error when a parameter changed its shape since it got its
  /// momentum.
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

  /// The momentum of a parameter, of its shape; an undefined tensor before its first step with momentum.
  at::Tensor momentum_buffer(const at::Tensor& parameter) const {
    const auto found = momentum_.find(parameter.unsafeGetTensorImpl());
    return found == momentum_.end() ? at::Tensor() : found->second;
  }

  /// Sets the momentum of a parameter, as when a run is resumed. Throws Error when its shape is not the parameter's.
  void set_momentum_buffer(const at::Tensor& parameter, at::Tensor momentum) {
    check_shape(parameter, momentum);
    momentum_[parameter.unsafeGetTensorImpl()] = std::move(momentum);
  }

 private:
  /// Tensors that one call of the fused kernel takes together.
  struct FusedCall {
    at::Device device;
    at::ScalarType type;
    bool first_step;  // the momentum buffers are made by this step
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> gradients;
    std::vector<at::Tensor> momentum;
  };

  static void check_options(const SGDOptions& options) {
    const auto at_least_zero = [](const char* what, double value) {
      require(std::isfinite(value) && value >= 0, "SGD: {} must be at least 0, but got {}", what, value);
    };
    at_least_zero("lr (the learning rate)", options.lr);
    at_least_zero("momentum", options.momentum);
    at_least_zero("weight_decay", options.weight_decay);
    require(std::isfinite(options.dampening), "SGD: dampening must be a number, but got {}", options.dampening);
    require(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
            "SGD: nesterov needs a momentum above 0 and no dampening, but got momentum {} and dampening {}",
            options.momentum, options.dampening);
  }

  static void check_shape(const at::Tensor& parameter, const at::Tensor& momentum) {
    require(parameter.sizes() == momentum.sizes(),
            "SGD: a parameter of {} numbers has a momentum of {}; was its shape changed after the optimizer was made? "
            "Replace a model's head first, then make the optimizer",
            parameter.numel(), momentum.numel());
  }

  void step(const Group& group) {
    const SGDOptions& options = group.options;
    std::vector<FusedCall> calls;
    for (const at::Tensor& parameter : group.params) {
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) {
        continue;
      }
      at::Tensor* momentum = nullptr;
      if (options.momentum != 0) {
        momentum = &momentum_[parameter.unsafeGetTensorImpl()];
        if (momentum->defined()) {
          check_shape(parameter, *momentum);
          *momentum = momentum->to(parameter.device());  // the model may have moved
        }
      }
      if (fuses(parameter, gradient, momentum, options)) {
        enlist(calls, parameter, gradient, momentum);
      } else {
        step_alone(parameter, gradient, momentum, options);
      }
    }
    for (const FusedCall& call : calls) {
      at::_fused_sgd_(call.parameters, call.gradients, call.momentum, options.weight_decay, options.momentum,
                      options.lr, options.dampening, options.nesterov, /*maximize=*/false, call.first_step);
    }
  }

  /// The fused kernel walks through memory, so all of it must lie in the same order. CUDA's does not decay weights
  /// while it maximizes as Python does, the CPU's rounds half precision otherwise: those go alone.
  static bool fuses(const at::Tensor& parameter, const at::Tensor& gradient, const at::Tensor* momentum,
                    const SGDOptions& options) {
    const auto alike = [&](const at::Tensor& other) {
      return other.layout() == at::kStrided && other.device() == parameter.device() &&
             other.scalar_type() == parameter.scalar_type() && other.sizes() == parameter.sizes() &&
             other.strides() == parameter.strides();
    };
    const at::ScalarType type = parameter.scalar_type();
    const bool kernel = (parameter.is_cpu() && (type == at::kFloat || type == at::kDouble)) ||
                        (parameter.is_cuda() && at::isFloatingType(type));
    return kernel && !options.maximize && parameter.layout() == at::kStrided &&
           parameter.is_non_overlapping_and_dense() && alike(gradient) &&
           (momentum == nullptr || !momentum->defined() || alike(*momentum));
  }

  static void enlist(std::vector<FusedCall>& calls, const at::Tensor& parameter, const at::Tensor& gradient,
                     at::Tensor* momentum) {
    const bool first_step = momentum != nullptr && !momentum->defined();
    auto call = calls.begin();
    while (call != calls.end() && !(call->device == parameter.device() && call->type == parameter.scalar_type() &&
                                    call->first_step == first_step)) {
      ++call;
    }
    if (call == calls.end()) {
      call = calls.insert(call, {parameter.device(), parameter.scalar_type(), first_step, {}, {}, {}});
    }
    call->parameters.push_back(parameter);
    call->gradients.push_back(gradient);
    if (momentum != nullptr) {
      if (first_step) {
        *momentum = at::empty_like(gradient);
      }
      call->momentum.push_back(*momentum);
    }
  }

  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, at::Tensor* momentum,
                         const SGDOptions& options) {
    at::Tensor direction = options.maximize ? gradient.neg() : gradient;
    if (options.weight_decay != 0) {
      direction = direction.add(parameter, options.weight_decay);
    }
    if (momentum != nullptr) {
      if (momentum->defined()) {
        momentum->mul_(options.momentum).add_(direction, 1 - options.dampening);
      } else {
        *momentum = direction.clone();
      }
      direction = options.nesterov ? direction.add(*momentum, options.momentum) : *momentum;
    }
    parameter.add_(direction, -options.lr);
  }

  std::vector<Group> groups_;
  std::unordered_map<const c10::TensorImpl*, at::Tensor> momentum_;
};

}  // namespace hearth::optim
