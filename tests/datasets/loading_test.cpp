#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/concat_dataset.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/five_crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/random_erasing.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "datasets/image_files.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::bmp;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

/// The batches of an epoch.
template <class Loader>
std::vector<Batch> all(Loader& loader) {
  std::vector<Batch> batches;
  for (const Batch& batch : loader) {
    batches.push_back(batch);
  }
  return batches;
}

}  // namespace

TEST_CASE("Samples of different shapes in a batch are an error that names both", "[data_loader]") {
  const TemporaryFolder folder;
  folder.write("a/1.bmp", bmp(1, 1, {0, 0, 0}));
  folder.write("a/2.bmp", bmp(1, 2, {0, 0, 0, 0, 0, 0}));
  for (const BadSamples policy : {BadSamples::stop, BadSamples::skip}) {
    DataLoader loader{ImageFolder{folder.path()}, {.batch_size = 2, .workers = 1, .bad_samples = policy}};
    CHECK_THROWS_WITH(all(loader), ContainsSubstring("2.bmp") &&
                                       ContainsSubstring("sample 1 has the shape [3, 1, 2]") &&
                                       ContainsSubstring("the batch began with [3, 1, 1]") &&
                                       ContainsSubstring("Resize and CenterCrop"));
  }
  DataLoader one_by_one{ImageFolder{folder.path()}, {.batch_size = 1}};
  CHECK(all(one_by_one)[1].inputs.numel() == 6);
}

TEST_CASE("A truncated JPEG and a text named .jpg are errors that name them, or are skipped", "[data_loader]") {
  const std::string photo = read_text(fs::path(HEARTH_TEST_DIR) / "datasets/reference/photo.jpg");
  for (const std::string& bad : {photo.substr(0, photo.size() * 2 / 3), std::string("a text, not an image\n")}) {
    const TemporaryFolder folder;
    folder.write("a/1.jpg", photo);
    folder.write("a/2.jpg", bad);
    folder.write("b/3.jpg", photo);
    DataLoader loader{ImageFolder{folder.path()}, {.batch_size = 3, .workers = 2}};
    CHECK_THROWS_WITH(all(loader), ContainsSubstring((folder / "a/2.jpg").string()));
    DataLoader skipping{ImageFolder{folder.path()}, {.batch_size = 3, .workers = 2, .bad_samples = BadSamples::skip}};
    const std::vector<Batch> batches = all(skipping);
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].samples == std::vector<std::size_t>{0, 2});
    CHECK(at::equal(batches[0].targets, at::arange(2)));
    CHECK(skipping.skipped() == 1);
  }
  CHECK_THROWS_WITH((DataLoader{ImageFolder{"/nowhere/train"}, {.batch_size = 2}}),
                    ContainsSubstring("/nowhere/train does not exist"));
}

TEST_CASE("TensorDataset gives the rows of its tensors", "[tensor_dataset]") {
  const at::Tensor inputs = at::rand({5, 3, 4, 2});
  const at::Tensor targets = at::arange(5, at::kLong) * 3;
  for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
    DataLoader loader{TensorDataset{inputs, targets}, {.batch_size = 2, .workers = 1, .layout = layout}};
    for (const Batch& batch : loader) {
      const auto first = static_cast<std::int64_t>(2 * batch.index);
      const auto count = static_cast<std::int64_t>(batch.size());
      CHECK(at::equal(batch.inputs, inputs.narrow(0, first, count)));
      CHECK(at::equal(batch.targets, targets.narrow(0, first, count)));
    }
  }
  DataLoader transposed{TensorDataset{inputs.transpose(1, 3), targets}, {.batch_size = 5}};
  CHECK(at::equal(transposed.begin()->inputs, inputs.transpose(1, 3)));
  DataLoader scalars{TensorDataset{at::arange(5, at::kFloat), targets}, {.batch_size = 5}};
  CHECK(at::equal(scalars.begin()->inputs, at::arange(5, at::kFloat)));
  CHECK(TensorDataset{inputs, targets}.label(2) == 6);
}

