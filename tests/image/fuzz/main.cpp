/// Decodes damaged image files, each a function of its number, whole and in parts, by a new reader and by one that has
/// read all before, and stops at the first that does anything but give an image or be refused, or does so differently
/// the second time: fuzz_images [COUNT [FIRST [KIND]]], where KIND is the end of the samples' names. A crash is the
/// sanitizers' to find; a hang is ended by a timer; allocations are counted and must be in proportion to the pixels.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <hearth/core/crc32.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image_reader.hpp>

#include "image/reference.hpp"
#include "weights/fuzz/damage.hpp"

#ifdef __SANITIZE_ADDRESS__  // of sanitizer/allocator_interface.h, which not every compiler brings along
extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                              void (*)(const volatile void*));
std::size_t __sanitizer_get_allocated_size(const volatile void*);
}
#endif

namespace {

std::size_t live = 0;
std::size_t most_live = 0;

/// Counts what is allocated, by C's libraries too, where the sanitizer tells.
void count_memory() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t size) {
        live += size;
        most_live = std::max(most_live, live);
      },
      [](const volatile void* memory) { live -= std::min(live, __sanitizer_get_allocated_size(memory)); });
#endif
}

struct Sample {
  std::string name;
  Bytes file;
};

/// Puts the checksums of a PNG's chunks right, so that what is damaged in them is looked at.
void mend_png(Bytes& png) {
  for (std::size_t at = 8; at + 12 <= png.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      length = length << 8 | std::to_integer<std::size_t>(png[at + i]);
    }
    if (length > png.size() - at - 12) {
      return;
    }
    const std::uint32_t checksum = hearth::core::crc32(std::span(png).subspan(at + 4, 4 + length));
    for (std::size_t i = 0; i < 4; ++i) {
      png[at + 8 + length + i] = static_cast<std::byte>(checksum >> (24 - 8 * i));
    }
    at += 12 + length;
  }
}

/// What a reader made of a file.
struct Outcome {
  std::string refusal;
  std::vector<std::uint8_t> pixels;
  hearth::image::Size size;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome_of(hearth::image::ImageReader& reader, const Bytes& bytes, const hearth::DecodeOptions& options) {
  const auto name = [] { return std::string("damaged"); };
  Outcome outcome;
  try {
    reader.open(bytes, name, options);
    outcome.size = reader.size();
    const hearth::ImageView view = reader.pixels();
    for (int y = 0; y < view.height; ++y) {
      outcome.pixels.insert(outcome.pixels.end(), view.row(y),
                            view.row(y) + std::ptrdiff_t{view.width} * view.channels);
    }
  } catch (const hearth::Error& error) {
    outcome.refusal = error.what();
  }
  return outcome;
}

/// A part of the whole, perhaps made smaller. Returns false where its pixels are not those that the whole has.
bool read_part(hearth::image::ImageReader& reader, const Bytes& bytes, const Outcome& whole,
               hearth::DecodeOptions options, hearth::RandomStream& random) {
  const auto name = [] { return std::string("damaged"); };
  options.exact = random.bernoulli(0.5);
  try {
    reader.open(bytes, name, options);
    const int reduction = reader.reduction(1 << random.below(4));
    const auto part_of = [&](int length, int& from) {
      const int reduced = (length - 1) / reduction + 1;
      const int part = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(reduced)));
      from = static_cast<int>(random.below(static_cast<std::uint64_t>(reduced - part) + 1));
      return part;
    };
    hearth::image::Rect part;
    part.height = part_of(reader.size().height, part.top);
    part.width = part_of(reader.size().width, part.left);
    const hearth::ImageView view = reader.pixels(part, reduction);
    bool same = true;
    for (int y = 0; same && y < part.height && whole.refusal.empty() && reduction == 1; ++y) {
      const std::ptrdiff_t at = (std::ptrdiff_t{part.top + y} * whole.size.width + part.left) * view.channels;
      same = std::memcmp(view.row(y), whole.pixels.data() + at,
                         static_cast<std::size_t>(part.width) * static_cast<std::size_t>(view.channels)) == 0;
    }
    return same;
  } catch (const hearth::Error&) {
    return !whole.refusal.empty();
  }
}

}  // namespace

