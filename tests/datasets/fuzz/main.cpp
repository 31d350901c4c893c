/// Reads damaged packs and indexes of folders, each a function of its number, and stops at the first that does anything
/// but be read or be refused: fuzz_packs [COUNT [FIRST]]. A crash is the sanitizers' to find; a hang is ended by a
/// timer; allocations are counted here and must be in proportion to the file.
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

#include <hearth/core/crc32.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/random.hpp>
#include <hearth/datasets/folder_tree.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/pack_format.hpp>
#include <hearth/datasets/pack_images.hpp>
#include <hearth/datasets/packed_images.hpp>

#include "counted_memory.hpp"
#include "datasets/image_files.hpp"
#include "temporary_folder.hpp"
#include "weights/fuzz/damage.hpp"

namespace {

enum class Kind { pack, index };

struct Sample {
  Kind kind = Kind::pack;
  Bytes file;
};

constexpr std::size_t index_header = 48;

/// Puts the hashes of header and table right, so that what is damaged behind them is looked at; often those of the
/// samples too.
void mend_pack(Bytes& file, hearth::RandomStream& random) {
  using hearth::datasets::PackEntry;
  using hearth::datasets::PackHeader;
  PackHeader header;
  if (file.size() < sizeof(header)) {
    return;
  }
  std::memcpy(&header, file.data(), sizeof(header));
  header.mark = PackHeader().mark;
  header.version = 1;
  header.file_size = file.size();
  if (header.table <= file.size()) {
    const auto table = std::span(file).subspan(static_cast<std::size_t>(header.table));
    // The sums of the parts are right as well: otherwise most files end there.
    const std::uint64_t entries = std::min<std::uint64_t>(header.samples, table.size() / sizeof(PackEntry));
    const std::uint64_t rest = table.size() - entries * sizeof(PackEntry);
    header.samples = entries;
    header.names = std::min(header.names, rest);
    header.about = rest - header.names;
    for (std::size_t i = 0; i < entries && random.bernoulli(0.9); ++i) {
      PackEntry entry;
      std::memcpy(&entry, table.data() + i * sizeof(entry), sizeof(entry));
      if (entry.offset <= file.size() && entry.size <= file.size() - entry.offset) {
        entry.checksum = hearth::core::crc32(
            std::span(file).subspan(static_cast<std::size_t>(entry.offset), static_cast<std::size_t>(entry.size)));
        std::memcpy(table.data() + i * sizeof(entry), &entry, sizeof(entry));
      }
    }
    header.checksum = hearth::core::crc32(table);
  }
  header.own = hearth::datasets::checksum_of(header);
  std::memcpy(file.data(), &header, sizeof(header));
}

void mend_index(Bytes& file) {
  if (file.size() >= index_header) {
    const std::uint32_t content = hearth::core::crc32(std::span(file).subspan(index_header));
    std::memcpy(file.data() + 12, &content, sizeof(content));
    const std::uint32_t own = hearth::core::crc32(std::span(file).first(index_header - sizeof(own)));
    std::memcpy(file.data() + index_header - sizeof(own), &own, sizeof(own));
  }
}

/// Damages a part of the file in its place: what moves all that follows is met early and no further.
void damage_part(Bytes& file, std::size_t begin, const Bytes& other, hearth::RandomStream& random) {
  const std::size_t size = file.size() - begin;
  const auto from = file.begin() + static_cast<std::ptrdiff_t>(begin);
  Bytes part = damage(Bytes(from, file.end()), other, random);
  part.resize(size);
  std::copy(part.begin(), part.end(), from);
}

Bytes make_damage(const Sample& sample, const Sample& other, hearth::RandomStream& random) {
  if (random.bernoulli(0.1)) {
    return damage(sample.file, other.file, random);
  }
  Bytes file = sample.file;
  if (sample.kind == Kind::pack) {
    hearth::datasets::PackHeader header;
    std::memcpy(&header, file.data(), sizeof(header));
    damage_part(file, random.bernoulli(0.7) ? static_cast<std::size_t>(header.table) : 0, other.file, random);
    mend_pack(file, random);
  } else {
    damage_part(file, random.bernoulli(0.7) ? index_header : 0, other.file, random);
    mend_index(file);
  }
  return file;
}

/// Takes what it is given for its bytes' sum.
struct Sum {
  void write(hearth::ImageView image, hearth::RandomStream&, hearth::SampleSink& sink) const {
    float sum = 0;
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width * image.channels; ++x) {
        sum += static_cast<float>(image.row(y)[x]);
      }
    }
    sink.place({1}).data[0] = sum;
  }
};

