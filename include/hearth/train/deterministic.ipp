#pragma once

#include <hearth/train/deterministic.hpp>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

namespace hearth {

namespace detail {

/// What makes cuBLAS reserve a workspace of its own for each stream. Some sums differ from run to run without.
inline constexpr const char* cublas_workspace = "CUBLAS_WORKSPACE_CONFIG";

HEARTH_INLINE bool uses_cuda() {
  if (!at::globalContext().hasCUDA()) {
    return false;
  }
  const auto& hooks = at::detail::getCUDAHooks();
  for (int device = 0; device < hooks.deviceCount(); ++device) {
    if (hooks.hasPrimaryContext(static_cast<at::DeviceIndex>(device))) {
      return true;
    }
  }
  return false;
}

HEARTH_INLINE std::vector<std::string> limits_of_determinism(bool workspace_comes_late) {
  std::vector<std::string> limits{
      fmt::format("Numbers repeat on the same machine with the same LibTorch and as many threads as now ({}); others "
                  "sum in another "
                  "order.",
                  at::get_num_threads())};
  if (!at::globalContext().hasCUDA()) {
    return limits;
  }
  limits.emplace_back(
      "On CUDA, an operation that has no deterministic algorithm throws an error that names it: the backward passes of "
      "adaptive pooling to more than 1x1 (AlexNet, VGG), of 3-dimensional pooling, of reflection padding and of "
      "bicubic resizing are some.");
  const char* const workspace = std::getenv(cublas_workspace);
  const std::string_view setting = workspace != nullptr ? workspace : "";
  if (setting != ":4096:8" && setting != ":16:8") {
    limits.push_back(fmt::format("{} is \"{}\", with which matrix products on CUDA throw an error: set it to :4096:8.",
                                 cublas_workspace, setting));
  } else if (workspace_comes_late) {
    limits.push_back(fmt::format("CUDA was in use before {} was set: set it to :4096:8 before the program starts.",
                                 cublas_workspace));
  }
  return limits;
}

}  // namespace detail

HEARTH_INLINE std::vector<std::string> set_deterministic(bool on) {
  at::Context& context = at::globalContext();
  const bool lacks_workspace = on && std::getenv(detail::cublas_workspace) == nullptr;
  const bool workspace_comes_late = lacks_workspace && detail::uses_cuda();
  if (lacks_workspace) {
    ::setenv(detail::cublas_workspace, ":4096:8", /*overwrite=*/0);
  }
  context.setDeterministicAlgorithms(on, /*warn_only=*/false);
  context.setDeterministicCuDNN(on);
  context.setDeterministicMkldnn(on);
  if (on) {
    context.setBenchmarkCuDNN(false);
    return detail::limits_of_determinism(workspace_comes_late);
  }
  return {};
}

HEARTH_INLINE DeterministicMode::DeterministicMode()
    : algorithms_(at::globalContext().deterministicAlgorithms()),
      warn_only_(at::globalContext().deterministicAlgorithmsWarnOnly()),
      cudnn_(at::globalContext().deterministicCuDNN()),
      benchmark_(at::globalContext().benchmarkCuDNN()),
      mkldnn_(at::globalContext().deterministicMkldnn()),
      had_workspace_(std::getenv(detail::cublas_workspace) != nullptr),
      limits_(set_deterministic(true)) {}

HEARTH_INLINE DeterministicMode::~DeterministicMode() {
  at::Context& context = at::globalContext();
  context.setDeterministicAlgorithms(algorithms_, warn_only_);
  context.setDeterministicCuDNN(cudnn_);
  context.setBenchmarkCuDNN(benchmark_);
  context.setDeterministicMkldnn(mkldnn_);
  if (!had_workspace_) {
    ::unsetenv(detail::cublas_workspace);
  }
}

}  // namespace hearth
