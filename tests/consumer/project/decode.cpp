// A program that decodes images, with a part that may do it in another way.
#include <cstddef>
#include <hearth/image/decode.hpp>

std::size_t channels_of_part();

int main() {
  return channels_of_part() == static_cast<std::size_t>(hearth::Channels::rgb) ? 0 : 1;
}
