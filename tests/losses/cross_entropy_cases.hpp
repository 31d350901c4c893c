/// The losses of labels whose values are in reference/loss.txt, with the batch that they take.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>

#include <hearth/losses/cross_entropy.hpp>

#include "models/formula.hpp"

namespace cross_entropy_cases {

inline torch::Tensor weight() {
  return torch::tensor({0.5, 1.0, 2.0, 0.25, 3.0});
}  // double: taken to the logits' type

inline std::map<std::string, hearth::CrossEntropyLoss> losses() {
  return {
      {"plain", {}},
      {"label_smoothing", {{.label_smoothing = 0.1}}},
      {"weight", {{.weight = weight()}}},
      {"ignore_index", {{.ignore_index = 3}}},
      {"all", {{.label_smoothing = 0.2, .weight = weight(), .ignore_index = 3}}},
  };
}

inline torch::Tensor logits() {
  return formula::tensor(1, {6, 5}, 8.0);
}
inline torch::Tensor labels() {
  return torch::tensor({0, 3, 4, 1, 3, 2});
}

}  // namespace cross_entropy_cases
