/// One type for every model: programs that choose the architecture at run time hold it.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/models/head.hpp>

namespace hearth::models {

/// The module behind AnyModel.
class AnyModelModule : public torch::nn::Module {
 public:
  template <class Model>
  explicit AnyModelModule(Model model)
      : torch::nn::Module(model->name()),
        inner_(model.ptr()),
        head_(model->head()),
        head_name_(model->head_name()),
        forward_([model](const at::Tensor& x) mutable { return model->forward(x); }),
        clone_([model](const std::optional<torch::Device>& device) {
          using Contained = typename Model::ContainedType;
          return std::make_shared<AnyModelModule>(Model(std::dynamic_pointer_cast<Contained>(model->clone(device))));
        }) {
    static_assert(HasHead<Model>, "AnyModel: the model must have a Linear as its head (HasHead): head(), head_name()");
    register_parts();
  }

  /// What the model inside makes of `x`.
  at::Tensor forward(const at::Tensor& x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const { return head_; }
  std::string head_name() const { return head_name_; }

  HEARTH_INLINE void train(bool on = true) override;
  HEARTH_INLINE std::shared_ptr<torch::nn::Module> clone(
      const std::optional<torch::Device>& device = {}) const override;

 private:
  /// Takes the inner model's parameters, buffers and layers for its own.
  void register_parts();

  std::shared_ptr<torch::nn::Module> inner_;
  torch::nn::Linear head_;
  std::string head_name_;
  std::function<at::Tensor(const at::Tensor&)> forward_;
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
