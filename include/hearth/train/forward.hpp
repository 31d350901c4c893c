/// A batch through a model: the one place where Trainer and Evaluator compute outputs.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/share.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/models/model.hpp>
#include <hearth/train/autocast.hpp>
#include <hearth/train/batch_checks.hpp>
#include <hearth/train/evaluation_mode.hpp>
#include <hearth/train/placed.hpp>

namespace hearth::train {

/// The number of a dataset's classes, where it knows that.
template <class Dataset>
std::optional<std::size_t> class_count(const Dataset& dataset) {
  if constexpr (KnowsClassCount<Dataset>) {
    return static_cast<std::size_t>(dataset.num_classes());
  } else {
    return std::nullopt;
  }
}

/// A batch that went through the model.
struct Forward {
  at::Tensor outputs;
  at::Tensor loss;    ///< the mean over the batch
  double weight = 0;  ///< of the batch: what its mean was divided by
};

/// The model's outputs.
template <class Model>
at::Tensor outputs_of(const BatchContext& context, Model& model, std::optional<at::ScalarType> autocast_type) {
  const Autocast autocast(context.inputs.device().type(), autocast_type);
  return explained(context, "the model", [&] { return model->forward(context.inputs); });
}

/// Outputs, checked against the targets, and the loss; while a model with auxiliary heads trains, theirs are added to
/// it, each times its weight. `targets` are those on the device, perhaps mixed, while `context.batch` has its own on
/// the CPU.
template <class Model, class Task>
Forward forward_unweighed(const BatchContext& context, Model& model, const Task& task,
                          std::optional<std::size_t> classes, std::optional<at::ScalarType> autocast_type,
                          bool checks = true) {
  const Autocast autocast(context.inputs.device().type(), autocast_type);
  Forward done;
  std::vector<AuxiliaryLogits> auxiliary;
  done.outputs = explained(context, "the model", [&]() -> at::Tensor {
    if constexpr (HasAuxiliaryHeads<Model>) {
      if (model->is_training()) {
        LogitsWithAuxiliary given = model->forward_with_auxiliary(context.inputs);
        auxiliary = std::move(given.auxiliary);
        return given.logits;
      }
    }
    return model->forward(context.inputs);
  });
  if (checks) {
    task.check(done.outputs, context.batch.targets, classes);
  }
  done.loss = explained(context, "the loss", [&] {
    at::Tensor loss = task.loss(done.outputs, context.targets);
    for (const AuxiliaryLogits& head : auxiliary) {
      loss = loss + head.weight * task.loss(head.logits, context.targets);
    }
    return loss;
  });
  return done;
}

/// What the mean over the batch is divided by; 0 for a batch that does not count.
template <class Task>
double weight_of(const BatchContext& context, const Task& task) {
  return context.batch.counts ? task.total_weight(context.are_mixed ? context.targets : context.batch.targets) : 0;
}

/// The same as `forward_unweighed`, and the batch's weight.
template <class Model, class Task>
Forward forward(const BatchContext& context, Model& model, const Task& task, std::optional<std::size_t> classes,
                std::optional<at::ScalarType> autocast_type) {
  Forward done = forward_unweighed(context, model, task, classes, autocast_type);
  done.weight = weight_of(context, task);
  return done;
}

/// What a training step does with a batch, whatever the model and the task are.
class BatchWork {
 public:
  virtual ~BatchWork() = default;
  /// Outputs and loss, without the weight. `checks`: whether the outputs are held to the batch's targets.
  virtual Forward compute(const BatchContext& context, bool checks) const = 0;
  virtual double weight(const BatchContext& context) const = 0;
  /// Throws Error when the outputs do not fit the batch's targets.
  virtual void check(const at::Tensor& outputs, const BatchContext& context) const = 0;
};

template <class Model, class Task>
class BatchWorkOf final : public BatchWork {
 public:
  BatchWorkOf(Model& model, const Task& task, std::optional<std::size_t> classes,
              std::optional<at::ScalarType> autocast_type)
      : model_(model), task_(task), classes_(classes), autocast_type_(autocast_type) {}

  Forward compute(const BatchContext& context, bool checks) const override {
    return forward_unweighed(context, model_, task_, classes_, autocast_type_, checks);
  }
  double weight(const BatchContext& context) const override { return weight_of(context, task_); }
  void check(const at::Tensor& outputs, const BatchContext& context) const override {
    task_.check(outputs, context.batch.targets, classes_);
  }

 private:
  Model& model_;
  const Task& task_;
  std::optional<std::size_t> classes_;
  std::optional<at::ScalarType> autocast_type_;
};

/// The rest of an epoch from a sample on, or one process's share of it.
template <class Loader>
auto epoch_of(Loader& loader, std::uint64_t number, std::size_t first_sample, const Share& share) {
  if constexpr (ShareableLoader<Loader>) {
    return loader.epoch(number, first_sample, share);
  } else {
    core::require(
        share.size == 1,
        "several processes cannot share this loader: it has no epoch(number, first_sample, share), as DataLoader has");
    if constexpr (ResumableLoader<Loader>) {
      return loader.epoch(number, first_sample);
    } else {
      return loader.epoch(number);
    }
  }
}

/// Calls `body(context)` for the batches of epoch 0, or of this process's share of it, in evaluation mode and without
/// gradients, until it returns false. Throws Error when there is no sample.
template <class Model, class Loader, class Body>
void for_each_evaluated(std::string_view component, Model& model, Loader& loader, const Share& share,
                        const Placement& placement, int epoch, Body&& body, bool copy_ahead = true) {
  const at::NoGradGuard no_grad;
  const EvaluationMode evaluation(*model);
  Placer placer(placement, copy_ahead);
  std::size_t samples = 0;
  for (const Batch& batch : epoch_of(loader, 0, 0, share)) {
    const Placed placed = placer.place(batch);
    samples += batch.size();
    if (!body(BatchContext{component, *model, batch, placed.inputs, placed.targets, epoch})) {
      return;
    }
  }
  core::require(samples > 0, "{}: the loader gave no sample", component);
}

}  // namespace hearth::train
