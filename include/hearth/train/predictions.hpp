/// What a model makes of every sample of a loader.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/share.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/models/model.hpp>
#include <hearth/train/forward.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/predict.hpp>

namespace hearth {

/// The outputs for N samples, on the CPU, in the loader's order.
struct Predictions {
  at::Tensor logits;                 ///< float [N, C]
  at::Tensor labels;                 ///< int64 [N], -1 where nobody knows; or what the dataset's targets are
  std::vector<std::size_t> samples;  ///< their numbers in the dataset

  std::size_t size() const noexcept { return samples.size(); }
};

/// One sample and what the model makes of it.
struct Outcome {
  std::size_t sample = 0;   ///< its number in the dataset
  std::int64_t label = -1;  ///< the right class; -1 where the dataset has none
  double label_probability = std::numeric_limits<double>::quiet_NaN();  ///< that the model gives the label, if known
  std::vector<Prediction> predictions = {};                             ///< the most probable class first

  bool has_label() const noexcept { return label >= 0; }  ///< whether the right class is known
  /// whether the most probable class is the right one
  bool is_right() const { return label == predictions.front().index; }
};

/// One for each sample, with the `top_k` most probable classes; of equal logits the first class comes first. Throws
/// Error when the labels are no labels, one of them is none of the classes, and as `predict` does for one image.
std::vector<Outcome> outcomes(const Predictions& predictions, const PredictOptions& options = {});

/// Those whose label is known and is not what the model predicts, the one to whose label it gives least first, at most
/// `how_many`.
std::vector<Outcome> worst_mistakes(const std::vector<Outcome>& outcomes, std::size_t how_many);

}  // namespace hearth

namespace hearth::train {

/// Collects outputs where they are computed.
class PredictionList {
 public:
  void add(const at::Tensor& outputs, const Batch& batch);

  /// On the CPU. Throws Error unless the outputs are logits [N, C].
  Predictions take();

 private:
  std::vector<at::Tensor> outputs_;
  std::vector<at::Tensor> targets_;
  std::vector<std::size_t> samples_;
};

}  // namespace hearth::train

namespace hearth {

/// What the model makes of epoch 0 of the loader, batch by batch, in evaluation mode and without gradients. The model
/// is moved to `placement`, and is left in the mode that it was in. `progress` is called after each batch with the
/// samples so far and in all. Throws Error when the loader gives no sample, and when the model cannot take a batch.
///
///     const Predictions all = predict(model, loader);
///     for (const Outcome& outcome : worst_mistakes(outcomes(all, {.classes = names}), 20)) …
template <class Model, class Loader>
requires LoaderLike<Loader> Predictions
predict(Model& model, Loader& loader, const Placement& placement = {},
        const std::function<void(std::size_t done, std::size_t samples)>& progress = {}) {
  static_assert(ModelLike<Model>, "predict: Model must be a module holder (ModelLike), as models:: functions return");
  placement.place(*model);
  train::PredictionList all;
  std::size_t done = 0;
  train::for_each_evaluated("predict", model, loader, Share{}, placement, 0, [&](const train::BatchContext& context) {
    all.add(train::outputs_of(context, model, std::nullopt), context.batch);
    done += context.batch.size();
    if (progress) {
      progress(done, loader.samples());
    }
    return true;
  });
  return all.take();
}

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/predictions.ipp>
#endif
