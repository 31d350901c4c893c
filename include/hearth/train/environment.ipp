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
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>
#include <variant>

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

HEARTH_INLINE std::vector<Setting> environment_facts(std::string_view device) {
  const std::string processor = detail::processor_name();
  std::error_code error;
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 64> started{};
  std::strftime(started.data(), started.size(), "%Y-%m-%d %H:%M:%S %z", &local);
  return {{"started", started.data()},
          {"hearth", HEARTH_VERSION},
          {"LibTorch", TORCH_VERSION},
          {"CUDA", detail::cuda_version()},
          {"device", core::printable(device)},
          {"processor", processor.empty() ? "unknown" : processor},
          {"cores", std::thread::hardware_concurrency()},
          {"threads", at::get_num_threads()},
          {"instructions", at::get_cpu_capability()},
          {"system", detail::system_name()},
          {"compiler", detail::compiler_name()},
          {"working folder", core::printable(std::filesystem::current_path(error))}};
}

HEARTH_INLINE std::string describe_environment(std::string_view device) {
  std::string text;
  for (const Setting& fact : environment_facts(device)) {
    const std::int64_t* const number = std::get_if<std::int64_t>(&fact.value);
    const std::string value = number != nullptr ? std::to_string(*number) : std::get<std::string>(fact.value);
    text += fact.name == "instructions" ? fmt::format(", instructions {}", value)
                                        : fmt::format("{}{:<16}{}", text.empty() ? "" : "\n", fact.name, value);
  }
  return text + "\n";
}

}  // namespace hearth::train
