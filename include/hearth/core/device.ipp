#pragma once

#include <hearth/core/device.hpp>

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/mps.h>

#include <array>
#include <charconv>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth {

HEARTH_INLINE c10::Device default_device() {
  if (torch::cuda::is_available()) {
    return {c10::DeviceType::CUDA, 0};
  }
  return torch::mps::is_available() ? c10::Device(c10::DeviceType::MPS) : c10::Device(c10::DeviceType::CPU);
}

HEARTH_INLINE int cuda_device_count() {
  return torch::cuda::is_available() ? torch::cuda::device_count() : 0;
}

HEARTH_INLINE c10::Device parse_device(std::string_view name) {
  if (name == "auto") {
    return default_device();
  }
  if (name == "cpu") {
    return c10::DeviceType::CPU;
  }
  if (name == "mps") {
    core::require(torch::mps::is_available(), "device: mps was asked for, but there is none here; use auto or cpu");
    return c10::DeviceType::MPS;
  }
  int index = 0;
  bool known = name == "cuda";
  if (constexpr std::string_view prefix = "cuda:"; name.starts_with(prefix)) {
    const char* const end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data() + prefix.size(), end, index);
    known = error == std::errc{} && rest == end && index >= 0;
  }
  core::require(known, "device: expected auto, cpu, cuda, cuda:N or mps, but got \"{}\"", name);
  const int count = cuda_device_count();
  core::require(
      count > 0,
      "device: {} was asked for, but there is no CUDA device here (or this LibTorch was built without CUDA); use "
      "auto or cpu",
      name);
  core::require(index < count, "device: {} was asked for, but the CUDA devices here are cuda:0 to cuda:{}", name,
                count - 1);
  return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)};
}

namespace detail {

/// The name of a CUDA device, asked of the driver itself so that no CUDA header is needed; empty when it has none.
inline std::string cuda_name(int index) {
  void* const driver = ::dlopen("libcuda.so.1", RTLD_LAZY);
  if (driver == nullptr) {
    return {};
  }
  const auto initialise = reinterpret_cast<int (*)(unsigned)>(::dlsym(driver, "cuInit"));
  const auto get_device = reinterpret_cast<int (*)(int*, int)>(::dlsym(driver, "cuDeviceGet"));
  const auto get_name = reinterpret_cast<int (*)(char*, int, int)>(::dlsym(driver, "cuDeviceGetName"));
  std::array<char, 256> name{};
  int device = 0;
  const bool named = initialise != nullptr && get_device != nullptr && get_name != nullptr && initialise(0) == 0 &&
                     get_device(&device, index) == 0 &&
                     get_name(name.data(), static_cast<int>(name.size()) - 1, device) == 0;
  return named ? std::string(name.data()) : std::string{};
}

}  // namespace detail

HEARTH_INLINE std::string describe(c10::Device device) {
  if (device.is_cpu()) {
    const int threads = at::get_num_threads();
    return fmt::format("cpu ({} {})", threads, threads == 1 ? "thread" : "threads");
  }
  if (device.is_cuda()) {
    const int index = device.has_index() ? device.index() : 0;
    const std::string name = detail::cuda_name(index);
    return name.empty() ? fmt::format("cuda:{}", index) : fmt::format("cuda:{} ({})", index, name);
  }
  return device.str();
}

}  // namespace hearth
