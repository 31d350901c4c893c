#pragma once

#include <hearth/train/summary.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include <hearth/core/error.hpp>
#include <hearth/train/evaluation_mode.hpp>
#include <hearth/train/module_tree.hpp>
#include <hearth/train/op_record.hpp>

namespace hearth::train {

namespace detail {

HEARTH_INLINE at::Tensor zeros_for(const torch::nn::Module& module, at::IntArrayRef shape) {
  core::require(!shape.empty() && std::all_of(shape.begin(), shape.end(), [](auto size) { return size >= 1; }),
                "summary: the shape of a batch has sizes of at least 1, but got [{}]", fmt::join(shape, ", "));
  for (const at::Tensor& parameter : module.parameters()) {
    if (parameter.is_floating_point()) {
      return at::zeros(shape, parameter.options().requires_grad(false));
    }
  }
  return at::zeros(shape, at::kFloat);
}

HEARTH_INLINE at::Tensor run(const at::Tensor& batch, core::FunctionRef<at::Tensor(const at::Tensor&)> forward) {
  try {
    return forward(batch);
  } catch (const c10::Error& error) {
    const std::string reason = error.what_without_backtrace();
    core::fail("summary: the model cannot take a batch [{}]: {}", fmt::join(batch.sizes(), ", "),
               reason.substr(0, reason.find('\n')));
  }
}

/// Counts the tensors, each once, and adds them to those that were seen.
HEARTH_INLINE ParameterCount count(const std::vector<at::Tensor>& parameters,
                                   std::unordered_set<const c10::TensorImpl*>& seen) {
  ParameterCount count;
  for (const at::Tensor& parameter : parameters) {
    if (seen.insert(parameter.unsafeGetTensorImpl()).second) {
      count.total += parameter.numel();
      count.trainable += parameter.requires_grad() ? parameter.numel() : 0;
    }
  }
  return count;
}

HEARTH_INLINE ParameterCount count(const std::vector<at::Tensor>& parameters) {
  std::unordered_set<const c10::TensorImpl*> seen;
  return count(parameters, seen);
}

HEARTH_INLINE std::int64_t bytes(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
}

}  // namespace detail

HEARTH_INLINE Summary summarize(torch::nn::Module& module, at::IntArrayRef input_shape,
                                core::FunctionRef<at::Tensor(const at::Tensor&)> forward) {
  const at::NoGradGuard no_grad;
  const EvaluationMode evaluation(module);
  const at::Tensor batch = detail::zeros_for(module, input_shape);
  const OpRecord record;
  const at::Tensor result = detail::run(batch, forward);
  const ModuleTree tree(module, record.ops(), result);

  Summary found{.rows = {}, .parameters = detail::count(module.parameters()), .input_bytes = detail::bytes(batch)};
  std::map<int, int> indices;
  for (const ModuleNode& node : tree.nodes()) {
    SummaryRow row{.name = node.name,
                   .type = node.type,
                   .depth = node.depth,
                   .index = ++indices[node.depth],
                   .is_leaf = node.module->children().empty(),
                   .is_repeated = node.is_repeated,
                   .parameters = detail::count(node.module->parameters()),
                   .own_parameters = detail::count(node.module->parameters(/*recurse=*/false)).total,
                   .mult_adds = node.mult_adds,
                   .own_mult_adds = node.mult_adds};
    if (node.output.defined()) {
      row.output_shape = node.output.sizes().vec();
    }
    if (row.is_leaf && row.own_parameters > 0) {
      std::unordered_set<const c10::TensorImpl*> outputs;
      for (const std::size_t op : node.ops) {
        const at::Tensor& output = tree.ops()[op]->output;
        found.pass_bytes += outputs.insert(output.unsafeGetTensorImpl()).second ? 2 * detail::bytes(output) : 0;
      }
    }
    found.mult_adds += node.mult_adds;
    found.rows.push_back(std::move(row));
  }
  for (std::size_t i = found.rows.size(); i-- > 1;) {
    found.rows[tree.nodes()[i].parent].mult_adds += found.rows[i].mult_adds;
  }
  std::unordered_set<const c10::TensorImpl*> seen;
  for (const at::Tensor& parameter : module.parameters()) {
    found.parameter_bytes += seen.insert(parameter.unsafeGetTensorImpl()).second ? detail::bytes(parameter) : 0;
  }
  return found;
}

}  // namespace hearth::train

