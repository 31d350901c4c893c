/// Images a second through ImageFolder and DataLoader: RandomResizedCrop, flip, normalise. Prints one figure an epoch.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/to_tensor.hpp>

using namespace hearth;

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: {} IMAGE_FOLDER IMAGE_SIZE BATCH_SIZE WORKERS EPOCHS\n", argv[0]);
    return 1;
  }
  const auto number = [&](int i) { return std::atoi(argv[i]); };
  DataLoader loader{ImageFolder{argv[1], Compose{RandomResizedCrop{number(2)}, RandomHorizontalFlip{}, ToTensor{},
                                                 Normalize{imagenet::mean, imagenet::std}}},
                    {.batch_size = number(3), .shuffle = true, .workers = number(4)}};
  for (int epoch = 0; epoch < number(5); ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    std::size_t images = 0;
    for (const Batch& batch : loader) {
      images += batch.size();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    fmt::print("{:.1f}\n", static_cast<double>(images) / seconds.count());
  }
}
