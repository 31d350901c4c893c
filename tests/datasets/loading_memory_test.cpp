#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/cached_images.hpp>
#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/fashion_mnist.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/pack_images.hpp>
#include <hearth/datasets/packed_images.hpp>
#include <hearth/datasets/subset.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> live = 0;  // those that were not given back

}  // namespace

// Every allocation of this program is counted, LibTorch's too.
void* operator new(std::size_t size) {
  ++allocations;
  ++live;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  ++live;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* const memory = std::aligned_alloc(align, (size + align - 1) / align * align)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  live -= memory == nullptr ? 0 : 1;
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  operator delete(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  operator delete(memory);
}

namespace {

const std::vector<int> worker_counts{0, 1, 3};

/// What a batch may allocate: each of its two tensors is a view of the memory, which is an object and the number of its
/// version; and the list of its samples, where somebody has taken the one before.
constexpr std::size_t most_a_batch = 6;
/// What an epoch may allocate besides: its order, its threads, and the memory of batches that grows once.
constexpr std::size_t most_an_epoch = 200;

/// How many allocations an epoch makes, of those after the first.
template <class Loader>
std::size_t allocations_of_epoch(Loader& loader) {
  std::size_t least = 0;
  for (int epoch = 0; epoch < 4; ++epoch) {
    const std::size_t before = allocations;
    for (const Batch& batch : loader) {
      static_cast<void>(batch);
    }
    const std::size_t made = allocations - before;
    least = epoch < 2 ? made : std::min(least, made);  // what each thread keeps is made in the first
  }
  return least;
}

/// The same number of batches of few samples and of many: all that differs is samples. `make(samples)` is a dataset of
/// so many.
template <class Make>
void check_no_allocation_a_sample(const Make& make) {
  constexpr std::size_t batches = 40;
  for (const int workers : worker_counts) {
    INFO(workers << " workers");
    DataLoader few{make(batches), {.batch_size = 1, .shuffle = true, .workers = workers}};
    DataLoader many{make(batches * 16), {.batch_size = 16, .shuffle = true, .workers = workers}};
    const std::size_t with_few = allocations_of_epoch(few);
    const std::size_t with_many = allocations_of_epoch(many);
    INFO(with_few << " allocations for " << batches << " batches of 1, and " << with_many << " for batches of 16");
    CHECK(with_many <= most_an_epoch + most_a_batch * batches);
    // 600 samples more: a few allocations come from threads that made none of the few batches, and got ready first.
    CHECK(with_many < with_few + 300);
  }
}

/// The pages that the process holds, in bytes.
std::size_t resident() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t pages = 0;
  file >> total >> pages;
  return pages * 4096;
}

/// Images of 28 x 28, and their labels, as the files of MNIST have them.
void write_mnist(const TemporaryFolder& folder, std::size_t count) {
  const auto number = [](std::size_t value) {
    std::string bytes;
    for (const int shift : {24, 16, 8, 0}) {
      bytes += static_cast<char>(value >> shift & 0xFF);
    }
    return bytes;
  };
  std::string images = std::string("\0\0\x08\x03", 4) + number(count) + number(28) + number(28);
  std::string labels = std::string("\0\0\x08\x01", 4) + number(count);
  for (std::size_t i = 0; i < count; ++i) {
    images.append(28 * 28, static_cast<char>(i % 251));
    labels += static_cast<char>(i % 10);
  }
  folder.write("train-images-idx3-ubyte", images);
  folder.write("train-labels-idx1-ubyte", labels);
}

auto mnist(std::size_t count) {
  const TemporaryFolder folder;
  write_mnist(folder, count);
  return MNIST{folder.path(), Split::train, Compose{ToTensor{}, Normalize{{0.1307}, {0.3081}}}};
}

}  // namespace

TEST_CASE("Samples that are in memory cost no allocation, and a batch at most six", "[memory]") {
  check_no_allocation_a_sample(mnist);
  check_no_allocation_a_sample([](std::size_t count) {
    return TensorDataset{at::zeros({static_cast<std::int64_t>(count), 3, 4, 5}),
                         at::arange(static_cast<std::int64_t>(count), at::kLong)};
  });
}

TEST_CASE("A subset of samples in memory costs no allocation a sample", "[memory]") {
  check_no_allocation_a_sample([](std::size_t count) {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < count; ++i) {
      indices.push_back(2 * i);
    }
    return Subset{mnist(2 * count), std::move(indices)};
  });
}

#ifdef HEARTH_WITH_LIBJPEG_TURBO
TEST_CASE("An image file that is decoded, cropped, resized, flipped and normalised costs no allocation", "[memory]") {
  const TemporaryFolder folder;
  const std::string photo = read_text(fs::path(HEARTH_TEST_DIR) / "datasets/reference/photo.jpg");
  const auto make = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      folder.write(fs::path(std::to_string(count)) / std::string(1, static_cast<char>('a' + i % 3)) /
                       (std::to_string(i) + ".jpg"),
                   photo);
    }
    return ImageFolder{folder / std::to_string(count), Compose{RandomResizedCrop{24}, RandomHorizontalFlip{},
                                                               ToTensor{}, Normalize{imagenet::mean, imagenet::std}}};
  };
  check_no_allocation_a_sample(make);
  check_no_allocation_a_sample([&](std::size_t count) {
    const auto images = make(count);
    pack_images(images, folder / "pack");
    return PackedImages{folder / "pack", images.transform()};
  });
}
#endif

TEST_CASE("Images in a cache and in a pack of decoded images cost no allocation", "[memory]") {
  const Compose augment{RandomResizedCrop{24}, RandomHorizontalFlip{}, ToTensor{}};
  const auto fake = [&](std::size_t count) {
    return FakeData{FakeDataOptions{.size = count, .height = 30, .width = 40}, augment};
  };
  check_no_allocation_a_sample([&](std::size_t count) {
    const CachedImages cached{fake(count)};
    cached.fill();
    return cached;
  });
  const TemporaryFolder folder;
  check_no_allocation_a_sample([&](std::size_t count) {
    const fs::path pack = folder / std::to_string(count);
    pack_images(fake(count), pack, {.content = PackContent::decoded});
    return PackedImages{pack, augment};
  });
}

TEST_CASE("Ten thousand batches take no more memory than a few hundred", "[memory]") {
  for (const int workers : {0, 2, LoaderOptions::automatic}) {
    INFO(workers << " workers");
    DataLoader loader{mnist(16000), {.batch_size = 32, .shuffle = true, .workers = workers}};  // 500 batches an epoch
    std::deque<Batch> kept;  // the last few, dropped one after the other
    const auto go_through = [&](int epochs) {
      for (int epoch = 0; epoch < epochs; ++epoch) {
        for (Batch& batch : loader) {
          if (batch.index % 7 == 0) {
            kept.push_back(std::move(batch));
          }
          if (kept.size() > 5) {
            kept.pop_front();
          }
        }
      }
      kept.clear();
    };
    go_through(2);
    const std::size_t live_before = live;
    const std::size_t resident_before = resident();
    go_through(20);
    CHECK(live < live_before + 100);
    // A batch is 100 kB: ten of them would show.
    CHECK(resident() < resident_before + (std::size_t{4} << 20));
  }
}
