#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/cached_images.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/pack_images.hpp>
#include <hearth/datasets/packed_images.hpp>
#include <hearth/datasets/subset.hpp>
#include <hearth/transforms/color_jitter.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>

#include <ATen/ops/equal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "datasets/image_files.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using hearth_test::bmp;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

/// The batches of two epochs, in a random order.
template <class Dataset>
std::vector<Batch> batches_of(const Dataset& dataset, int workers, BadSamples bad_samples = BadSamples::stop) {
  DataLoader loader{dataset,
                    {.batch_size = 8, .shuffle = true, .workers = workers, .seed = 3, .bad_samples = bad_samples}};
  std::vector<Batch> batches;
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (const Batch& batch : loader) {
      batches.push_back(batch);
      batches.back().inputs = batch.inputs.clone();
    }
  }
  return batches;
}

void check_same(const std::vector<Batch>& batches, const std::vector<Batch>& expected) {
  REQUIRE(batches.size() == expected.size());
  for (std::size_t i = 0; i < batches.size(); ++i) {
    CHECK(batches[i].samples == expected[i].samples);
    CHECK(at::equal(batches[i].inputs, expected[i].inputs));
    CHECK(at::equal(batches[i].targets, expected[i].targets));
  }
}

const Compose augment{RandomResizedCrop{20}, RandomHorizontalFlip{},
                      ColorJitter{{.brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1}}, ToTensor{},
                      Normalize{imagenet::mean, imagenet::std}};

/// 30 images in three classes: photos, and small images of other sizes. With `bad`, one that cannot be decoded.
fs::path make_tree(const TemporaryFolder& folder, bool bad) {
  const std::string photo = read_text(fs::path(HEARTH_TEST_DIR) / "datasets/reference/photo.jpg");
  for (int i = 0; i < 30; ++i) {
    const std::string name = "root/" + std::to_string(i % 3) + "/" + std::to_string(i);
    const bool is_photo = i % 2 == 0;
    std::vector<int> pixels;
    for (int j = 0; j < 3 * (i + 1) * 4; ++j) {
      pixels.push_back((j * 37 + i) % 256);
    }
    folder.write(name + (is_photo ? ".jpg" : ".bmp"), is_photo ? photo : bmp(i + 1, 4, pixels));
  }
  if (bad) {
    folder.write("root/1/bad.jpg", "no image");
  }
  return folder / "root";
}

}  // namespace

TEST_CASE("Batches from every cache are those of the folder, for any number of workers", "[caches]") {
  const TemporaryFolder folder;
  for (const bool bad : {false, true}) {
    const ImageFolder images(make_tree(folder, bad), augment, {.index_folder = folder / "index"});
    const BadSamples policy = bad ? BadSamples::skip : BadSamples::stop;
    const std::vector<Batch> expected = batches_of(images, 0, policy);
    REQUIRE(expected.size() == 8);
    pack_images(images, folder / "encoded", {.keep_bad = bad});
    pack_images(images, folder / "decoded", {.content = PackContent::decoded, .keep_bad = bad});
    const PackedImages encoded{folder / "encoded", augment};
    const PackedImages decoded{folder / "decoded", augment};
    for (const int workers : {0, 1, 4}) {
      check_same(batches_of(images, workers, policy), expected);
      check_same(batches_of(CachedImages{images}, workers, policy), expected);
      check_same(batches_of(CachedImages{images, {.max_bytes = 20'000}}, workers, policy), expected);
      check_same(batches_of(encoded, workers, policy), expected);
      check_same(batches_of(decoded, workers, policy), expected);
      const CachedImages filled{encoded};
      CHECK(filled.fill(workers).images == 30);
      check_same(batches_of(filled, workers, policy), expected);
    }
  }
}

TEST_CASE("Batches of bytes from a cache and a pack are those of the folder", "[caches]") {
  const TemporaryFolder folder;
  const Compose crop{RandomResizedCrop{20}, ToTensor{}};
  const ImageFolder images(make_tree(folder, false), crop);
  pack_images(images, folder / "decoded", {.content = PackContent::decoded});
  const auto first = [](const auto& dataset) {
    DataLoader loader{dataset, {.batch_size = 30, .workers = 2, .dtype = Dtype::uint8}};
    return loader.begin()->inputs.clone();
  };
  const at::Tensor expected = first(images);
  CHECK(expected.scalar_type() == at::kByte);
  CHECK(at::equal(first(CachedImages{images}), expected));
  CHECK(at::equal(first(PackedImages{folder / "decoded", crop}), expected));
}
