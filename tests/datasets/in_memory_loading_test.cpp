#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/cifar.hpp>
#include <hearth/datasets/fashion_mnist.hpp>
#include <hearth/datasets/subset.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::error_of;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

/// The samples of a dataset, which are read one by one.
template <class Dataset>
struct OneByOne {
  Dataset dataset;
  std::size_t size() const { return dataset.size(); }
  auto read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return dataset.read(index, random, sink);
  }
};
template <class Dataset>
OneByOne(Dataset) -> OneByOne<Dataset>;

/// The batches of two epochs are equal in every bit, in whatever form.
template <class Dataset>
void check_read_at_once(const Dataset& dataset) {
  static_assert(BatchReadable<Dataset>);
  static_assert(!BatchReadable<OneByOne<Dataset>>);
  for (const Dtype dtype : {Dtype::float32, Dtype::bfloat16, Dtype::float16, Dtype::uint8}) {
    for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
      for (const int workers : {0, 2}) {
        const LoaderOptions options{
            .batch_size = 5, .shuffle = true, .workers = workers, .seed = 8, .layout = layout, .dtype = dtype};
        DataLoader at_once{dataset, options};
        DataLoader one_by_one{OneByOne{dataset}, options};
        for (int epoch = 0; epoch < 2; ++epoch) {
          auto expected = one_by_one.epoch(static_cast<std::uint64_t>(epoch));
          auto other = expected.begin();
          for (const Batch& batch : at_once) {
            REQUIRE(other != expected.end());
            CHECK(batch.inputs.scalar_type() == other->inputs.scalar_type());
            CHECK(batch.inputs.strides() == other->inputs.strides());
            CHECK(at::equal(batch.inputs, other->inputs));
            CHECK(at::equal(batch.targets, other->targets));
            CHECK(batch.samples == other->samples);
            REQUIRE((batch.normalization == nullptr) == (other->normalization == nullptr));
            CHECK((dtype == Dtype::uint8) == (batch.normalization != nullptr));
            CHECK((batch.normalization == nullptr || *batch.normalization == *other->normalization));
            ++other;
          }
          CHECK(other == expected.end());
        }
      }
    }
  }
}

/// 23 images of 5 x 7, all different, and their labels.
fs::path write_mnist(const TemporaryFolder& folder) {
  std::string images("\0\0\x08\x03\0\0\0\x17\0\0\0\5\0\0\0\7", 16);
  std::string labels("\0\0\x08\x01\0\0\0\x17", 8);
  for (std::size_t i = 0; i < 23; ++i) {
    for (std::size_t pixel = 0; pixel < 35; ++pixel) {
      images += static_cast<char>(i * 37 + pixel * 11);
    }
    labels += static_cast<char>(i * 3 % 10);
  }
  folder.write("train-images-idx3-ubyte", images);
  folder.write("train-labels-idx1-ubyte", labels);
  return folder.path();
}

const fs::path cifar = fs::path(HEARTH_TEST_DIR) / "datasets/reference/cifar";

}  // namespace

using Maps = Compose<ToTensor, Normalize>;
static_assert(BatchReadable<MNIST<>> && BatchReadable<MNIST<Maps>> && BatchReadable<CIFAR100<Maps>>);
static_assert(BatchReadable<Subset<MNIST<Maps>>>);
// What draws, or moves pixels, goes sample by sample.
static_assert(!BatchReadable<MNIST<Compose<RandomHorizontalFlip, ToTensor>>>);

TEST_CASE("Grey images in memory are read at once as they are one by one", "[read_batch]") {
  const TemporaryFolder folder;
  const fs::path root = write_mnist(folder);
  check_read_at_once(MNIST{root});
  check_read_at_once(MNIST{root, Split::train, Compose{ToTensor{}, Normalize{{0.1307}, {0.3081}}}});
  check_read_at_once(Subset{FashionMNIST{root}, {5, 22, 0, 5, 17, 3, 9}});
}

TEST_CASE("Colour images in memory are read at once as they are one by one", "[read_batch]") {
  check_read_at_once(CIFAR10{cifar});
  const Normalize normalize{{0.4914, 0.4822, 0.4465}, {0.247, 0.2435, 0.2616}};
  check_read_at_once(CIFAR10{cifar, Split::train, Compose{ToTensor{}, normalize}});
  check_read_at_once(CIFAR100{cifar, Split::test, Compose{ToTensor{}, normalize, Normalize{{0.5}, {2}}}});
}

TEST_CASE("A transform that does not fit images in memory is the error that it is for each of them", "[read_batch]") {
  const TemporaryFolder folder;
  const Compose three{ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
  const MNIST dataset{write_mnist(folder), Split::train, three};
  const auto error = [](auto&& loader) {
    return error_of([&] {
      for (const Batch& batch : loader) {
        static_cast<void>(batch);
      }
    });
  };
  const std::string message = error(DataLoader{OneByOne{dataset}, {.batch_size = 4}});
  CHECK_THAT(message, ContainsSubstring("Normalize: mean and std have 3 values, but the image has 1 channel"));
  CHECK(error(DataLoader{dataset, {.batch_size = 4}}) == message);
  const LoaderOptions skip{.batch_size = 4, .bad_samples = BadSamples::skip};
  CHECK(error(DataLoader{dataset, skip}) == error(DataLoader{OneByOne{dataset}, skip}));
}

TEST_CASE("The real MNIST is read at once as it is one by one", "[read_batch][shared]") {
  const char* const shared = std::getenv("HEARTH_SHARED");
  if (shared == nullptr) {
    WARN("skipped: HEARTH_SHARED does not name the folder of the real data");
    return;
  }
  const MNIST test{fs::path(shared) / "data/mnist", Split::test, Compose{ToTensor{}, Normalize{{0.1307}, {0.3081}}}};
  DataLoader at_once{test, {.batch_size = 100, .shuffle = true}};
  DataLoader one_by_one{OneByOne{test}, {.batch_size = 100, .shuffle = true, .workers = 2}};
  auto expected = one_by_one.epoch(0);
  auto other = expected.begin();
  std::size_t batches = 0;
  for (const Batch& batch : at_once) {
    CHECK(at::equal(batch.inputs, other->inputs));
    CHECK(at::equal(batch.targets, other->targets));
    ++other;
    ++batches;
  }
  CHECK(batches == 100);
}
