/// What a model sees in one image.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>
#include <hearth/models/model.hpp>
#include <hearth/train/evaluation_mode.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

/// A class that an image may be of.
struct Prediction {
  std::int64_t index = 0;  ///< of the class among the model's logits
  double probability = 0;  ///< softmax's, from 0 to 1
  std::string name;        ///< empty where the classes' names are not known
};

/// What `predict` gives for one image.
struct PredictOptions {
  std::size_t top_k = 1;                  ///< how many classes, the most probable first
  std::vector<std::string> classes = {};  ///< the names of all classes in the order of the logits, where known
};

}  // namespace hearth

namespace hearth::train {

/// The place of a batch of one sample.
class OneSample final : public SampleSink {
 public:
  HEARTH_INLINE SamplePlace place(const Shape& shape) override;
  /// float [1, ...]
  const at::Tensor& batch() const noexcept { return batch_; }

 private:
  at::Tensor batch_;
};

/// The batch on the device of the model and in its type, both as the first of its parameters has them.
at::Tensor like_parameters(const at::Tensor& batch, const std::vector<at::Tensor>& parameters);

/// The most probable classes of each sample by logits [N, C]; of equal ones the first class comes first.
std::vector<std::vector<Prediction>> most_probable(const at::Tensor& logits, const PredictOptions& options);

/// Throws Error with the first line of LibTorch's.
[[noreturn]] void refuse_image(const at::Tensor& batch, const c10::Error& error);

}  // namespace hearth::train

namespace hearth {

/// The `top_k` most probable classes of an image, which the transform makes a sample of as in a dataset:
///
///     const auto best = predict(model, plain, read_image("cat.jpg"), {.top_k = 5, .classes = dataset.classes()});
///     fmt::print("{}: {:.1f} %\n", best[0].name, 100 * best[0].probability);
///
/// The model computes where its parameters are, in evaluation mode and without gradients, and is left in the mode that
/// it was in. Throws Error when the transform or the model cannot take the image, when top_k is not one of 1 to the
/// number of logits, or when there are names and not as many as logits.
template <class Model, class Transform>
std::vector<Prediction> predict(Model& model, const Transform& transform, const ImageView& image,
                                const PredictOptions& options = {}) {
  static_assert(ModelLike<Model>, "predict: Model must be a module holder (ModelLike), as models:: functions return");
  static_assert(TransformLike<Transform>,
                "predict: Transform must be a transform (TransformLike), as Compose is: write(image, random, sink)");
  train::OneSample sample;
  RandomStream random(/*seed=*/0, /*epoch=*/0, /*index=*/0);
  transform.write(image, random, sample);
  const at::NoGradGuard no_grad;
  const EvaluationMode evaluation(*model);
  const at::Tensor batch = train::like_parameters(sample.batch(), model->parameters());
  try {
    return train::most_probable(model->forward(batch), options).at(0);
  } catch (const c10::Error& error) {
    train::refuse_image(batch, error);
  }
}

template <class Model, class Transform>
std::vector<Prediction> predict(Model& model, const Transform& transform, const Image& image,
                                const PredictOptions& options = {}) {
  return predict(model, transform, image.view(), options);
}

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/predict.ipp>
#endif
