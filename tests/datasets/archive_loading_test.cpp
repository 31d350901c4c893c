#include <hearth/archive/extract.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/image_archive.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/imagenet.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>

#include <ATen/ops/equal.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

template <class Dataset>
std::vector<Batch> batches_of(const Dataset& dataset, int workers) {
  DataLoader loader{dataset, {.batch_size = 16, .shuffle = true, .workers = workers, .seed = 3}};
  std::vector<Batch> batches;
  for (const Batch& batch : loader) {
    batches.push_back(batch);
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

}  // namespace

TEST_CASE("The photos in imagenet-samples.tar give the batches of the folder that it unpacks to", "[image_archive]") {
  const char* const shared = std::getenv("HEARTH_SHARED");
  const fs::path path = fs::path(shared != nullptr ? shared : "") / "data" / "imagenet-samples.tar";
  if (shared == nullptr || !fs::exists(path)) {
    WARN("skipped: HEARTH_SHARED names no folder with data/imagenet-samples.tar");
    return;
  }
  const TemporaryFolder folder;
  extract_archive(path, folder.path());
  const Compose augment{RandomResizedCrop{64}, RandomHorizontalFlip{}, ToTensor{}};
  const std::vector<Batch> expected = batches_of(ImageFolder{folder / "imagenet-samples", augment}, 2);
  std::size_t samples = 0;
  for (const Batch& batch : expected) {
    samples += batch.samples.size();
  }
  REQUIRE(samples == 203);
  const ImageArchive archive(path, augment, {.folder = "imagenet-samples", .index_folder = folder / "cache"});
  for (const int workers : {0, 2, 4}) {
    check_same(batches_of(archive, workers), expected);
  }
  fs::create_directory(folder / "root");
  fs::create_symlink(path, folder / "root/train.tar");
  fs::create_directory_symlink(folder / "imagenet-samples", folder / "root/val");
  for (const Split split : {Split::train, Split::test}) {
    check_same(batches_of(ImageNet(folder / "root", split, augment, {.index_folder = folder / "cache"}), 2), expected);
  }
}
