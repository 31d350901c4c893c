/// Small grey pictures and their labels from a pair of IDX files, held in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/datasets/idx.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth::datasets {

/// The dataset of an IDX file of pictures [N, height, width] and one of labels [N]. The transform is given views of one
/// channel. Copies share the memory.
template <class Transform = ToTensor>
class LabelledIdx {
  static_assert(TransformLike<Transform>,
                "LabelledIdx: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
                "hearth/transforms/transform.hpp");

 public:
  /// `classes` has the names of the classes in the order of their labels. Throws Error naming the file when one cannot
  /// be read, the dimensions are others, the counts differ, or a label is none of the classes'.
  LabelledIdx(const std::filesystem::path& images, const std::filesystem::path& labels,
              std::vector<std::string> classes, Transform transform = {})
      : transform_(std::move(transform)),
        data_(std::make_shared<const Data>(load(images, labels, std::move(classes)))) {}

  std::size_t size() const noexcept { return data_->labels.size(); }

  /// Writes picture `index`, transformed; its label.
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    transform_.write(image(index), random, sink);
    return data_->labels[index];
  }

  std::int64_t label(std::size_t index) const {
    check(index);
    return data_->labels[index];
  }

  /// Picture `index` as it is in the file, one channel; valid as long as the dataset or a copy of it.
  ImageView image(std::size_t index) const {
    check(index);
    const std::size_t pixels = static_cast<std::size_t>(data_->height) * static_cast<std::size_t>(data_->width);
    return {data_->pixels.data() + index * pixels, data_->height, data_->width, 1, data_->width};
  }

  const std::vector<std::string>& classes() const noexcept { return data_->classes; }
  std::size_t num_classes() const noexcept { return data_->classes.size(); }
  const Transform& transform() const noexcept { return transform_; }

 private:
  struct Data {
    int height = 0;
    int width = 0;
    std::vector<std::uint8_t> pixels;
    std::vector<std::uint8_t> labels;
    std::vector<std::string> classes;
  };

  static Data load(const std::filesystem::path& images, const std::filesystem::path& labels,
                   std::vector<std::string> classes) {
    IdxArray pixels = read_idx(images);
    IdxArray targets = read_idx(labels);
    core::require(pixels.dimensions.size() == 3, "{} has {} dimensions, but pictures need 3: count, height, width",
                  images.string(), pixels.dimensions.size());
    core::require(targets.dimensions.size() == 1, "{} has {} dimensions, but labels need 1: count", labels.string(),
                  targets.dimensions.size());
    const std::size_t count = pixels.dimensions[0];
    core::require(targets.dimensions[0] == count, "{} has {} pictures, but {} has {} labels", images.string(), count,
                  labels.string(), targets.dimensions[0]);
    core::require(count > 0 && !pixels.values.empty(), "{} has no pictures", images.string());
    constexpr std::size_t most = 65535;
    core::require(pixels.dimensions[1] <= most && pixels.dimensions[2] <= most,
                  "{}: pictures of {} x {} pixels are too large", images.string(), pixels.dimensions[1],
                  pixels.dimensions[2]);
    for (std::size_t i = 0; i < count; ++i) {
      core::require(targets.values[i] < classes.size(), "{}: label {} is {}, but there are {} classes, 0 to {}",
                    labels.string(), i, targets.values[i], classes.size(), classes.size() - 1);
    }
    return {static_cast<int>(pixels.dimensions[1]), static_cast<int>(pixels.dimensions[2]), std::move(pixels.values),
            std::move(targets.values), std::move(classes)};
  }

  void check(std::size_t index) const {
    core::require(index < size(), "LabelledIdx: index {} is out of range: there are {} pictures", index, size());
  }

  [[no_unique_address]] Transform transform_;
  std::shared_ptr<const Data> data_;
};

}  // namespace hearth::datasets
