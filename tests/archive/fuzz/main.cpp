/// Reads damaged archives, indexes and MATLAB files, each a function of its number, and stops at the first that does
/// anything but be read or be refused: fuzz_archives [COUNT [FIRST]]. A crash is the sanitizers' to find; a hang is
/// ended by a timer; allocations are counted here and must be in proportion to the file.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <hearth/archive/archive_index.hpp>
#include <hearth/archive/indexed_archive.hpp>
#include <hearth/core/crc32.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/random.hpp>
#include <hearth/datasets/matlab_file.hpp>

#include "counted_memory.hpp"
#include "temporary_folder.hpp"
#include "weights/fuzz/damage.hpp"

namespace {

enum class Kind { archive, index, matlab };

struct Sample {
  std::string name;
  Kind kind = Kind::archive;
  Bytes file;
};

constexpr std::size_t block = 512;
constexpr std::size_t index_header = 64;

/// Does a header of a tar archive begin here?
bool is_tar_header(const Bytes& file, std::size_t at) {
  return at + block <= file.size() && std::memcmp(file.data() + at + 257, "ustar", 5) == 0;
}

/// Puts the sum of a tar archive's header right, so that what is damaged in it is looked at.
void mend_tar_header(Bytes& file, std::size_t at) {
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(at + 148), 8, std::byte{' '});
  unsigned sum = 0;
  for (std::size_t i = at; i < at + block; ++i) {
    sum += std::to_integer<unsigned>(file[i]);
  }
  const std::string digits = fmt::format("{:06o}", sum);
  std::memcpy(file.data() + at + 148, digits.c_str(), digits.size() + 1);
}

/// Puts the checksums of an index right.
void mend_index(Bytes& file) {
  if (file.size() >= index_header) {
    const std::uint32_t content = hearth::core::crc32(std::span(file).subspan(index_header));
    std::memcpy(file.data() + 12, &content, sizeof(content));
    const std::uint32_t own = hearth::core::crc32(std::span(file).first(index_header - sizeof(own)));
    std::memcpy(file.data() + index_header - sizeof(own), &own, sizeof(own));
  }
}

Bytes make_damage(const Sample& sample, const Sample& other, hearth::RandomStream& random) {
  Bytes file = damage(sample.file, other.file, random);
  if (random.bernoulli(0.2)) {
    return file;
  }
  if (sample.kind == Kind::index) {
    mend_index(file);
  } else if (sample.kind == Kind::archive) {
    // A header alone, in a file that is sound otherwise: damage that moves what follows is met early and no further.
    if (is_tar_header(sample.file, 0) && random.bernoulli(0.7)) {
      std::vector<std::size_t> headers;
      for (std::size_t at = 0; at < sample.file.size(); at += block) {
        if (is_tar_header(sample.file, at)) {
          headers.push_back(at);
        }
      }
      file = sample.file;
      const std::size_t at = headers[random.below(headers.size())];
      const auto begin = file.begin() + static_cast<std::ptrdiff_t>(at);
      const std::size_t part = random.bernoulli(0.3) ? 2 * block : block;  // with the data after it
      Bytes header = damage(Bytes(begin, begin + static_cast<std::ptrdiff_t>(std::min(part, file.size() - at))),
                            other.file, random);
      header.resize(std::min(part, file.size() - at));
      std::copy(header.begin(), header.end(), begin);
    }
    for (std::size_t at = 0; at + block <= file.size(); at += block) {
      if (is_tar_header(file, at) || is_tar_header(sample.file, at)) {
        mend_tar_header(file, at);
      }
    }
  }
  return file;
}

/// Every entry, by its number, its name and its folder.
unsigned read_index(const hearth::archives::ArchiveIndex& index) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < index.size(); ++i) {
    const std::string_view name = index.name(i);
    hearth::core::require(index.find(name) == i, "FOUND OTHERWISE");
    const hearth::archives::IndexRange range = index.below(name);
    hearth::core::require(range.begin <= range.end && range.end <= index.size(), "FOUND OTHERWISE");
    const std::uint64_t end = index.entry(i).offset + index.entry(i).stored;
    hearth::core::require(end <= index.archive().size, "FOUND OTHERWISE");
    sum += static_cast<unsigned>(name.size());
  }
  return sum;
}

