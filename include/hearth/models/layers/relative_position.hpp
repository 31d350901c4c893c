/// What attention within a window of tokens adds for every offset between two of them.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/index.h>

#include <cstdint>

namespace hearth::models {

/// For every two tokens of a window of height x width, the number of their offset: [tokens, tokens] of int64, from 0 to
/// (2 height - 1)(2 width - 1) - 1. The buffer `relative_position_index` of torchvision's models.
inline at::Tensor relative_position_index(std::int64_t height, std::int64_t width) {
  const at::Tensor token = at::arange(height * width);
  const at::Tensor row = token.floor_divide(width);
  const at::Tensor column = token.remainder(width);
  const at::Tensor rows = row.unsqueeze(1) - row.unsqueeze(0) + (height - 1);  // [tokens, tokens]
  const at::Tensor columns = column.unsqueeze(1) - column.unsqueeze(0) + (width - 1);
  return rows * (2 * width - 1) + columns;
}

/// The bias of a window's attention, [1, heads, tokens, tokens], of a table [offsets, heads] and the offsets' numbers,
/// tokens · tokens of them.
inline at::Tensor relative_position_bias(const at::Tensor& table, const at::Tensor& index, std::int64_t tokens) {
  return at::index(table, {index.view(-1)}).view({tokens, tokens, -1}).permute({2, 0, 1}).contiguous().unsqueeze(0);
}

}  // namespace hearth::models
