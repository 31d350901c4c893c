/// Tensors by device and type, as LibTorch's operators on lists of tensors want them.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <vector>

namespace hearth::optim::grouping {

/// Lists of tensors of one device and type, as long as each other; `lists[1]` has the partners of those in `lists[0]`.
struct TensorGroup {
  at::Device device;
  at::ScalarType type;
  std::vector<std::vector<at::Tensor>> lists;
};

/// Adds a tensor, with its partners, to the group of its device and type; to a new one where there is none.
inline void add(std::vector<TensorGroup>& groups, std::initializer_list<at::Tensor> tensors) {
  const at::Tensor& first = *tensors.begin();
  auto group = std::find_if(groups.begin(), groups.end(), [&](const TensorGroup& other) {
    return other.device == first.device() && other.type == first.scalar_type();
  });
  if (group == groups.end()) {
    group = groups.insert(group, TensorGroup{first.device(), first.scalar_type(), {}});
    group->lists.resize(tensors.size());
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    group->lists[i].push_back(tensors.begin()[i]);
  }
}

}  // namespace hearth::optim::grouping
