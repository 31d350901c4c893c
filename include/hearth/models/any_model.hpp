/// One type for every model: programs that choose the architecture at run time hold it.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/model.hpp>
#include <hearth/weights/module_state.hpp>

namespace hearth::models {

/// The module behind AnyModel.
class AnyModelModule : public torch::nn::Module, public HasStateVersion {
 public:
  template <class Model>
  explicit AnyModelModule(Model model)
      : torch::nn::Module(model->name()),
        inner_(model.ptr()),
        heads_(heads(model)),
        forward_([model](const at::Tensor& x) mutable { return model->forward(x); }),
        forward_with_auxiliary_([model](const at::Tensor& x) mutable -> LogitsWithAuxiliary {
          if constexpr (HasAuxiliaryHeads<Model>) {
            return model->forward_with_auxiliary(x);
          } else {
            return {model->forward(x)};
          }
        }),
        clone_([model](const std::optional<torch::Device>& device) {
          using Contained = typename Model::ContainedType;
          return std::make_shared<AnyModelModule>(Model(std::dynamic_pointer_cast<Contained>(model->clone(device))));
        }) {
    static_assert(HasHead<Model>,
                  "AnyModel: the model must have a Linear or a Conv2d as its head (HasHead): head(), head_name()");
    register_parts();
  }

  /// What the model inside makes of `x`.
  at::Tensor forward(const at::Tensor& x);

  /// The logits of all heads; the main ones alone where the model has no others.
  LogitsWithAuxiliary forward_with_auxiliary(const at::Tensor& x);

  std::int64_t num_classes() const;
  const Head& head() const { return heads_.front().head; }
  std::string head_name() const { return heads_.front().name; }
  /// Those that the model has beside its head: see `HasHead`.
  std::vector<NamedHead> auxiliary_heads() const { return {heads_.begin() + 1, heads_.end()}; }

  HEARTH_INLINE std::int64_t state_version() const override;

  HEARTH_INLINE void train(bool on = true) override;
  HEARTH_INLINE std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = {}) const override;

 private:
  /// Takes the inner model's parameters, buffers and layers for its own.
  void register_parts();

  std::shared_ptr<torch::nn::Module> inner_;
  std::vector<NamedHead> heads_;  // the main one first
  std::function<at::Tensor(const at::Tensor&)> forward_;
  std::function<LogitsWithAuxiliary(const at::Tensor&)> forward_with_auxiliary_;
  std::function<std::shared_ptr<torch::nn::Module>(const std::optional<torch::Device>&)> clone_;
};

/// Any model of hearth's, under one type. Parameters, buffers and layers are those of the model that it is made from,
/// with the same names, so weights cross either way.
///
///     models::AnyModel model(models::resnet18({.num_classes = 10}));
TORCH_MODULE_IMPL(AnyModel, AnyModelModule);

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/any_model.ipp>
#endif
