/// Random images, as many and as large as wanted: for tests and measurements that need no files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

struct FakeDataOptions {
  std::size_t size = 1000;       ///< how many samples
  int height = 224;              ///< of each image, in pixels
  int width = 224;               ///< of each image, in pixels
  int channels = 3;              ///< 1 (grey) or 3 (RGB)
  std::size_t num_classes = 10;  ///< labels are 0 to this number - 1
  std::uint64_t seed = 0;        ///< of pixels and labels
};

}  // namespace hearth

namespace hearth::datasets {

/// The images and labels of FakeData.
class FakeImages {
 public:
  /// Throws Error when there would be no pixel, another number of channels than 1 or 3, or no class.
  explicit FakeImages(const FakeDataOptions& options);

  const FakeDataOptions& options() const noexcept { return options_; }

  /// These throw Error when there is no image `index`.
  std::int64_t label(std::size_t index) const;
  Image image(std::size_t index) const;

 private:
  RandomStream stream(std::size_t index, std::uint64_t purpose) const;

  FakeDataOptions options_;
};

}  // namespace hearth::datasets

namespace hearth {

/// Images whose bytes are random and whose labels are uniform over the classes; torchvision's FakeData. Sample i is a
/// function of the seed and i, made when it is read.
template <class Transform = ToTensor>
class FakeData {
  static_assert(TransformLike<Transform>,
                "FakeData: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
                "hearth/transforms/transform.hpp");

 public:
  /// Throws Error when there would be no pixel, another number of channels than 1 or 3, or no class.
  explicit FakeData(FakeDataOptions options = {}, Transform transform = {})
      : images_(options), transform_(std::move(transform)) {}

  std::size_t size() const noexcept { return images_.options().size; }
  std::size_t num_classes() const noexcept { return images_.options().num_classes; }

  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    const Image made = image(index);
    transform_.write(made.view(), random, sink);
    return label(index);
  }

  std::int64_t label(std::size_t index) const { return images_.label(index); }

  /// Image `index`, before the transform.
  Image image(std::size_t index) const { return images_.image(index); }

  const Transform& transform() const noexcept { return transform_; }

 private:
  datasets::FakeImages images_;
  [[no_unique_address]] Transform transform_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/fake_data.ipp>
#endif
