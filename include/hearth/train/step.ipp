#pragma once

#include <hearth/train/step.hpp>

#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_mul.h>

#include <mutex>

#include <hearth/optim/clip_gradients.hpp>
#include <hearth/train/step_graph.hpp>

namespace hearth::train {

HEARTH_INLINE at::Tensor generator_state(at::Device device) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

HEARTH_INLINE void set_generator_state(at::Device device, const at::Tensor& state) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

HEARTH_INLINE void ForwardState::keep(const std::vector<at::Tensor>& model_buffers, at::Device device) {
  const at::NoGradGuard no_grad;
  if (buffers.size() != model_buffers.size()) {
    buffers.clear();
    for (const at::Tensor& buffer : model_buffers) {
      buffers.push_back(buffer.detach().clone());
    }
  } else if (!buffers.empty()) {
    at::_foreach_copy_(buffers, model_buffers);
  }
  cpu_generator = generator_state(at::kCPU);
  if (!device.is_cpu()) {
    device_generator = generator_state(device);
  }
}

HEARTH_INLINE void ForwardState::put_back(const std::vector<at::Tensor>& model_buffers, at::Device device) const {
  const at::NoGradGuard no_grad;
  if (!buffers.empty()) {
    at::_foreach_copy_(model_buffers, buffers);
  }
  set_generator_state(at::kCPU, cpu_generator);
  if (device_generator.defined()) {
    set_generator_state(device, device_generator);
  }
}

HEARTH_INLINE Step::Step(torch::nn::Module& model, OptimizerPart& optimizer, SchedulerPart& scheduler,
                         const TrainerOptions& options, double usual_weight, StepGraph* graph)
    : optimizer_(optimizer),
      scheduler_(scheduler),
      options_(options),
      parameters_(optimizer.parameters()),
      buffers_(model.buffers()),
      graph_(graph),
      processes_(usual_weight == 0 ? 1 : options.world.size()),
      usual_weight_(usual_weight) {
  if (options.precision == Precision::fp16) {
    scaler_.emplace(options.scaler);
  }
  if (options.average) {
    average_.emplace(model, *options.average);
  }
}

HEARTH_INLINE std::optional<at::ScalarType> Step::autocast_type() const noexcept {
  return train::autocast_type(options_.precision);
}

HEARTH_INLINE void Step::open() {
  if (!is_open()) {
    kept_.keep(buffers_, options_.device);
    optimizer_.zero_grad();
    weight_ = 0;
    unit_weight_ = usual_weight_;
  }
  ++batches_;
}

HEARTH_INLINE void Step::backward(const at::Tensor& loss, double weight) {
  if (weight == 0) {
    return;
  }
  count(weight);
  // With one batch a step, this is loss.backward(). With several, each counts as much as its samples against those of
  // the first, or of a usual batch of each process; `apply` divides by the sum.
  const at::Tensor share = weight == unit_weight_ ? loss : loss * (weight / unit_weight_);
  if (scaler_) {
    const at::Tensor one_or_nan = loss.detach() * 0 + 1;  // so nothing waits for the device
    scaler_->scale(share * one_or_nan).backward();
  } else {
    share.backward();
  }
}

HEARTH_INLINE void Step::count(double weight) noexcept {
  if (unit_weight_ == 0) {
    unit_weight_ = weight;
  }
  weight_ += weight;
}

HEARTH_INLINE void Step::backward_nothing(const at::Tensor& outputs) {
  const at::Tensor nothing = (outputs * 0).sum();
  (scaler_ ? scaler_->scale(nothing) : nothing).backward();
}

/// The gradients' norm of before; undefined unless they are clipped by norm.
HEARTH_INLINE at::Tensor Step::clip() {
  at::Tensor norm;
  if (options_.clip_norm) {
    norm = optim::clip_grad_norm(parameters_, *options_.clip_norm);
  }
  if (options_.clip_value) {
    optim::clip_grad_value(parameters_, *options_.clip_value);
  }
  return norm;
}

HEARTH_INLINE Step::Applied Step::apply(double total_weight) {
  Applied done;
  batches_ = 0;
  if (total_weight == 0) {
    return done;
  }
  if (scaler_) {
    scaler_->unscale(parameters_);
    done.skipped = scaler_->found_inf();
  }
  if (!done.skipped) {
    const at::NoGradGuard no_grad;
    const double units = total_weight / processes_;  // of each process, in the mean
    if (units != unit_weight_) {
      std::vector<at::Tensor> gradients;
      for (const at::Tensor& parameter : parameters_) {
        if (parameter.grad().defined()) {
          gradients.push_back(parameter.grad());
        }
      }
      at::_foreach_mul_(gradients, unit_weight_ / units);
    }
    if (graph_ != nullptr) {
      done.gradient_norm = graph_->update([this] { return clip(); });
    } else {
      done.gradient_norm = clip();
      optimizer_.step();
    }
    done.stepped = true;
    if (average_) {
      average_->update();
    }
  }
  if (scaler_) {
    scaler_->update();
  }
  if (scheduler_.is_per_batch()) {
    scheduler_.step(0);
  }
  return done;
}

HEARTH_INLINE void Step::roll_back() {
  if (is_open()) {
    kept_.put_back(buffers_, options_.device);
    optimizer_.zero_grad();
    batches_ = 0;
  }
}

HEARTH_INLINE void Step::put_back_buffers() {
  const at::NoGradGuard no_grad;
  if (!buffers_.empty()) {
    at::_foreach_copy_(buffers_, kept_.buffers);
  }
}

HEARTH_INLINE ForwardState Step::state_between_steps() const {
  if (is_open()) {
    return kept_;
  }
  ForwardState now;
  now.keep(buffers_, options_.device);
  return now;
}

HEARTH_INLINE at::Tensor Step::between_steps(const at::Tensor& tensor) const {
  if (is_open()) {
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
      if (buffers_[i].is_same(tensor) || (tensor.defined() && buffers_[i].is_alias_of(tensor))) {
        return kept_.buffers[i];
      }
    }
  }
  return tensor;
}

}  // namespace hearth::train
