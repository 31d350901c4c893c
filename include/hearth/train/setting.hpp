/// What a run was started with, for those who show it.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace hearth {

/// What a run was started with, by its name: `{"lr", 0.1}`, `{"arch", "resnet50"}`.
struct Setting {
  std::string name;                                             ///< "lr"
  std::variant<bool, std::int64_t, double, std::string> value;  ///< 0.1

  /// A value of any arithmetic type, or a text.
  Setting(std::string key, bool given) : name(std::move(key)), value(given) {}
  template <std::integral T>
  Setting(std::string key, T given) : name(std::move(key)), value(static_cast<std::int64_t>(given)) {}
  template <std::floating_point T>
  Setting(std::string key, T given) : name(std::move(key)), value(static_cast<double>(given)) {}
  Setting(std::string key, std::string given) : name(std::move(key)), value(std::move(given)) {}
  Setting(std::string key, const char* given) : name(std::move(key)), value(std::string(given)) {}
};

}  // namespace hearth
