#pragma once

#include <hearth/datasets/image_extension.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

namespace hearth::datasets {

namespace detail {

constexpr std::array<std::string_view, 9> extensions{".jpg", ".jpeg", ".png",  ".ppm", ".bmp",
                                                     ".pgm", ".tif",  ".tiff", ".webp"};

}  // namespace detail

HEARTH_INLINE bool has_image_extension(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) {
    return false;
  }
  std::array<char, 5> lower{};  // on the stack: a tree has a million names
  const std::string_view extension = name.substr(dot);
  if (extension.size() > lower.size()) {
    return false;
  }
  std::transform(extension.begin(), extension.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(detail::extensions.begin(), detail::extensions.end(),
                   std::string_view(lower.data(), extension.size())) != detail::extensions.end();
}

HEARTH_INLINE std::string image_extensions() {
  std::string text;
  for (const std::string_view extension : detail::extensions) {
    text += text.empty() ? "" : ", ";
    text += extension;
  }
  return text;
}

}  // namespace hearth::datasets
