// A part of a program that decodes images, in one of the ways that there are.
#include <hearth/image/decode.hpp>

std::size_t channels_of_part() {
  return static_cast<std::size_t>(hearth::Channels::rgb);
}
