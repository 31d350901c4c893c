#pragma once

#include <hearth/train/op_record.hpp>

#include <ATen/core/ivalue.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

namespace hearth::train {

namespace detail {

#ifdef NDEBUG
HEARTH_INLINE c10::ArrayRef<const c10::IValue> inputs_of(const at::RecordFunction& function) {
  return function.inputs();
}
#else
// In a debug build, RecordFunction::inputs() asserts what only a debug build of LibTorch sets. An explicit
// instantiation may name a private member.
c10::ArrayRef<const c10::IValue> inputs_of(const at::RecordFunction& function);
template <auto Member>
struct InputsOf {
  friend c10::ArrayRef<const c10::IValue> inputs_of(const at::RecordFunction& function) { return function.*Member; }
};
template struct InputsOf<&at::RecordFunction::inputs_>;
#endif

HEARTH_INLINE OpRecord*& active_record() {
  thread_local OpRecord* record = nullptr;
  return record;
}

HEARTH_INLINE bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

HEARTH_INLINE bool is_convolution(std::string_view name) {
  return is_one_of(name, {"conv1d", "conv2d", "conv3d", "convolution"});
}

HEARTH_INLINE bool is_transposed_convolution(std::string_view name) {
  return is_one_of(name, {"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"});
}

HEARTH_INLINE bool is_norm(std::string_view name) {
  return is_one_of(name, {"batch_norm", "layer_norm", "group_norm", "instance_norm"});
}

HEARTH_INLINE bool is_product(std::string_view name) {
  return is_one_of(name, {"matmul", "mm", "bmm", "mv", "dot"});
}

HEARTH_INLINE bool is_product_and_sum(std::string_view name) {
  return is_one_of(name, {"addmm", "addmv", "baddbmm"});
}

/// Whether `mult_adds` counts the operator, with all that it calls.
HEARTH_INLINE bool is_counted(std::string_view name) {
  return name == "linear" || name == "scaled_dot_product_attention" || is_convolution(name) ||
         is_transposed_convolution(name) || is_norm(name) || is_product(name) || is_product_and_sum(name);
}

/// The numbers of a tensor of [N, C, …] but for C.
HEARTH_INLINE std::int64_t places(const at::Tensor& tensor, std::int64_t spatial_dimensions) {
  std::int64_t count = tensor.dim() > spatial_dimensions + 1 ? tensor.size(0) : 1;
  for (std::int64_t i = tensor.dim() - spatial_dimensions; i < tensor.dim(); ++i) {
    count *= tensor.size(i);
  }
  return count;
}

/// A product of weights with their inputs counts each weight once for every number that it makes, a sum with a bias
/// counts as one more, and a norm's weights and biases count once a sample, as torchinfo has it.
HEARTH_INLINE std::int64_t mult_adds(const Op& op) {
  const auto input_numel = [&](std::size_t i) {
    return op.inputs.size() > i && op.inputs[i].defined() ? op.inputs[i].numel() : 0;
  };
  const at::Tensor& output = op.output;
  if (is_convolution(op.name)) {
    return (input_numel(1) + input_numel(2)) * places(output, op.inputs[1].dim() - 2);
  }
  if (is_transposed_convolution(op.name)) {
    const std::int64_t spatial = op.inputs[1].dim() - 2;
    return input_numel(1) * places(op.inputs[0], spatial) + input_numel(2) * places(output, spatial);
  }
  if (op.name == "linear") {
    return (input_numel(1) + input_numel(2)) * (output.numel() / std::max<std::int64_t>(op.inputs[1].size(0), 1));
  }
  if (is_product(op.name)) {
    return output.numel() * op.inputs[0].size(-1);
  }
  if (is_product_and_sum(op.name)) {
    return output.numel() * (op.inputs[1].size(-1) + 1);
  }
  if (op.name == "scaled_dot_product_attention") {
    const std::int64_t keys = op.inputs[1].size(-2);
    return (op.inputs[0].numel() + output.numel()) * keys;
  }
  return (input_numel(1) + input_numel(2)) * output.size(0);  // a norm
}

/// Adds the tensors of an argument; an undefined one for an argument that is left out.
HEARTH_INLINE void add_tensors(std::vector<at::Tensor>& tensors, const c10::IValue& value) {
  if (value.isNone()) {
    tensors.emplace_back();
  } else if (value.isTensor()) {
    tensors.push_back(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) {
      tensors.push_back(tensor);
    }
  }
}

}  // namespace detail

HEARTH_INLINE OpRecord::OpRecord() {
  const auto start = [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
    detail::active_record()->begin(function);
    return nullptr;
  };
  const auto end = [](const at::RecordFunction& function, at::ObserverContext*) {
    detail::active_record()->end(function);
  };
  handle_ = at::addThreadLocalCallback(
      at::RecordFunctionCallback(start, end).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION}));
  detail::active_record() = this;
}

HEARTH_INLINE OpRecord::~OpRecord() {
  at::removeCallback(handle_);
  detail::active_record() = nullptr;
}

HEARTH_INLINE void OpRecord::begin(const at::RecordFunction& function) {
  std::string_view name = function.name();
  name.remove_prefix(name.starts_with("aten::") ? 6 : 0);
  name.remove_suffix(name.ends_with('_') ? 1 : 0);
  Op op{.name = std::string(name), .inputs = {}, .output = {}, .mult_adds = 0, .is_outermost = open_.empty()};
  for (const c10::IValue& input : detail::inputs_of(function)) {
    detail::add_tensors(op.inputs, input);
  }
  open_.push_back(std::move(op));
}

HEARTH_INLINE void OpRecord::end(const at::RecordFunction& function) {
  if (open_.empty()) {
    return;  // it began before this record
  }
  Op op = std::move(open_.back());
  open_.pop_back();
  std::vector<at::Tensor> outputs;
  for (const c10::IValue& output : function.outputs()) {
    detail::add_tensors(outputs, output);
  }
  op.output = outputs.empty() ? at::Tensor() : outputs[0];
  const bool is_within_counted =
      std::any_of(open_.begin(), open_.end(), [](const Op& outer) { return detail::is_counted(outer.name); });
  if (op.output.defined() && !is_within_counted && detail::is_counted(op.name)) {
    op.mult_adds = detail::mult_adds(op);
  }
  if (op.is_outermost || op.mult_adds > 0) {
    ops_.push_back(std::move(op));
  }
}

}  // namespace hearth::train