struct Sink final : hearth::SampleSink {
  hearth::SamplePlace place(const hearth::Shape& shape) override { return {&value, shape}; }
  float value = 0;
};

/// How many samples were read.
unsigned read_pack(const std::filesystem::path& place) {
  const hearth::PackedImages pack{place, Sum{}, {.decoding = {.max_pixels = 100'000}}};
  unsigned read = 0;
  Sink sink;
  for (std::size_t i = 0; i < pack.size(); ++i) {
    hearth::RandomStream random(0, 0, i);
    hearth::core::require(pack.label(i) == pack.label(i) && pack.source(i).name.size() < 100'000, "READ OTHERWISE");
    try {
      pack.read(i, random, sink);
      ++read;
    } catch (const hearth::Error&) {
    }
  }
  return read;
}

unsigned read_index(const Bytes& bytes) {
  const hearth::datasets::FolderListing listing(nullptr, bytes);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < listing.folders(); ++i) {
    sum += listing.path(listing.record(i)).size();
  }
  for (std::size_t i = 0; i < listing.images(); ++i) {
    const auto folder = listing.folder_of(i);
    hearth::core::require(folder.first_image <= i && i - folder.first_image < folder.images, "READ OTHERWISE");
    sum += std::strlen(listing.name(folder, i));
  }
  return static_cast<unsigned>(sum);
}

}  // namespace

int main(int count_of_arguments, char** arguments) {
  const auto argument = [&](int place, std::uint64_t otherwise) {
    return place < count_of_arguments ? std::strtoull(arguments[place], nullptr, 10) : otherwise;
  };
  const std::uint64_t count = argument(1, 20000);
  const std::uint64_t first = argument(2, 0);
  const hearth_test::TemporaryFolder folder;
  const auto photo = hearth_test::read_text(std::filesystem::path(HEARTH_TEST_DIR) / "datasets/reference/photo.jpg");
  folder.write("root/a/photo.jpg", photo);
  folder.write("root/a/b/1.bmp", hearth_test::bmp(1, 2, {255, 0, 0, 0, 51, 102}));
  folder.write("root/c/2.bmp", hearth_test::bmp(2, 2, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  folder.write("root/c/3.bmp", "no image");
  std::vector<Sample> samples;
  const hearth::ImageFolder images{folder / "root"};
  for (const auto content : {hearth::PackContent::encoded, hearth::PackContent::decoded}) {
    hearth::pack_images(images, folder / "pack", {.content = content, .workers = 1, .keep_bad = true});
    samples.push_back({Kind::pack, hearth::core::read_file(folder / "pack")});
  }
  {
    constexpr std::int64_t day = 86'400'000'000'000;
    hearth::datasets::FolderTree tree(folder / "root", folder / "index", day);
    for (const std::string& each : tree.folders()) {
      tree.add(each);
    }
    tree.finish();
    samples.push_back(
        {Kind::index, hearth::core::read_file(std::filesystem::directory_iterator(folder / "index")->path())});
  }
  const std::filesystem::path place = folder / "damaged";
  std::array<std::uint64_t, 2> accepted{};
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
      if (sample.kind == Kind::pack) {
        std::ofstream(place, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        sum += read_pack(place);
      } else {
        sum += read_index(bytes);
      }
      ++accepted[static_cast<std::size_t>(sample.kind)];
    } catch (const hearth::Error& error) {
      if (std::string(error.what()) == "READ OTHERWISE") {
        fmt::print(stderr, "damaged file {}: it does not say the same twice\n", number);
        return 1;
      }
    } catch (const std::exception& error) {
      fmt::print(stderr, "damaged file {}: {}\n", number, error.what());
      return 1;
    }
    // A megabyte for buffers, what max_pixels allows an image and its decoder, and twice the file.
    const double allowed = double{1 << 20} + 16.0 * 100'000 + 2.0 * static_cast<double>(bytes.size());
    const double share = static_cast<double>(most_live - before) / allowed;
    largest_share = std::max(largest_share, share);
    if (share > 1) {
      fmt::print(stderr, "damaged file {}: {} bytes of memory for a file of {}\n", number, most_live - before,
                 bytes.size());
      return 1;
    }
  }
  ::alarm(0);
  fmt::print(
      "{} damaged files: {} packs and {} indexes were read and the others refused ({}); the most memory was {:.3f} of "
      "what is allowed\n",
      count, accepted[0], accepted[1], sum % 10, largest_share);
  return accepted[0] > 0 && accepted[1] > 0 ? 0 : 1;
}
