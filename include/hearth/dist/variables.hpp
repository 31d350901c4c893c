/// The environment, read with what is expected of it.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/dist/meeting_place.hpp>

namespace hearth::dist::detail {

/// The variable by which the launcher tells its children that they are that: its process id.
inline constexpr const char* launcher_variable = "HEARTH_LAUNCHER";

/// A whole number that `name`, a variable or a flag, has.
inline int number_of(std::string_view name, std::string_view text, int least, int most) {
  int number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  core::require(error == std::errc{} && stop == text.data() + text.size() && number >= least && number <= most,
                "{} must be a whole number from {} to {}, but is \"{}\"", name, least, most, core::printable(text));
  return number;
}

inline constexpr int most_processes = 1'000'000;

/// The environment, read with what is expected of it. A variable that is set to nothing is not set.
class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  std::optional<std::string> text(const std::string& name) const {
    std::optional<std::string> value = environment_(name);
    return value && value->empty() ? std::nullopt : value;
  }

  bool has(const std::string& name) const { return text(name).has_value(); }

  std::optional<int> number(const std::string& name, int least, int most = most_processes) const {
    const std::optional<std::string> value = text(name);
    return value ? std::optional(number_of(name, *value, least, most)) : std::nullopt;
  }

 private:
  const Environment& environment_;
};

/// Requires that ranks count from 0.
inline void require_rank(const std::string& rank_name, int rank, const std::string& size_name, int size) {
  core::require(rank < size, "{} is {}, but {} is {}: ranks are 0 to {}", rank_name, rank, size_name, size, size - 1);
}

}  // namespace hearth::dist::detail