int main(int count_of_arguments, char** arguments) {
  const auto argument = [&](int place, std::uint64_t otherwise) {
    return place < count_of_arguments ? std::strtoull(arguments[place], nullptr, 10) : otherwise;
  };
  const std::uint64_t count = argument(1, 10000);
  const std::uint64_t first = argument(2, 0);
  const std::string kind = count_of_arguments > 3 ? arguments[3] : "";
  std::vector<Sample> samples;
  for (const std::string name : {"decode.pack", "reader.pack", "formats.pack"}) {
    const Pack pack(std::filesystem::path(HEARTH_TEST_DIR) / "image" / "reference" / name);
    for (const Pack::Array& array : pack.arrays()) {
      if (array.name.find('/') == array.name.npos && array.name.ends_with(kind)) {
        samples.push_back({array.name, array.values<std::byte>()});
      }
    }
  }
  count_memory();
  hearth::image::ImageReader used;
  std::map<std::string, std::uint64_t> accepted;
  double largest_share = 0;
  for (std::uint64_t number = first; number < first + count; ++number) {
    ::alarm(20);
    hearth::RandomStream random(2, 0, number);
    const Sample& sample = samples[random.below(samples.size())];
    const Sample& other = samples[random.below(samples.size())];
    Bytes bytes = damage(sample.file, other.file, random);
    if (sample.name.ends_with(".png") && random.bernoulli(0.8)) {
      mend_png(bytes);
    }
    const hearth::DecodeOptions options{
        .channels = random.bernoulli(0.3) ? hearth::Channels::grey : hearth::Channels::rgb, .max_pixels = 1 << 22};
    try {
      Outcome whole;
      {
        const std::size_t before = live;
        most_live = live;
        hearth::image::ImageReader reader;
        whole = outcome_of(reader, bytes, options);
        // What decode.hpp promises and the copy made here, with what vectors hold in reserve; the size is not known of
        // a file that is refused for its header, which takes no memory but the decoder's own.
        const double pixels = static_cast<double>(whole.size.height) * whole.size.width;
        const double allowed = double{1 << 22} + 4.0 * static_cast<double>(bytes.size()) + (16 + 9) * pixels;
        const double share = static_cast<double>(most_live - before) / allowed;
        largest_share = std::max(largest_share, share);
        if (share > 1) {
          fmt::print(stderr, "damaged file {} of {}: {} bytes of memory for a file of {} and {} pixels\n", number,
                     sample.name, most_live - before, bytes.size(), pixels);
          return 1;
        }
      }
      if (outcome_of(used, bytes, options) != whole) {
        fmt::print(stderr, "damaged file {} of {}: another outcome by a reader that has read others\n", number,
                   sample.name);
        return 1;
      }
      if (!read_part(used, bytes, whole, options, random)) {
        fmt::print(stderr, "damaged file {} of {}: a part of it has other pixels than the whole\n", number,
                   sample.name);
        return 1;
      }
      if (whole.refusal.empty()) {
        ++accepted[sample.name.substr(std::min(sample.name.find('.'), sample.name.size()))];
      }
    } catch (const std::exception& error) {
      fmt::print(stderr, "damaged file {} of {}: {}\n", number, sample.name, error.what());
      return 1;
    }
  }
  ::alarm(0);
  std::string read;
  for (const auto& [name, files] : accepted) {
    read += fmt::format(" {} {}", files, name.empty() ? "others" : name);
  }
  fmt::print(
      "{} damaged files: images were read of{}, the others refused; the most memory was {:.3f} of what is allowed\n",
      count, read, largest_share);
  return accepted.empty() ? 1 : 0;
}
