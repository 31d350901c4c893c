/// Random pictures, as many and as large as wanted: for tests and measurements that need no files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

struct FakeDataOptions {
  std::size_t size = 1000;
  int height = 224;
  int width = 224;
  int channels = 3;  ///< 1 (grey) or 3 (RGB)
  std::size_t num_classes = 10;
  std::uint64_t seed = 0;
};

/// Pictures whose bytes are random and whose labels are uniform over the classes; torchvision's FakeData. Sample i is a
/// function of the seed and i, made when it is read.
template <class Transform = ToTensor>
class FakeData {
  static_assert(TransformLike<Transform>,
                "FakeData: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
                "hearth/transforms/transform.hpp");

 public:
  /// Throws Error when there would be no pixel, another number of channels than 1 or 3, or no class.
  explicit FakeData(FakeDataOptions options = {}, Transform transform = {})
      : options_(options), transform_(std::move(transform)) {
    core::require(options.height >= 1 && options.width >= 1,
                  "FakeData: height and width must be at least 1, but got {} x {}", options.height, options.width);
    core::require(options.channels == 1 || options.channels == 3, "FakeData: channels must be 1 or 3, but got {}",
                  options.channels);
    core::require(options.num_classes >= 1, "FakeData: num_classes must be at least 1, but got 0");
  }

  std::size_t size() const noexcept { return options_.size; }
  std::size_t num_classes() const noexcept { return options_.num_classes; }

  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    const Image picture = image(index);
    transform_.write(picture.view(), random, sink);
    return label(index);
  }

  std::int64_t label(std::size_t index) const {
    RandomStream own = stream(index, 0);
    return static_cast<std::int64_t>(own.below(options_.num_classes));
  }

  /// Picture `index`, before the transform.
  Image image(std::size_t index) const {
    RandomStream own = stream(index, 1);
    Image picture(options_.height, options_.width, options_.channels);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < picture.pixels().size(); ++i) {
      bits = i % 4 == 0 ? own() : bits >> 8;
      picture.pixels()[i] = static_cast<std::uint8_t>(bits);
    }
    return picture;
  }

 private:
  RandomStream stream(std::size_t index, std::uint64_t purpose) const {
    core::require(index < size(), "FakeData: index {} is out of range: there are {} pictures", index, size());
    return {options_.seed, purpose, index};
  }

  FakeDataOptions options_;
  [[no_unique_address]] Transform transform_;
};

}  // namespace hearth
