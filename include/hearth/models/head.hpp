/// The head of a model: its last layer, which makes the logits of the classes.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/linear.h>

#include <concepts>
#include <cstdint>
#include <string>

#include <hearth/core/inline.hpp>

namespace hearth::models {

/// A model whose last layer is a Linear: `model->head()` is that layer, `model->head_name()` its name among the model's
/// modules, "fc".
template <class M>
concept HasHead = requires(const M& model) {
  { model->head()->weight } -> std::convertible_to<at::Tensor>;
  { model->head()->bias } -> std::convertible_to<at::Tensor>;
  { model->head_name() } -> std::convertible_to<std::string>;
};

namespace detail {

void renew_head(torch::nn::LinearImpl& head, std::int64_t num_classes);

}  // namespace detail

/// Gives the model a fresh head for `num_classes` classes, initialised as a new torch.nn.Linear is, trainable, of the
/// old one's type and on its device. The layer stays the same object with new weights in it; make the optimizer after
/// this, for momentum is of the old shape. Throws Error when num_classes is below 1.
///
///     models::replace_head(model, 200);
template <class Model>
void replace_head(const Model& model, std::int64_t num_classes) {
  static_assert(HasHead<Model>,
                "replace_head: the model must have a Linear as its head (HasHead): head(), head_name()");
  detail::renew_head(*model->head(), num_classes);
}

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/head.ipp>
#endif
