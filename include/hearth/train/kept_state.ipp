#pragma once

#include <hearth/train/kept_state.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_copy.h>

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

#include <hearth/train/drop_gradients.hpp>

namespace hearth::train {

HEARTH_INLINE Value deep_copy(const Value& value) {
  return value.visit([&](const auto& held) -> Value {
    using Held = std::remove_cvref_t<decltype(held)>;
    if constexpr (std::is_same_v<Held, at::Tensor>) {
      return held.defined() ? held.detach().clone() : held;
    } else if constexpr (std::is_same_v<Held, Value::List> || std::is_same_v<Held, Value::Tuple>) {
      Held copy;
      for (const Value& item : held) {
        copy.push_back(deep_copy(item));
      }
      return copy;
    } else if constexpr (std::is_same_v<Held, Value::Dict>) {
      Value::Dict copy = held;
      for (const auto& [key, item] : held) {
        copy.set(key, deep_copy(item));
      }
      return copy;
    } else {
      return value;
    }
  });
}

HEARTH_INLINE KeptState::KeptState(torch::nn::Module& model, at::Device device, OptimizerPart* optimizer)
    : device_(device), optimizer_(optimizer), parameters_(model.parameters()), buffers_(model.buffers()) {
  if (optimizer != nullptr) {
    for (const at::Tensor& parameter : parameters_) {
      weights_.push_back(parameter.detach().clone());
    }
    optimizer_state_ = deep_copy(optimizer->state());
  }
  forward_.keep(buffers_, device);
  if (!model.is_training()) {
    modes_.emplace(model);
    model.train();
  }
  for (const at::Tensor& parameter : parameters_) {
    gradients_.push_back(parameter.grad());
  }
  drop_gradients(parameters_);
}

HEARTH_INLINE KeptState::~KeptState() {
  try {
    put_back();
  } catch (const std::exception&) {  // on the way of another, or of a device that is lost
  }
}

HEARTH_INLINE void KeptState::put_back() {
  if (std::exchange(is_put_back_, true)) {
    return;
  }
  modes_.reset();
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    parameters_[i].mutable_grad() = gradients_[i];
  }
  forward_.put_back(buffers_, device_);
  if (optimizer_ != nullptr) {
    if (!weights_.empty()) {
      at::_foreach_copy_(parameters_, weights_);
    }
    optimizer_->load_state(optimizer_state_);
  }
}

}  // namespace hearth::train
