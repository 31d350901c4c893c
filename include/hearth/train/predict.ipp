#pragma once

#include <hearth/train/predict.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sort.h>

#include <tuple>

#include <hearth/core/error.hpp>

namespace hearth::train {

HEARTH_INLINE SamplePlace OneSample::place(const Shape& shape) {
  std::vector<std::int64_t> sizes{1};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  batch_ = at::empty(sizes, at::kFloat);
  return {batch_.data_ptr<float>(), shape, Layout::contiguous};
}

HEARTH_INLINE at::Tensor like_parameters(const at::Tensor& batch, const std::vector<at::Tensor>& parameters) {
  core::require(batch.defined(), "predict: the transform wrote no sample");
  return parameters.empty() ? batch : batch.to(parameters.front().scalar_type()).to(parameters.front().device());
}

HEARTH_INLINE std::vector<std::vector<Prediction>> most_probable(const at::Tensor& logits,
                                                                 const PredictOptions& options) {
  core::require(logits.dim() == 2,
                "predict: the model must return logits of shape [N, classes], but returned {} "
                "dimensions",
                logits.dim());
  const auto classes = static_cast<std::size_t>(logits.size(1));
  core::require(options.top_k >= 1 && options.top_k <= classes,
                "predict: top_k must be between 1 and the number of classes, {}, but got {}", classes, options.top_k);
  core::require(options.classes.empty() || options.classes.size() == classes,
                "predict: there are the names of {} classes, but the model has {} outputs", options.classes.size(),
                classes);
  const at::Tensor scores = logits.detach().to(at::kCPU).to(at::kDouble);  // MPS has no double
  const at::Tensor order = std::get<1>(at::sort(scores, /*stable=*/true, /*dim=*/1, /*descending=*/true))
                               .slice(1, 0, static_cast<std::int64_t>(options.top_k));
  const at::Tensor probabilities = at::softmax(scores, 1).gather(1, order).contiguous();
  const at::Tensor indices = order.contiguous();
  const std::int64_t* index = indices.const_data_ptr<std::int64_t>();
  const double* probability = probabilities.const_data_ptr<double>();
  std::vector<std::vector<Prediction>> samples(static_cast<std::size_t>(logits.size(0)));
  for (std::vector<Prediction>& predictions : samples) {
    for (std::size_t i = 0; i < options.top_k; ++i, ++index, ++probability) {
      predictions.push_back(
          {.index = *index,
           .probability = *probability,
           .name = options.classes.empty() ? std::string() : options.classes[static_cast<std::size_t>(*index)]});
    }
  }
  return samples;
}

HEARTH_INLINE void refuse_image(const at::Tensor& batch, const c10::Error& error) {
  const std::string reason = error.what_without_backtrace();
  core::fail("predict: the model cannot take an image of shape {}: {}",
             Shape(std::span(batch.sizes().data(), batch.sizes().size()).subspan(1)).to_string(),
             reason.substr(0, reason.find('\n')));
}

}  // namespace hearth::train
