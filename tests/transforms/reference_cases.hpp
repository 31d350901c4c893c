/// The images that Python made of noise, by a name and the size of the noise.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>

#include <hearth/image/image.hpp>

#include "catch.hpp"
#include "image/reference.hpp"

/// Calls `body(expected, photo, rest)` for each array of the pack that is called "NAME HEIGHT WIDTH CHANNELS ...": with
/// the noise of that size and with the rest of the words. Returns how many there are.
template <class Body>
int for_each_case(const Pack& pack, const std::string& name, const Body& body) {
  int cases = 0;
  for (const Pack::Array& expected : pack.arrays()) {
    std::istringstream words(expected.name);
    std::string found;
    int height = 0;
    int width = 0;
    int channels = 0;
    words >> found >> height >> width >> channels;
    if (found != name) {
      continue;
    }
    ++cases;
    CAPTURE(expected.name);
    body(expected, noise(height, width, channels, static_cast<std::uint32_t>(height * 100 + width)), words);
  }
  return cases;
}
