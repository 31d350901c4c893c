// A user's program: it must compile with the include path and the libraries that hearth's targets bring, and with no
// warnings but its own: -Wconversion would refuse the line marked so.
#include <fmt/format.h>

#include <cstdio>
#include <hearth/archive/archive_reader.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/version.hpp>

double sum_of_ones();

int main() {
  int indices = 0;
  for (const auto index : hearth::permutation(4, 0, 0)) {
    indices = indices + static_cast<double>(index);  // a conversion that hearth's own warnings would refuse
  }
  try {
    hearth::core::require(indices == 7, "indices add up to {}", indices);
  } catch (const hearth::Error& error) {
    fmt::print("hearth {}: {}; {}\n", HEARTH_VERSION, error.what(), sum_of_ones());
    return 0;
  }
  return 1;
}
