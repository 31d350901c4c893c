/// How do I write a transform of my own? Here it is one that paints a random square black.
///
/// This program is header-only and needs no LibTorch: the headers of images and transforms work without it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/to_tensor.hpp>

using namespace hearth;

/// A stage that changes eight-bit pixels has apply(image, random); hearth/transforms/transform.hpp lists the other
/// kinds of stages. All of its chance comes from `random`, so that a run repeats itself.
struct BlackSquare {
  int side = 1;

  void apply(Image& image, RandomStream& random) const {
    core::require(image.height() >= side && image.width() >= side, "BlackSquare: side is {}, but the image is {} x {}",
                  side, image.height(), image.width());
    const auto place = [&](int size) { return static_cast<int>(random.below(static_cast<unsigned>(size - side + 1))); };
    const int top = place(image.height());
    const int left = place(image.width());
    for (int y = top; y < top + side; ++y) {
      std::uint8_t* const row = image.row(y);
      std::fill(row + left * image.channels(), row + (left + side) * image.channels(), std::uint8_t{0});
    }
  }
};

/// Where a sample goes. A DataLoader gives a place in a batch; here it is a plain vector.
struct VectorSink final : SampleSink {
  std::vector<float> floats;
  SamplePlace place(const Shape& shape) override {
    floats.resize(static_cast<std::size_t>(shape.numel()));
    return {floats.data(), shape, Layout::contiguous};
  }
};

int main() {
  const Image white(6, 12, 1, std::vector<std::uint8_t>(6 * 12, 255));
  const Compose augment{BlackSquare{.side = 3}, RandomHorizontalFlip{}, ToTensor{}};
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
    RandomStream random(/*seed=*/0, epoch, /*index=*/0);
    VectorSink sink;
    augment.write(white.view(), random, sink);
    for (std::size_t i = 0; i < sink.floats.size(); ++i) {
      std::printf("%c%s", sink.floats[i] > 0 ? '.' : '#', i % 12 == 11 ? "\n" : "");
    }
    std::printf("%s", epoch == 0 ? "\n" : "");
  }
}

// Output:
// ............
// ........###.
// ........###.
// ........###.
// ............
// ............
//
// ............
// ............
// ............
// .###........
// .###........
// .###........