TEST_CASE("TensorDataset gives targets of any shape: numbers, vectors, pictures, label maps", "[tensor_dataset]") {
  const at::Tensor inputs = at::rand({5, 3});
  for (const at::Tensor& targets : {at::rand({5}), at::rand({5, 4}), at::rand({5, 1, 2, 3}), at::rand({4, 5}).t(),
                                    at::arange(30, at::kLong).view({5, 2, 3}), at::arange(5, at::kLong).view({5, 1})}) {
    for (const int workers : {0, 2}) {
      DataLoader loader{TensorDataset{inputs, targets}, {.batch_size = 2, .workers = workers}};
      for (const Batch& batch : loader) {
        CHECK(batch.targets.scalar_type() == targets.scalar_type());
        CHECK(at::equal(batch.targets, targets.narrow(0, static_cast<std::int64_t>(2 * batch.index),
                                                      static_cast<std::int64_t>(batch.size()))));
      }
    }
  }
}

TEST_CASE("TensorDataset refuses tensors that are not what it needs", "[tensor_dataset]") {
  const at::Tensor inputs = at::rand({5, 3});
  const at::Tensor targets = at::arange(5, at::kLong);
  CHECK_THROWS_WITH(TensorDataset(inputs.to(at::kDouble), targets),
                    ContainsSubstring("inputs must be of type float") && ContainsSubstring("Double"));
  CHECK_THROWS_WITH(TensorDataset(inputs, targets.to(at::kInt)), ContainsSubstring("targets must be of type int64"));
  CHECK_THROWS_WITH(TensorDataset(inputs, targets.narrow(0, 0, 4)), ContainsSubstring("5 inputs, but 4 targets"));
  CHECK_THROWS_WITH(TensorDataset(inputs, targets.sum()),
                    ContainsSubstring("targets [N] or [N, ...], but have 2 and 0"));
  CHECK_THROWS_WITH(TensorDataset(inputs, targets.view({5, 1})).label(0),
                    ContainsSubstring("no labels: the targets are Long of 2 dimensions"));
  CHECK_THROWS_WITH(TensorDataset(inputs, targets.to(at::kFloat)).label(0),
                    ContainsSubstring("no labels: the targets are Float of 1 dimensions"));
  CHECK_THROWS_WITH(TensorDataset(at::Tensor(), targets), ContainsSubstring("must be tensors"));
  CHECK_THROWS_WITH(TensorDataset(inputs, targets).label(5), ContainsSubstring("index 5 is out of range"));
}

namespace {

/// Three photos' worth of noise, two classes.
void write_images(const TemporaryFolder& folder) {
  RandomStream random(0, 0, 5);
  for (const char* const name : {"a/1.bmp", "a/2.bmp", "b/3.bmp"}) {
    std::vector<int> pixels(20 * 24 * 3);
    for (int& byte : pixels) {
      byte = static_cast<int>(random.below(256));
    }
    folder.write(name, bmp(20, 24, pixels));
  }
}

const Compose augment{RandomResizedCrop{16}, RandomHorizontalFlip{}, ToTensor{},
                      Normalize{imagenet::mean, imagenet::std}};

struct Squared {
  void check(int) const {}
  float map(float value, int) const { return value * value; }
};

}  // namespace

TEST_CASE("Batches of bfloat16 and float16 are those of floats, rounded", "[data_loader]") {
  const TemporaryFolder folder;
  write_images(folder);
  const Compose erases{RandomResizedCrop{16}, ToTensor{}, RandomErasing{{.p = 1}}};  // its floats are converted later
  const auto compare = [&](const auto& transform, Layout layout) {
    DataLoader floats{ImageFolder{folder.path(), transform}, {.batch_size = 3, .layout = layout}};
    const Batch expected = all(floats)[0];
    for (const auto& [dtype, type] :
         {std::pair(Dtype::bfloat16, at::kBFloat16), std::pair(Dtype::float16, at::kHalf)}) {
      DataLoader loader{ImageFolder{folder.path(), transform},
                        {.batch_size = 3, .workers = 2, .layout = layout, .dtype = dtype}};
      const Batch batch = all(loader)[0];
      CHECK(batch.inputs.scalar_type() == type);
      CHECK(batch.inputs.strides() == expected.inputs.strides());
      CHECK(at::equal(batch.inputs, expected.inputs.to(type)));
      CHECK(batch.normalization == nullptr);
    }
  };
  for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
    compare(augment, layout);
    compare(erases, layout);
  }
}

