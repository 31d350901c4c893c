#include <hearth/archive/index_cache.hpp>
#include <hearth/archive/indexed_archive.hpp>
#include <hearth/datasets/image_archive.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "archive_files.hpp"
#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

std::size_t live = 0;
std::size_t most_live = 0;

}  // namespace

// Every allocation of this program is counted, with its size before it.
void* operator new(std::size_t size) {
  auto* const memory = static_cast<std::byte*>(std::malloc(size + sizeof(std::max_align_t)));
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  *reinterpret_cast<std::size_t*>(memory) = size;
  live += size;
  most_live = std::max(most_live, live);
  return memory + sizeof(std::max_align_t);
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) {
    std::byte* const begin = static_cast<std::byte*>(memory) - sizeof(std::max_align_t);
    live -= *reinterpret_cast<std::size_t*>(begin);
    std::free(begin);
  }
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

TEST_CASE("An entry of an open archive takes less than 200 bytes", "[image_archive]") {
  const TemporaryFolder folder;
  constexpr std::size_t entries = 20000;
  std::vector<std::pair<std::string, std::string>> files;
  for (std::size_t i = 0; i < entries; ++i) {  // ImageNet's names below a folder
    const std::string wnid = fmt::format("n{:08}", 1440764 + i / 1300);
    files.emplace_back(fmt::format("{}/{}_{}.JPEG", wnid, wnid, i % 1300), "");
  }
  const fs::path path = hearth_test::write_tar(folder / "x.tar", files, "imagenet/train/");
  files = {};
  const fs::path cache = folder / "cache";
  for (const bool again : {false, true}) {
    const std::size_t before = live;
    most_live = live;
    const ImageArchive<> dataset(path, ToTensor{}, {.folder = "imagenet/train", .index_folder = cache});
    REQUIRE(dataset.size() == entries);
    const std::size_t mapped = again ? fs::file_size(archives::index_file(cache, path)) : 0;
    const double each = static_cast<double>(live - before + mapped) / entries;
    INFO(each << " bytes an entry, " << static_cast<double>(most_live - before) / entries << " at most while it opens");
    CHECK(each < 200);
    CHECK(each > 40);  // it was measured
    CHECK(static_cast<double>(most_live - before) / entries < (again ? 100 : 500));
    CHECK(archives::IndexedArchive(path, cache).was_indexed());
  }
}
