#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>

#include <hearth/core/device.hpp>

double sum_of_ones() {
  return at::ones({2, 3}).sum().item<double>();
}