TEST_CASE("Batches of bytes say what the bytes stand for", "[data_loader]") {
  const TemporaryFolder folder;
  write_images(folder);
  for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
    DataLoader floats{ImageFolder{folder.path(), augment}, {.batch_size = 3, .layout = layout}};
    DataLoader bytes{ImageFolder{folder.path(), augment},
                     {.batch_size = 3, .workers = 2, .layout = layout, .dtype = Dtype::uint8}};
    const Batch expected = all(floats)[0];
    const Batch batch = all(bytes)[0];
    CHECK(batch.inputs.scalar_type() == at::kByte);
    CHECK(batch.inputs.strides() == expected.inputs.strides());
    REQUIRE(batch.normalization != nullptr);
    REQUIRE(batch.normalization->scale.size() == 3);
    const auto of_channels = [](const std::vector<float>& values) { return at::tensor(values).reshape({1, 3, 1, 1}); };
    const at::Tensor values =
        batch.inputs.to(at::kFloat) * of_channels(batch.normalization->scale) + of_channels(batch.normalization->shift);
    CHECK((values - expected.inputs).abs().max().item<float>() < 1e-6F);
    CHECK(at::equal(batch.targets, expected.targets));
  }
}

TEST_CASE("Several crops of an image can be bytes, too", "[data_loader]") {
  const TemporaryFolder folder;
  write_images(folder);
  const Compose crops{FiveCrop{8}, ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
  DataLoader floats{ImageFolder{folder.path(), crops}, {.batch_size = 3}};
  DataLoader bytes{ImageFolder{folder.path(), crops}, {.batch_size = 3, .dtype = Dtype::uint8}};
  DataLoader halves{ImageFolder{folder.path(), crops}, {.batch_size = 3, .dtype = Dtype::bfloat16}};
  const Batch expected = all(floats)[0];
  const Batch batch = all(bytes)[0];
  REQUIRE(batch.normalization != nullptr);
  const auto of_channels = [](const std::vector<float>& values) { return at::tensor(values).reshape({3, 1, 1}); };
  const at::Tensor values =
      batch.inputs.to(at::kFloat) * of_channels(batch.normalization->scale) + of_channels(batch.normalization->shift);
  CHECK(batch.inputs.sizes() == expected.inputs.sizes());
  CHECK((values - expected.inputs).abs().max().item<float>() < 1e-6F);
  CHECK(at::equal(all(halves)[0].inputs, expected.inputs.to(at::kBFloat16)));
}

TEST_CASE("What cannot be done to bytes later is an error where batches are of bytes", "[data_loader]") {
  const TemporaryFolder folder;
  write_images(folder);
  const LoaderOptions options{.batch_size = 2, .dtype = Dtype::uint8, .bad_samples = BadSamples::skip};
  DataLoader squares{ImageFolder{folder.path(), Compose{Resize{{8, 8}}, ToTensor{}, Squared{}}}, options};
  CHECK_THROWS_WITH(all(squares), ContainsSubstring("dtype uint8") && ContainsSubstring("must be linear"));
  DataLoader leaves{ImageFolder{folder.path(), Compose{Resize{{8, 8}}, ToTensor{}, RandomErasing{{.p = 0}}}}, options};
  CHECK(all(leaves)[0].inputs.scalar_type() == at::kByte);
  DataLoader erases{ImageFolder{folder.path(), Compose{Resize{{8, 8}}, ToTensor{}, RandomErasing{}}}, options};
  CHECK_THROWS_WITH(all(erases), ContainsSubstring("dtype uint8") && ContainsSubstring("writes floats"));
  const auto normalized = [&](double mean) {
    return ImageFolder{folder.path(), Compose{Resize{{8, 8}}, ToTensor{}, Normalize{{mean}, {0.5}}}};
  };
  DataLoader mixed{ConcatDataset{normalized(0.5), normalized(0.25)}, {.batch_size = 4, .dtype = Dtype::uint8}};
  CHECK_THROWS_WITH(all(mixed), ContainsSubstring("normalised alike") && ContainsSubstring("sample 3"));
}
