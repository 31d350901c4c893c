// The part of the program that uses torch.
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>

#include <hearth/core/error.hpp>
#include <hearth/weights/read.hpp>

double sum_of_ones() {
  return at::ones({2, 3}).sum().item<double>();
}

bool absent_weights_are_refused() {
  try {
    hearth::read_weights("absent.safetensors");
  } catch (const hearth::Error&) {
    return true;
  }
  return false;
}
