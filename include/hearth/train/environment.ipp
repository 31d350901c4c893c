#pragma once

#include <hearth/train/environment.hpp>

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <torch/version.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include <hearth/core/printable.hpp>
#include <hearth/version.hpp>

namespace hearth::train {

namespace detail {

/// What follows `key` in the first line of a text that has it, without blanks, `separator` and quotes; empty when no
/// line has it.
HEARTH_INLINE std::string value_of(std::istream& text, std::string_view key, char separator) {
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(key)) {
      const std::size_t place = line.find(separator);
      const std::size_t begin = place == std::string::npos ? place : line.find_first_not_of(" \t\"", place + 1);
      return begin == std::string::npos ? std::string()
                                        : line.substr(begin, line.find_last_not_of(" \t\"") + 1 - begin);
    }
  }
  return {};
}

HEARTH_INLINE std::string processor_name() {
#ifdef __APPLE__
  char name[256] = {};
  std::size_t size = sizeof name - 1;
  return ::sysctlbyname("machdep.cpu.brand_string", name, &size, nullptr, 0) == 0 ? name : std::string();
#else
  std::ifstream file("/proc/cpuinfo");
  return value_of(file, "model name", ':');
#endif
}

HEARTH_INLINE std::string system_name() {
  std::ifstream file("/etc/os-release");
  const std::string distribution = value_of(file, "PRETTY_NAME", '=');
  ::utsname kernel{};
  ::uname(&kernel);
  return fmt::format("{}{}{} {} ({})", distribution, distribution.empty() ? "" : ", ", kernel.sysname, kernel.release,
                     kernel.machine);
}

/// "12.6": that LibTorch was built with.
HEARTH_INLINE std::string cuda_version() {
  const std::string config = at::show_config();
  constexpr std::string_view key = "CUDA Runtime ";
  const std::size_t place = config.find(key);
  return place == std::string::npos
             ? "none in this LibTorch"
             : config.substr(place + key.size(), config.find_first_of(" ,\n", place + key.size()) - place - key.size());
}

HEARTH_INLINE std::string compiler_name() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace detail

HEARTH_INLINE std::string describe_environment(std::string_view device) {
  const std::string processor = detail::processor_name();
  std::error_code error;
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 64> started{};
  std::strftime(started.data(), started.size(), "%Y-%m-%d %H:%M:%S %z", &local);
  return fmt::format(
      "started         {}\n"
      "hearth          {}\n"
      "LibTorch        {}\n"
      "CUDA            {}\n"
      "device          {}\n"
      "processor       {}\n"
      "cores           {}\n"
      "threads         {}, instructions {}\n"
      "system          {}\n"
      "compiler        {}\n"
      "working folder  {}\n",
      started.data(), HEARTH_VERSION, TORCH_VERSION, detail::cuda_version(), core::printable(device),
      processor.empty() ? "unknown" : processor, std::thread::hardware_concurrency(), at::get_num_threads(),
      at::get_cpu_capability(), detail::system_name(), detail::compiler_name(),
      core::printable(std::filesystem::current_path(error)));
}

}  // namespace hearth::train
