/// How large a batch may be before memory ends.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/models/model.hpp>
#include <hearth/train/as_task.hpp>
#include <hearth/train/batch_checks.hpp>
#include <hearth/train/forward.hpp>
#include <hearth/train/kept_state.hpp>
#include <hearth/train/placed.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/trainer_options.hpp>

namespace hearth {

/// Where `find_batch_size` looks.
struct FindBatchSizeOptions {
  std::int64_t first = 2;        ///< the first size that is tried; it must fit
  std::int64_t limit = 65536;    ///< no larger one is tried
  std::int64_t multiple_of = 1;  ///< between doubled sizes, only multiples of this are tried
  int passes = 2;                ///< forward and backward passes with each size
  /// Numbers that the optimizer keeps for each number of the model that it trains, and for which room is left: 2 for
  /// Adam, 1 for SGD with momentum, 0 for SGD without.
  int optimizer_numbers = 2;

  /// How the run is to train: device, precision, channels_last and mix count here; an average needs another copy of the
  /// model.
  TrainerOptions training = {};
};

/// What `find_batch_size` has found.
struct FoundBatchSize {
  std::int64_t size = 0;                             ///< the largest that worked
  std::optional<std::int64_t> smallest_failed = {};  ///< the smallest that did not; none up to the limit
  std::vector<std::int64_t> tried = {};              ///< all, in their order
  std::string explanation = {};                      ///< one line: "96 fits on cuda:0, 97 does not: …"
};

}  // namespace hearth

namespace hearth::train {

/// Up to 64 samples of somebody else's dataset.
template <class Dataset>
class FirstSamples {
 public:
  explicit FirstSamples(const Dataset& dataset) : dataset_(&dataset) {}
  std::size_t size() const { return std::min<std::size_t>(static_cast<std::size_t>(dataset_->size()), 64); }
  TargetOf<Dataset> read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return dataset_->read(index, random, sink);
  }

 private:
  const Dataset* dataset_;
};

/// A batch of this size, with the samples of another one again and again.
Batch repeated(const Batch& batch, std::int64_t size);

/// What a size is tried with; what `find_batch_size` does that is no template. Calls `pass(size)`, which goes forward
/// and backward once, doubles the size until that throws for want of memory, and halves the rest.
FoundBatchSize search_batch_size(torch::nn::Module& model, const FindBatchSizeOptions& options, std::int64_t limit,
                                 const std::function<void(std::int64_t)>& pass);

/// `make_batch(size)` gives a batch of this size.
template <class F>
concept MakesBatches = requires(F& make_batch, std::int64_t size) {
  { make_batch(size) } -> std::convertible_to<Batch>;
};

template <class Model, class Task>
FoundBatchSize find_batch_size(Model& model, const Task& task, const FindBatchSizeOptions& options, std::int64_t limit,
                               std::optional<std::size_t> classes, const std::function<Batch(std::int64_t)>& make) {
  static_assert(ModelLike<Model>,
                "find_batch_size: Model must be a module holder (ModelLike), as models:: functions return");
  const auto& given_task = as_task(task);
  const Placement placement{options.training.device, options.training.channels_last};
  placement.place(*model);
  return search_batch_size(*model, options, limit, [&](std::int64_t size) {
    const Batch batch = make(size);
    const Placed placed =
        Placer(placement, options.training.copy_ahead).place(batch, options.training.mix, /*epoch=*/0);
    const BatchContext context{"find_batch_size", *model, batch, placed.inputs, placed.targets, 0, placed.are_mixed};
    const Forward done = forward(context, model, given_task, classes, autocast_type(options.training.precision));
    check_loss(done.loss);
    explained(context, "the backward pass", [&] { done.loss.backward(); });
  });
}

}  // namespace hearth::train

namespace hearth {

/// Finds the largest batch that a model can be trained on in the memory that there is: doubles the size until memory
/// ends, and then tries sizes between the last two. Model, gradients and generators of random numbers are then as they
/// were, the model on the device of the options, and what the trials needed is free again.
///
///     const FoundBatchSize found = find_batch_size(model, dataset, Classification{}, {.training = options});
///     std::cout << found.explanation << '\n';
///
/// `source` is a dataset, a loader, whose dataset is taken, or a function: `make_batch(size)` gives a Batch. Of a
/// dataset the first samples are repeated, and no batch is larger than it. `task` is what Trainer::fit takes.
///
/// On a GPU leave some room: memory falls into pieces as a run goes on, and an epoch's validation needs some. On the
/// CPU set a limit that you know to be safe: Linux gives out more memory than there is, and ends the program that uses
/// it.
///
/// Throws Error when an option makes no sense, when not even the first size fits, and as Trainer::fit does.
template <class Model, class Source, class Task>
requires(!std::same_as<Task, FindBatchSizeOptions>) FoundBatchSize
    find_batch_size(Model& model, Source&& source, const Task& task, const FindBatchSizeOptions& options = {}) {
  using Given = std::remove_cvref_t<Source>;
  static_assert(DatasetLike<Given> || LoaderLike<Given> || train::MakesBatches<Source>,
                "find_batch_size: the second argument must be a dataset (DatasetLike), a loader (LoaderLike), or "
                "make_batch(size) -> Batch");
  if constexpr (DatasetLike<Given>) {
    const train::FirstSamples<Given> samples(source);
    const auto count = static_cast<std::int64_t>(samples.size());
    DataLoader loader{samples, {.batch_size = std::max<std::int64_t>(count, 1)}};
    const Batch some = *loader.epoch(0).begin();
    return train::find_batch_size(model, task, options, static_cast<std::int64_t>(source.size()),
                                  train::class_count(source),
                                  [&](std::int64_t size) { return train::repeated(some, size); });
  } else if constexpr (LoaderLike<Given>) {
    return find_batch_size(model, source.dataset(), task, options);
  } else {
    return train::find_batch_size(model, task, options, options.limit, std::nullopt,
                                  [&](std::int64_t size) -> Batch { return source(size); });
  }
}

/// The same for a classification with cross-entropy.
template <class Model, class Source>
FoundBatchSize find_batch_size(Model& model, Source&& source, const FindBatchSizeOptions& options = {}) {
  return find_batch_size(model, source, Classification{}, options);
}

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/batch_size_finder.ipp>
#endif
