// A user's program: it must compile with the include path and the libraries that hearth's targets bring, and with no
// warnings but its own: -Wconversion would refuse the line marked so.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <hearth/archive/extract.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/version.hpp>

double sum_of_ones();
bool absent_weights_are_refused();

template <class Action>
bool refused(Action action) {
  try {
    action();
  } catch (const hearth::Error&) {
    return true;
  }
  return false;
}

int main() {
  // What is in the compiled library, or in the headers, with the libraries of its components.
  const bool all_refused = refused([] { hearth::extract_archive("absent.zip", "absent"); }) &&
                           refused([] { hearth::read_image("absent.jpg"); }) && absent_weights_are_refused();

  int indices = 0;
  for (const auto index : hearth::permutation(4, 0, 0)) {
    indices = indices + static_cast<double>(index);  // a conversion that hearth's own warnings would refuse
  }
  try {
    hearth::core::require(indices == 7, "indices add up to {}", indices);
  } catch (const hearth::Error& error) {
    fmt::print("hearth {}: {}; {}; {}\n", HEARTH_VERSION, error.what(), sum_of_ones(),
               all_refused ? "archive, weights and image are refused" : "something absent was read");
    return 0;
  }
  return 1;
}
