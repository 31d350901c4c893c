/// Image files made by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hearth_test {

/// A BMP file of 24 bits a pixel: `rgb` has height x width pixels, rows from the top.
inline std::string bmp(int height, int width, const std::vector<int>& rgb) {
  const auto number = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
      text += static_cast<char>(value >> (8 * i) & 0xFF);
    }
    return text;
  };
  const std::size_t padding = static_cast<std::size_t>((4 - width * 3 % 4) % 4);
  std::string pixels;
  for (int y = height - 1; y >= 0; --y) {
    for (int x = 0; x < width; ++x) {
      for (const int channel : {2, 1, 0}) {
        pixels += static_cast<char>(rgb.at(static_cast<std::size_t>((y * width + x) * 3 + channel)));
      }
    }
    pixels.append(padding, '\0');
  }
  const auto size = static_cast<std::uint32_t>(pixels.size());
  return "BM" + number(54 + size, 4) + number(0, 4) + number(54, 4) + number(40, 4) +
         number(static_cast<std::uint32_t>(width), 4) + number(static_cast<std::uint32_t>(height), 4) + number(1, 2) +
         number(24, 2) + number(0, 4) + number(size, 4) + number(2835, 4) + number(2835, 4) + number(0, 4) +
         number(0, 4) + pixels;
}

}  // namespace hearth_test
