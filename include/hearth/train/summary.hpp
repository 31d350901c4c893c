/// A model's layers at a glance: their output shapes, parameters and multiply-adds.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/ArrayRef.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/models/model.hpp>

namespace torch::nn {
class Module;
}

namespace hearth {

/// A module of a model.
struct SummaryRow {
  std::string name;  ///< as in the state_dict, "layer1.0.conv1"; empty for the model itself
  std::string type;  ///< "Conv2d"
  int depth = 0;     ///< 0 is the model, 1 its layers, 2 theirs
  int index = 0;     ///< from 1, among the rows of the same depth
  bool is_leaf = false;
  bool is_repeated = false;  ///< the same module as one above, with the same parameters
  std::optional<std::vector<std::int64_t>> output_shape = {};  ///< unset where it cannot be known
  ParameterCount parameters = {};                              ///< with those of the layers that it has
  std::int64_t own_parameters = 0;                             ///< without them
  std::int64_t mult_adds = 0;                                  ///< with those of the layers that it has
  std::int64_t own_mult_adds = 0;                              ///< without them
};

/// What `summary` found.
struct Summary {
  std::vector<SummaryRow> rows;    ///< each module before its layers, these in the order of the state_dict
  ParameterCount parameters = {};  ///< each tensor once
  std::int64_t mult_adds = 0;      ///< of one forward pass
  std::int64_t input_bytes = 0;
  std::int64_t pass_bytes = 0;  ///< twice the outputs of layers with parameters: forward and backward
  std::int64_t parameter_bytes = 0;

  /// The table that Python's torchinfo prints, of modules up to that depth, with "--" for what is none or not known.
  std::string to_string(int depth = 3) const;
};

}  // namespace hearth

namespace hearth::train {

/// The summary of a module of which `forward` makes a pass on a batch of this shape.
Summary summarize(torch::nn::Module& module, at::IntArrayRef input_shape,
                  core::FunctionRef<at::Tensor(const at::Tensor&)> forward);

}  // namespace hearth::train

namespace hearth {

/// Sums a model up, from one forward pass on zeros of the shape given (the batch's size is in it), where its parameters
/// are, in evaluation mode and without gradients; the model is left as it was. Throws Error when it cannot take the
/// shape.
///
///     fmt::print("{}\n", summary(model, {1, 3, 224, 224}).to_string());
///
/// The operators that LibTorch runs are matched with the modules whose weights they use; what has no weights is found
/// by its name and place, and the output of a module with layers where these leave no doubt. Multiply-adds are counted
/// as torchinfo counts them (a weight of a convolution once for each output pixel, a norm's weights once a sample), but
/// for three things that it leaves out: a Linear's weights count once for each row of its output, tokens too; products
/// of attention count, and so do operators that a module runs on weights of its own.
template <class Model>
Summary summary(Model& model, at::IntArrayRef input_shape) {
  static_assert(
      requires(at::Tensor images) {
        { model->forward(images) } -> std::convertible_to<at::Tensor>;
        { *model } -> std::convertible_to<torch::nn::Module&>;
      },
      "summary: Model must be a handle on a torch module with a forward() from a Tensor to a Tensor");
  return train::summarize(*model, input_shape, [&](const at::Tensor& images) { return model->forward(images); });
}

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/summary.ipp>
#endif
