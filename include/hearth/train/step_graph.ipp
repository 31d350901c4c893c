#pragma once

#include <hearth/train/step_graph.hpp>

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/optim/recording_key.hpp>
#include <hearth/train/drop_gradients.hpp>

namespace hearth::train {

HEARTH_INLINE StepGraph::StepGraph(const torch::nn::Module& model, OptimizerPart& optimizer,
                                   std::unique_ptr<Recorder> recorder)
    : optimizer_(optimizer),
      recorder_(std::move(recorder)),
      parameters_(model.parameters()),
      buffers_(model.buffers()),
      modules_{&model} {
  for (const auto& module : model.modules(/*include_self=*/false)) {
    modules_.push_back(module.get());
  }
  for (const at::Tensor& parameter : parameters_) {
    core::require(torch::autograd::impl::hooks(parameter).empty() &&
                      torch::autograd::impl::post_acc_grad_hooks(parameter) == nullptr,
                  "TrainerOptions::cuda_graph: a parameter of the model has a hook (register_hook), which a recorded "
                  "step would not call: leave cuda_graph off");
  }
}

HEARTH_INLINE std::uint64_t StepGraph::circumstances() const {
  optim::RecordingKey key;
  for (const std::vector<at::Tensor>* const tensors : {&parameters_, &buffers_}) {
    for (const at::Tensor& tensor : *tensors) {
      key.add(tensor);
      key.add(std::uint64_t{tensor.requires_grad()});
    }
  }
  for (const torch::nn::Module* const module : modules_) {
    key.add(std::uint64_t{module->is_training()});
  }
  return key.value();
}

HEARTH_INLINE void StepGraph::drop() {
  pass_.reset();
  update_.reset();
  shape_.reset();
  inputs_ = targets_ = norm_ = at::Tensor();
  computed_ = {};
  gradients_.clear();
  last_key_.reset();
  seen_.clear();
  other_.reset();
}

HEARTH_INLINE StepGraph::Shape StepGraph::shape_of(const BatchContext& context) {
  return {context.inputs.sizes().vec(), context.targets.sizes().vec(), context.inputs.scalar_type(),
          context.targets.scalar_type(), context.are_mixed};
}

HEARTH_INLINE bool StepGraph::takes(const BatchContext& context) {
  is_replayed_ = false;
  if (const std::uint64_t now = circumstances(); now != circumstances_) {
    drop();
    circumstances_ = now;
  }
  Shape shape = shape_of(context);
  if (shape_) {
    if (shape == *shape_) {
      other_.reset();
      return true;
    }
    if (!other_ || !(other_->shape == shape)) {
      other_ = Seen{std::move(shape), 0};
    }
    if (++other_->times > patience_) {  // batches have another shape from now on
      drop();
      patience_ *= 2;
    }
    return false;
  }
  const auto found = std::find_if(seen_.begin(), seen_.end(), [&](const Seen& seen) { return seen.shape == shape; });
  if (found != seen_.end()) {
    return found->times++ == rehearsals;
  }
  constexpr std::size_t most_seen = 16;
  if (seen_.size() < most_seen) {
    seen_.push_back({std::move(shape), 1});
  }
  return false;
}

HEARTH_INLINE void StepGraph::rehearse(core::FunctionRef<void()> work) {
  recorder_->rehearse(work);
}

/// What is recorded. The gradients are new tensors in the recording's memory, so that a repetition writes them, rather
/// than adding to them.
HEARTH_INLINE void StepGraph::compute() {
  drop_gradients(parameters_);
  const BatchContext here{context_->component, context_->model,    context_->batch, inputs_, targets_,
                          context_->epoch,     context_->are_mixed};
  computed_ = work_->compute(here, /*checks=*/false);
  check_loss(computed_.loss);
  computed_.loss.backward();
  computed_ = {computed_.outputs.detach(), computed_.loss.detach(), 0};
  gradients_.clear();
  for (const at::Tensor& parameter : parameters_) {
    gradients_.push_back(parameter.grad());
  }
}

HEARTH_INLINE void StepGraph::record(const BatchContext& context) {
  inputs_ = context.inputs.detach().clone();
  targets_ = context.targets.detach().clone();
  at::autocast::clear_cache();  // of an autocast around fit(): the recording has converted weights of its own
  pass_ = recorder_->record([this] { compute(); });
  at::autocast::clear_cache();
  shape_ = shape_of(context);
}

HEARTH_INLINE std::optional<Forward> StepGraph::replay(const BatchContext& context, const BatchWork& work) {
  context_ = &context;
  work_ = &work;
  if (pass_ == nullptr) {
    try {
      record(context);
    } catch (...) {
      drop();
      throw;
    }
  }
  work.check(computed_.outputs, context);  // not while it is recorded: targets that lie on the device are waited for
  const double weight = work.weight(context);
  if (weight == 0) {
    drop_gradients(parameters_);
    return std::nullopt;
  }
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    parameters_[i].mutable_grad() = gradients_[i];
  }
  inputs_.copy_(context.inputs, /*non_blocking=*/true);
  targets_.copy_(context.targets, /*non_blocking=*/true);
  pass_->replay();
  is_replayed_ = true;
  // Copies: metrics keep what they are given, and the next batch overwrites these.
  return Forward{computed_.outputs.clone(), computed_.loss.clone(), weight};
}

HEARTH_INLINE void StepGraph::set_rates() {
  std::vector<double> rates = optimizer_.learning_rates();
  if (rates == rates_) {
    return;
  }
  const bool is_cuda = parameters_.front().is_cuda();
  const auto count = static_cast<std::int64_t>(rates.size());
  at::Tensor numbers = at::empty({count}, at::TensorOptions(at::kFloat).pinned_memory(is_cuda));
  std::transform(rates.begin(), rates.end(), numbers.mutable_data_ptr<float>(),
                 [](double rate) { return static_cast<float>(rate); });
  if (!rate_memory_.defined()) {
    rate_memory_ = at::empty({count}, parameters_.front().options().dtype(at::kFloat).requires_grad(false));
    for (std::int64_t group = 0; group < count; ++group) {
      rate_of_.push_back(rate_memory_.select(0, group));
    }
  }
  rate_memory_.copy_(numbers, /*non_blocking=*/true);
  rates_ = std::move(rates);
}

HEARTH_INLINE at::Tensor StepGraph::update(const std::function<at::Tensor()>& clip) {
  const auto step = [&] {
    const at::Tensor norm = clip();
    optimizer_.step();
    return norm;
  };
  if (!is_replayed_) {
    return step();
  }
  is_replayed_ = false;
  const std::optional<std::uint64_t> key = optimizer_.recording_key();
  const bool is_settled = key && key == last_key_;
  last_key_ = key;
  if (!is_settled) {
    return step();
  }
  set_rates();
  if (update_ == nullptr || update_key_ != *key) {
    update_ = recorder_->record([this, clip] {
      norm_ = clip();
      optimizer_.step_with_rates(rate_of_);
    });
    update_key_ = *key;
  }
  update_->replay();
  return norm_.defined() ? norm_.clone() : norm_;
}

}  // namespace hearth::train
