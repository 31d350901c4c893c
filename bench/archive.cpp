/// How long an archive takes to open without and with the index of its entries, what an entry takes of memory, and
/// how long reading entries takes in random order.
///
///     bench_archive ARCHIVE FOLDER first|again
///
/// FOLDER is for the index, ARCHIVE has class folders. `first` removes the index before.
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <hearth/archive/index_cache.hpp>
#include <hearth/archive/indexed_archive.hpp>
#include <hearth/core/random.hpp>
#include <hearth/datasets/image_archive.hpp>

using namespace hearth;

namespace {

/// Bytes of memory that this process has in use, what it shares with the page cache among them.
double resident() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double used = 0;
  file >> all >> used;
  return used * 4096;
}

double seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "bench_archive ARCHIVE FOLDER first|again\n");
    return 1;
  }
  const std::filesystem::path path = argv[1];
  const std::filesystem::path folder = argv[2];
  if (std::string_view(argv[3]) == "first") {
    std::filesystem::remove(archives::index_file(folder, path));
  }
  const double before = resident();
  auto start = std::chrono::steady_clock::now();
  const ImageArchive dataset(path, ToTensor{}, {.index_folder = folder});
  std::printf("open_seconds %.3f\n", seconds(start));
  std::printf("bytes_an_entry %.1f\n", (resident() - before) / static_cast<double>(dataset.size()));

  const archives::IndexedArchive archive(path, folder);
  constexpr std::size_t reads = 20000;
  RandomStream random(0, 0, 0);
  std::size_t bytes = 0;
  start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < reads; ++i) {
    bytes += archive.read(random.below(archive.index().size())).size();
  }
  std::printf("microseconds_a_read %.2f\n", seconds(start) / reads * 1e6);
  return bytes > 0 ? 0 : 1;
}