unsigned read(const Bytes& bytes, Kind kind, const std::filesystem::path& place) {
  if (kind == Kind::matlab) {
    const auto array = hearth::datasets::read_matlab_array(bytes, "synsets");
    return array ? static_cast<unsigned>(array->children.size()) : 0;
  }
  if (kind == Kind::index) {
    return read_index(hearth::archives::ArchiveIndex(nullptr, bytes));
  }
  std::ofstream(place, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const hearth::archives::IndexedArchive archive(place, std::filesystem::path());
  unsigned sum = read_index(archive.index());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < archive.index().size(); ++i) {
    try {
      sum += static_cast<unsigned>(archive.read(i).size());
    } catch (const hearth::Error&) {
      ++refused;
    }
  }
  return sum + static_cast<unsigned>(refused);
}

}  // namespace

int main(int count_of_arguments, char** arguments) {
  const auto argument = [&](int place, std::uint64_t otherwise) {
    return place < count_of_arguments ? std::strtoull(arguments[place], nullptr, 10) : otherwise;
  };
  const std::uint64_t count = argument(1, 20000);
  const std::uint64_t first = argument(2, 0);
  const std::filesystem::path tests(HEARTH_TEST_DIR);
  std::vector<Sample> samples;
  for (const std::string name : {"gnu.tar", "pax.tar", "ustar.tar", "nested.tar", "good.zip", "streamed.zip",
                                 "methods.zip", "encrypted.zip", "zip64.zip", "link.zip"}) {
    const std::filesystem::path path = tests / "archive" / "reference" / name;
    samples.push_back({name, Kind::archive, hearth::core::read_file(path)});
    if (name == "nested.tar" || name == "good.zip") {
      const hearth::archives::IndexedArchive archive(path, std::filesystem::path());
      const auto index = archive.index().block();
      samples.push_back({"the index of " + name, Kind::index, Bytes(index.begin(), index.end())});
    }
  }
  for (const std::string name : {"imagenet_meta.mat", "imagenet_meta_packed.mat"}) {
    samples.push_back({name, Kind::matlab, hearth::core::read_file(tests / "datasets" / "reference" / name)});
  }
  const hearth_test::TemporaryFolder folder;
  const std::filesystem::path place = folder / "damaged";
  std::array<std::uint64_t, 3> accepted{};
  double largest_share = 0;
  unsigned sum = 0;
  for (std::uint64_t number = first; number < first + count; ++number) {
    ::alarm(20);
    hearth::RandomStream random(1, 0, number);
    const Sample& sample = samples[random.below(samples.size())];
    const Sample& other = samples[random.below(samples.size())];
    const Bytes bytes = make_damage(sample, other, random);
    const std::size_t before = live;
    most_live = live;
    try {
      sum += read(bytes, sample.kind, place);
      ++accepted[static_cast<std::size_t>(sample.kind)];
    } catch (const hearth::Error& error) {
      if (std::string(error.what()) == "FOUND OTHERWISE") {
        fmt::print(stderr, "damaged file {} of {}: its index does not find its own entries\n", number, sample.name);
        return 1;
      }
    } catch (const std::exception& error) {
      fmt::print(stderr, "damaged file {} of {}: {}\n", number, sample.name, error.what());
      return 1;
    }
    // A megabyte for windows and buffers, and for each byte of the file what deflate can make of it, twice, or, in a
    // MATLAB file, the array of an element that has nothing in it.
    const double allowed = double{1 << 20} + 3000.0 * static_cast<double>(bytes.size());
    const double share = static_cast<double>(most_live - before) / allowed;
    largest_share = std::max(largest_share, share);
    if (share > 1) {
      fmt::print(stderr, "damaged file {} of {}: {} bytes of memory for a file of {}\n", number, sample.name,
                 most_live - before, bytes.size());
      return 1;
    }
  }
  ::alarm(0);
  fmt::print(
      "{} damaged files: {} archives, {} indexes and {} MATLAB files were read and the others refused ({}); the "
      "most memory was {:.3f} of what is allowed\n",
      count, accepted[0], accepted[1], accepted[2], sum % 10, largest_share);
  return accepted[0] > 0 && accepted[1] > 0 && accepted[2] > 0 ? 0 : 1;
}
