#pragma once

#include <hearth/metrics/class_names.hpp>

#include <algorithm>

#include <hearth/core/error.hpp>

namespace hearth::metrics {

HEARTH_INLINE std::int64_t class_count(std::string_view metric, const std::vector<std::string>& names,
                                       std::int64_t num_classes) {
  const auto named = static_cast<std::int64_t>(names.size());
  core::require(num_classes >= 0, "{}: num_classes must not be negative, but got {}", metric, num_classes);
  core::require(named == 0 || num_classes == 0 || named == num_classes, "{}: num_classes is {}, but there are {} names",
                metric, num_classes, named);
  return std::max(named, num_classes);
}

HEARTH_INLINE std::int64_t agreed_classes(std::string_view metric, std::int64_t known, std::int64_t met) {
  core::require(known == 0 || known == met, "{}: the outputs have {} classes, but the metric has {}", metric, met,
                known);
  return met;
}

HEARTH_INLINE std::vector<std::string> names_or_numbers(const std::vector<std::string>& names, std::size_t classes) {
  std::vector<std::string> result = names;
  for (std::size_t i = result.size(); i < classes; ++i) {
    result.push_back(std::to_string(i));
  }
  return result;
}

HEARTH_INLINE std::string right_aligned(std::string_view text, std::size_t width) {
  const std::size_t there = characters(text);
  return std::string(width > there ? width - there : 0, ' ').append(text);
}

HEARTH_INLINE std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;  // all but the bytes that continue a character
  }));
}

}  // namespace hearth::metrics
