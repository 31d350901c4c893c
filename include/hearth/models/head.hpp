/// The heads of a model: its last layers, which make the logits of the classes.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::models {

/// The last layer of a model, whichever type it has: a Linear, or, as in SqueezeNet, a convolution whose channels are
/// the classes.
class Head {
 public:
  // NOLINTBEGIN(google-explicit-constructor): it is the layer
  Head(const torch::nn::Linear& layer);
  Head(const torch::nn::Conv2d& layer);
  // NOLINTEND(google-explicit-constructor)

  /// `model->head()->weight` is the same for every model.
  const Head* operator->() const noexcept { return this; }

  /// Those that the layer has.
  std::vector<at::Tensor> parameters() const { return layer_->parameters(); }

  /// Makes the layer anew for so many classes: see `replace_head`.
  void renew(std::int64_t num_classes) const;

  at::Tensor weight;  ///< [classes, features] or [classes, features, 1, 1]
  at::Tensor bias;    ///< [classes]; undefined where the layer has none

 private:
  std::shared_ptr<torch::nn::Module> layer_;
};

/// A head and its name among the model's modules.
struct NamedHead {
  std::string name;  ///< "fc"
  Head head;         ///< the layer of that name
};

/// A model with a head: `model->head()` is its last layer, a torch::nn::Linear or a torch::nn::Conv2d, and
/// `model->head_name()` the name of this among the model's modules, "fc". A model that has more heads, as the auxiliary
/// ones of GoogLeNet, also has `model->auxiliary_heads()`, a std::vector<NamedHead>.
template <class M>
concept HasHead = requires(const M& model) {
  { model->head() } -> std::convertible_to<Head>;
  { model->head_name() } -> std::convertible_to<std::string>;
};

/// The heads of a model, the main one first.
template <HasHead Model>
std::vector<NamedHead> heads(const Model& model) {
  std::vector<NamedHead> all;
  all.push_back({model->head_name(), model->head()});
  if constexpr (requires { model->auxiliary_heads(); }) {
    for (const NamedHead& head : model->auxiliary_heads()) {
      all.push_back(head);
    }
  }
  return all;
}

/// Gives the model a fresh head for `num_classes` classes, initialised as a new layer of torch.nn is, trainable, of the
/// old one's type and on its device; its auxiliary heads, too, where it has some. The layer stays the same object with
/// new weights in it; make the optimizer after this, for momentum is of the old shape. Throws Error when num_classes is
/// below 1.
///
///     models::replace_head(model, 200);
template <class Model>
void replace_head(const Model& model, std::int64_t num_classes) {
  static_assert(HasHead<Model>,
                "replace_head: the model must have a Linear or a Conv2d as its head (HasHead): head(), head_name()");
  for (const NamedHead& each : heads(model)) {
    each.head.renew(num_classes);
  }
}

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/head.ipp>
#endif
