/// What networks set of their BatchNorms.
#pragma once

namespace hearth::models {

/// The numbers of torch.nn.BatchNorm2d that some networks change.
struct BatchNormSettings {
  double eps = 1e-5;      ///< added to the variance
  double momentum = 0.1;  ///< share of a new batch in the running statistics
};

}  // namespace hearth::models