namespace hearth {

namespace detail {

/// 11689512 as "11,689,512".
HEARTH_INLINE std::string with_commas(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, 1, ',');
  }
  return digits;
}

HEARTH_INLINE std::string or_dashes(std::int64_t number) {
  return number > 0 ? with_commas(number) : "--";
}

HEARTH_INLINE std::string in_millions(std::int64_t number) {
  const bool is_large = number >= 1'000'000'000;
  const double scaled = static_cast<double>(number) / (is_large ? 1e9 : 1e6);
  return fmt::format("({}): {:.{}f}", is_large ? 'G' : 'M', scaled, scaled == std::floor(scaled) ? 0 : 2);
}

HEARTH_INLINE std::string title(const SummaryRow& row) {
  return row.depth == 0 ? row.type : fmt::format("{}: {}-{}", row.type, row.depth, row.index);
}

HEARTH_INLINE std::string branch(int depth) {
  if (depth <= 1) {
    return depth == 1 ? "├─" : "";
  }
  std::string lines;
  for (int i = 1; i < depth; ++i) {
    lines += "│    ";
  }
  return lines + "└─";
}

/// What a row of the table says of parameters: a module's own, or all that is in it where its layers are not shown.
HEARTH_INLINE std::string parameters_column(const SummaryRow& row, bool is_deepest) {
  const std::int64_t total = row.parameters.total;
  if (row.is_repeated && total > 0) {
    return "(recursive)";
  }
  if (!row.is_leaf && !is_deepest) {
    return or_dashes(row.own_parameters);
  }
  return total > 0 && row.parameters.trainable == 0 ? fmt::format("({})", with_commas(total)) : or_dashes(total);
}

}  // namespace detail

HEARTH_INLINE std::string Summary::to_string(int depth) const {
  std::size_t width = 40;
  for (const SummaryRow& row : rows) {
    const std::size_t needed = detail::title(row).size() + static_cast<std::size_t>(5 * row.depth + 1);
    width = std::max(width, needed >= 40 ? (needed + 4) / 5 * 5 : 0);
  }
  const std::string rule(width + 3 * 25, '=');
  std::string table = fmt::format("{}\n{:<{}} {:<25} {:<25} {}\n{}\n", rule, "Layer (type:depth-idx)", width,
                                  "Output Shape", "Param #", "Mult-Adds", rule);
  for (const SummaryRow& row : rows) {
    if (row.depth > depth) {
      continue;
    }
    const bool is_deepest = row.depth == depth;
    const std::string shape =
        row.output_shape ? fmt::format("[{}]", fmt::join(*row.output_shape, ", ")) : std::string("--");
    table += fmt::format("{:<{}} {:<25} {:<25} {}\n", detail::branch(row.depth) + detail::title(row), width, shape,
                         detail::parameters_column(row, is_deepest),
                         detail::or_dashes(is_deepest ? row.mult_adds : row.own_mult_adds));
  }
  const auto megabytes = [](std::int64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  table += fmt::format(
      "{}\nTotal params: {}\nTrainable params: {}\nNon-trainable params: {}\nTotal mult-adds {}\n{}\nInput size (MB): "
      "{:.2f}\nForward/backward pass size (MB): {:.2f}\nParams size (MB): {:.2f}\nEstimated Total Size (MB): "
      "{:.2f}\n{}",
      rule, detail::with_commas(parameters.total), detail::with_commas(parameters.trainable),
      detail::with_commas(parameters.total - parameters.trainable), detail::in_millions(mult_adds), rule,
      megabytes(input_bytes), megabytes(pass_bytes), megabytes(parameter_bytes),
      megabytes(input_bytes + pass_bytes + parameter_bytes), rule);
  return table;
}

}  // namespace hearth
