#pragma once

#include <hearth/train/batch_checks.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string>

#include <hearth/core/error.hpp>

namespace hearth::train {

namespace detail {

HEARTH_INLINE std::string sizes_of(const at::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

/// The type of the model's first parameter of floating-point numbers.
HEARTH_INLINE std::optional<at::ScalarType> floating_type(const torch::nn::Module& model) {
  for (const at::Tensor& parameter : model.parameters()) {
    if (parameter.is_floating_point()) {
      return parameter.scalar_type();
    }
  }
  return std::nullopt;
}

/// What to do about a common mistake; empty where it is none.
HEARTH_INLINE std::string remedy(const BatchContext& context, std::string_view reason) {
  const auto says = [&](std::string_view words) { return reason.find(words) != std::string_view::npos; };
  if (says("more than 1 value per channel")) {
    return "BatchNorm cannot train on a batch of one sample: make the training loader with .drop_last = true, or with "
           "another batch_size";
  }
  const auto type = floating_type(context.model);
  if (type && context.inputs.is_floating_point() && context.inputs.scalar_type() != *type) {
    return fmt::format(
        "the model's parameters are of the type {}, and the batches of the type {}: take the model to that type with "
        "model->to(torch::k{})",
        c10::toString(*type), c10::toString(context.inputs.scalar_type()),
        context.inputs.scalar_type() == at::kFloat ? "Float32" : c10::toString(context.inputs.scalar_type()));
  }
  if (says("shapes cannot be multiplied") || says("normalized_shape") || says("channels")) {
    return fmt::format("the model's layers must fit samples of the shape [{}]",
                       fmt::join(context.inputs.sizes().slice(1), ", "));
  }
  return {};
}

}  // namespace detail

HEARTH_INLINE void check_loss(const at::Tensor& loss) {
  core::require(loss.defined() && loss.numel() == 1,
                "Trainer: the loss must give one number, the mean over the batch, but gave a tensor of {}; take its "
                "mean()",
                loss.defined() ? detail::sizes_of(loss) : "nothing");
  core::require(loss.requires_grad(),
                "Trainer: the loss has no gradient: either every parameter of the model is frozen, or the model or the "
                "loss computes without gradients (detach(), NoGradGuard, item())");
}

HEARTH_INLINE bool is_out_of_memory(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr || says("out of memory") ||
         says("can't allocate memory") || says("not enough memory") || says("STATUS_ALLOC_FAILED");
}

HEARTH_INLINE void explain(const BatchContext& context, std::string_view what, const c10::Error& error) {
  const bool lacks_memory = is_out_of_memory(error);
  const std::string text = error.what_without_backtrace();
  const std::string reason = text.substr(0, text.find('\n'));
  const std::string remedy = lacks_memory ? fmt::format("the device {} has no memory left: try a smaller batch_size",
                                                        context.inputs.device().str())
                                          : detail::remedy(context, text);
  const std::string sentence = fmt::format(
      "{}: {} cannot take the batch {} of epoch {}, inputs {} and targets {}: {}{}{}", context.component, what,
      context.batch.index, context.epoch, detail::sizes_of(context.inputs), detail::sizes_of(context.targets),
      remedy.empty() ? reason : remedy, remedy.empty() ? "" : ". LibTorch says: ", remedy.empty() ? "" : reason);
  if (lacks_memory) {
    throw OutOfMemory(sentence);
  }
  throw Error(sentence);
}

}  // namespace hearth::train
