/// What each of the 256 values of a channel becomes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hearth::image {

using ByteTable = std::array<std::uint8_t, 256>;

/// The table of `function`, which maps one value and is called with 0, 1, … 255.
template <class Function>
ByteTable byte_table(Function function) {
  ByteTable table;
  for (std::size_t value = 0; value < table.size(); ++value) {
    table[value] = function(static_cast<std::uint8_t>(value));
  }
  return table;
}

}  // namespace hearth::image
