/// The names of classes in tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::metrics {

/// The number of classes that a metric's options give: `num_classes`, or as many as there are names; 0 where neither
/// says. Throws Error when they disagree.
std::int64_t class_count(std::string_view metric, const std::vector<std::string>& names, std::int64_t num_classes);

/// The number of classes of a metric that so far has `known`, 0 for none yet, and meets outputs of `met`. Throws Error
/// when they disagree.
std::int64_t agreed_classes(std::string_view metric, std::int64_t known, std::int64_t met);

/// The names, or the numbers 0, 1, … where there are none.
std::vector<std::string> names_or_numbers(const std::vector<std::string>& names, std::size_t classes);

/// The text with spaces before it, up to a width in characters (code points of UTF-8).
std::string right_aligned(std::string_view text, std::size_t width);

/// The number of characters (code points of UTF-8).
std::size_t characters(std::string_view text);

}  // namespace hearth::metrics

#ifndef HEARTH_COMPILED
#include <hearth/metrics/class_names.ipp>
#endif
