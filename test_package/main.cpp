// A small program with a part of the headers, one of each kind: no tensors, tensors, and, where they are asked for,
// archives and JPEG. It prints what the tests compare.
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>

#include <cstdio>
#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/version.hpp>
#include <string>
#ifdef WITH_ARCHIVE
#include <hearth/archive/extract.hpp>
#endif

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
  int indices = 0;
  for (const auto index : hearth::permutation(4, 0, 0)) {
    indices += static_cast<int>(index);
  }
  std::string refusals = refused([] { hearth::read_image("absent.jpg"); }) ? " image" : "";
#ifdef WITH_ARCHIVE
  refusals += refused([] { hearth::extract_archive("absent.zip", "absent"); }) ? " archive" : "";
#endif
  const auto sum = at::ones({2, 3}).sum().item<double>();
  std::printf("hearth %s: %d %g%s\n", HEARTH_VERSION, indices, sum, refusals.c_str());
}
