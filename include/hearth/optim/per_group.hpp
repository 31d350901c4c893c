/// One number for all parameter groups of an optimizer, or one for each.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth::optim {

///     .max_lr = 0.1            // for all groups
///     .max_lr = {0.01, 0.1}    // for two groups
class PerGroup {
 public:
  PerGroup(double number) : numbers_{number} {}
  PerGroup(std::initializer_list<double> numbers) : numbers_(numbers), is_list_(true) {}
  PerGroup(std::vector<double> numbers) : numbers_(std::move(numbers)), is_list_(true) {}

  /// Whether it was given as a list.
  bool is_list() const noexcept { return is_list_; }
  const std::vector<double>& numbers() const noexcept { return numbers_; }

  /// One number for each of this many groups. Throws Error, which begins with `what`, when the list has another length.
  std::vector<double> for_groups(std::string_view what, std::size_t groups) const {
    core::require(!is_list_ || numbers_.size() == groups,
                  "{} has {} numbers, but the optimizer has {} parameter groups", what, numbers_.size(), groups);
    return is_list_ ? numbers_ : std::vector<double>(groups, numbers_.front());
  }

 private:
  std::vector<double> numbers_;
  bool is_list_ = false;
};

}  // namespace hearth::optim
