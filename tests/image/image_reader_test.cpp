// Twice compiled, as decode_test.cpp: with stb_image for JPEG, and with libjpeg-turbo.
#include <hearth/image/image_reader.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/decode.hpp>

#include "catch.hpp"
#include "image/reference.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth::image::ImageReader;
using hearth::image::Rect;
using hearth::image::Size;

namespace {

thread_local int allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t& /*nothrow*/) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

#ifdef HEARTH_WITH_LIBJPEG_TURBO
constexpr bool with_libjpeg_turbo = true;
#else
constexpr bool with_libjpeg_turbo = false;
#endif

struct File {
  std::string name;
  std::vector<std::byte> bytes;
};

const Pack& formats() {
  static const Pack pack(HEARTH_TEST_DIR "/image/reference/decode.pack");
  return pack;
}

/// Those of every other format that the program decodes.
const Pack& others() {
  static const Pack pack(HEARTH_TEST_DIR "/image/reference/formats.pack");
  return pack;
}

bool is_decoded([[maybe_unused]] const std::string& name) {
#ifndef HEARTH_WITH_LIBWEBP
  if (name.ends_with(".webp")) {
    return false;
  }
#endif
#ifndef HEARTH_WITH_LIBTIFF
  if (name.ends_with(".tif")) {
    return false;
  }
#endif
  return true;
}

std::vector<File> files_of(const Pack& pack) {
  std::vector<File> files;
  for (const Pack::Array& array : pack.arrays()) {
    if (array.name.find('/') == array.name.npos && array.name.find('.') != array.name.npos && is_decoded(array.name)) {
      files.push_back({array.name, array.values<std::byte>()});
    }
  }
  return files;
}

/// A part of an image: any, a thin one or a small one.
Rect part_of(Size size, RandomStream& random) {
  const auto up_to = [&](int most) { return 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(most))); };
  const auto from = [&](int room) { return static_cast<int>(random.below(static_cast<std::uint64_t>(room) + 1)); };
  const int height = up_to(random.bernoulli(0.3) ? std::min(size.height, 4) : size.height);
  const int width = up_to(random.bernoulli(0.3) ? std::min(size.width, 4) : size.width);
  return {from(size.height - height), from(size.width - width), height, width};
}

bool are_equal(const ImageView& a, const ImageView& b) {
  bool same = a.size() == b.size() && a.channels == b.channels;
  for (int y = 0; same && y < a.height; ++y) {
    same =
        std::memcmp(a.row(y), b.row(y), static_cast<std::size_t>(a.width) * static_cast<std::size_t>(a.channels)) == 0;
  }
  return same;
}

/// What the reader says of the part, or all of it: an Error's message, or nothing.
std::string complaint(ImageReader& reader, std::span<const std::byte> bytes, const Rect* part = nullptr) {
  const auto name = [] { return std::string("cat.jpg"); };
  try {
    reader.open(bytes, name);
    part == nullptr ? reader.pixels() : reader.pixels(*part, 1);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("A part of a file has the pixels that it has in the whole, whatever was read before") {
  ImageReader reader;
  const std::vector<File> files = files_of(formats());
  REQUIRE(files.size() >= 40);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    RandomStream random(1, 0, i);
    const File& file = files[random.below(files.size())];
    const bool is_grey = random.bernoulli(0.3);
    const auto name = [&] { return file.name; };
    const DecodeOptions options{.channels = is_grey ? Channels::grey : Channels::rgb};
    // PIL's pixels, where decode_image gives these to the last bit.
    const bool is_pil = with_libjpeg_turbo ? !file.name.starts_with("rgb_5") : file.name.ends_with(".png");
    const Image whole = is_pil ? Image() : decode_image(file.bytes, file.name, options);
    const ImageView expected = is_pil ? formats()[file.name + (is_grey ? "/grey" : "/rgb")].image() : whole.view();
    reader.open(file.bytes, name, options);
    REQUIRE(reader.size() == expected.size());
    REQUIRE(reader.channels() == expected.channels);
    REQUIRE(reader.reduction(8) == 1);
    const Rect part = part_of(reader.size(), random);
    CAPTURE(file.name, is_grey, part.top, part.left, part.height, part.width);
    REQUIRE(are_equal(reader.pixels(part, 1), expected.crop(part)));
    if (random.bernoulli(0.2)) {  // and once more, another part
      const Rect other = part_of(reader.size(), random);
      CAPTURE(other.top, other.left, other.height, other.width);
      REQUIRE(are_equal(reader.pixels(other, 1), expected.crop(other)));
    }
  }
}

#ifdef HEARTH_WITH_LIBJPEG_TURBO
namespace {

const Pack& jpegs() {
  static const Pack pack(HEARTH_TEST_DIR "/image/reference/reader.pack");
  return pack;
}

/// Of a JPEG without its segments of this kind.
std::vector<std::byte> without(const std::vector<std::byte>& jpeg, int marker) {
  std::vector<std::byte> bytes(jpeg.begin(), jpeg.begin() + 2);
  std::size_t at = 2;
  while (std::to_integer<int>(jpeg[at + 1]) != 0xDA) {
    const std::size_t end =
        at + 2 + std::to_integer<std::size_t>(jpeg[at + 2]) * 256 + std::to_integer<std::size_t>(jpeg[at + 3]);
    if (std::to_integer<int>(jpeg[at + 1]) != marker) {
      bytes.insert(bytes.end(), jpeg.begin() + static_cast<std::ptrdiff_t>(at),
                   jpeg.begin() + static_cast<std::ptrdiff_t>(end));
    }
    at = end;
  }
  bytes.insert(bytes.end(), jpeg.begin() + static_cast<std::ptrdiff_t>(at), jpeg.end());
  return bytes;
}

}  // namespace

TEST_CASE("A part of a JPEG of any subsampling and scale has the pixels that PIL gives the whole") {
  ImageReader reader;
  const std::vector<File> files = files_of(jpegs());
  REQUIRE(files.size() == 27);
  for (std::uint64_t i = 0; i < 6000; ++i) {
    RandomStream random(2, 0, i);
    const File& file = files[random.below(files.size())];
    const int reduction = random.bernoulli(0.5) ? 1 : 1 << random.below(4);
    const auto name = [&] { return file.name; };
    const ImageView expected = jpegs()[file.name + "/" + std::to_string(reduction)].image();
    reader.open(file.bytes, name, {.exact = reduction == 1});
    REQUIRE(reader.reduction(reduction) == reduction);
    const Rect part = part_of(expected.size(), random);
    CAPTURE(file.name, reduction, part.top, part.left, part.height, part.width);
    REQUIRE(are_equal(reader.pixels(part, reduction), expected.crop(part)));
  }
}

TEST_CASE("A JPEG is made smaller by 2, 4 or 8 while it is decoded, where the options allow it") {
  ImageReader reader;
  const auto name = [] { return std::string("cat.jpg"); };
  const std::vector<std::byte> bytes = jpegs()["grey.jpg"].values<std::byte>();
  reader.open(bytes, name);
  CHECK(reader.reduction(8) == 1);
  reader.open(bytes, name, {.exact = false});
  for (int wanted = 1; wanted < 20; ++wanted) {
    CHECK(reader.reduction(wanted) == (wanted < 2 ? 1 : wanted < 4 ? 2 : wanted < 8 ? 4 : 8));
  }
}

TEST_CASE("A part of a progressive JPEG that lacks scans, which is smoothed, has the pixels of the whole") {
  ImageReader reader;
  const std::vector<std::byte> whole = jpegs()["2x2_progressive.jpg"].values<std::byte>();
  const auto name = [] { return std::string("cat.jpg"); };
  int smoothed = 0;
  std::size_t scans = 0;
  for (std::size_t at = 2; at + 1 < whole.size(); ++at) {
    if (whole[at] != std::byte{0xFF} || whole[at + 1] != std::byte{0xDA} || ++scans < 2) {
      continue;
    }
    std::vector<std::byte> bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at));
    bytes.insert(bytes.end(), {std::byte{0xFF}, std::byte{0xD9}});
    const Image image = decode_image(bytes, "cat.jpg");
    smoothed += are_equal(image.view(), jpegs()["2x2_progressive.jpg/1"].image()) ? 0 : 1;
    for (std::uint64_t i = 0; i < 100; ++i) {
      RandomStream random(6, 0, i);
      const Rect part = part_of(image.size(), random);
      reader.open(bytes, name);
      CAPTURE(scans, part.top, part.left, part.height, part.width);
      REQUIRE(are_equal(reader.pixels(part, 1), image.view().crop(part)));
    }
  }
  CHECK(smoothed > 3);
}

TEST_CASE("A JPEG without tables of its own does not get those of the file before") {
  const std::vector<std::byte> sound = jpegs()["1x1_baseline.jpg"].values<std::byte>();
  const std::vector<std::byte> no_quantisation = without(sound, 0xDB);
  const std::vector<std::byte> no_codes = without(formats()["baseline.jpg"].values<std::byte>(), 0xC4);
  ImageReader fresh;
  ImageReader used;
  REQUIRE(complaint(used, formats()["optimized.jpg"].values<std::byte>()).empty());
  CHECK_THAT(complaint(used, no_quantisation), ContainsSubstring("cat.jpg is damaged or of an unsupported kind: "
                                                                 "Quantization table 0x00 was not defined"));
  // As frames of a Motion JPEG have it: the standard's own tables count.
  REQUIRE(complaint(used, formats()["optimized.jpg"].values<std::byte>()).empty());
  REQUIRE(complaint(used, no_codes).empty());
  REQUIRE(complaint(fresh, no_codes).empty());
  CHECK(are_equal(used.pixels(), fresh.pixels()));
  CHECK(are_equal(used.pixels(), formats()["baseline.jpg/rgb"].image()));
}
#endif

TEST_CASE("A part of a file of any other format has PIL's pixels, too") {
  ImageReader reader;
  const std::vector<File> files = files_of(others());
  REQUIRE(files.size() >= 13);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    RandomStream random(5, 0, i);
    const File& file = files[random.below(files.size())];
    const bool is_grey = random.bernoulli(0.3);
    const auto name = [&] { return file.name; };
    const ImageView expected = others()[file.name + (is_grey ? "/grey" : "/rgb")].image();
    reader.open(file.bytes, name, {.channels = is_grey ? Channels::grey : Channels::rgb});
    REQUIRE(reader.size() == expected.size());
    const Rect part = part_of(reader.size(), random);
    CAPTURE(file.name, is_grey, part.top, part.left, part.height, part.width);
    REQUIRE(are_equal(reader.pixels(part, 1), expected.crop(part)));
  }
}

TEST_CASE("A file that ends early is an Error even where the part that is needed is complete") {
  ImageReader reader;
  const Rect part{0, 0, 2, 3};
  for (const File& file : files_of(formats())) {
    CAPTURE(file.name);
    for (const std::size_t length : {file.bytes.size() / 2, file.bytes.size() * 3 / 4, file.bytes.size() - 5}) {
      CHECK_THAT(complaint(reader, std::span(file.bytes).first(length), &part), ContainsSubstring("is truncated"));
    }
    CHECK(complaint(reader, file.bytes, &part).empty());
  }
}

TEST_CASE("What a part says of a damaged JPEG's end is what the whole says") {
  ImageReader reader;
  const Rect part{0, 0, 3, 3};
  for (const std::string name : {"stops_early", "no_end"}) {
    const std::vector<std::byte> bytes = formats()[name].values<std::byte>();
    CHECK(complaint(reader, bytes, &part) == complaint(reader, bytes));
  }
}

TEST_CASE("After an Error a reader reads the next image as a new one does") {
  const std::vector<File> files = files_of(formats());
  ImageReader reader;
  int refused = 0;
  for (std::uint64_t i = 0; i < 1500; ++i) {
    RandomStream random(3, 0, i);
    const File& file = files[random.below(files.size())];
    std::vector<std::byte> bytes = file.bytes;
    for (int changes = 0; changes < 3; ++changes) {
      bytes[8 + random.below(bytes.size() - 8)] = static_cast<std::byte>(random.below(256));
    }
    ImageReader fresh;
    const std::string said = complaint(reader, bytes);
    CAPTURE(file.name, i);
    REQUIRE(said == complaint(fresh, bytes));
    refused += said.empty() ? 0 : 1;
    if (said.empty()) {
      REQUIRE(are_equal(reader.pixels(), fresh.pixels()));
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("Images of like size are read one after the other without memory being taken") {
  std::vector<File> files = files_of(formats());
  for (File& file : files_of(others())) {
    files.push_back(std::move(file));
  }
  ImageReader reader;
  for (const bool is_grey : {false, true}) {
    const DecodeOptions options{.channels = is_grey ? Channels::grey : Channels::rgb};
    for (int round = 0; round < 3; ++round) {
      for (const File& file : files) {
        const auto name = [&] { return file.name; };
        const int before = allocations;
        reader.open(file.bytes, name, options);
        const Size size = reader.size();
        reader.pixels({size.height / 3, size.width / 4, size.height / 2, size.width / 2}, 1);
        reader.pixels();
        const int taken = allocations - before;
        CAPTURE(file.name, is_grey, round);
        CHECK((round == 0 || taken == 0));
      }
    }
  }
}

TEST_CASE("A reader refuses a part that is not within the image, and one of no image") {
  ImageReader reader;
  CHECK_THROWS_WITH(reader.pixels({0, 0, 1, 1}, 1), "ImageReader: no image is open");
  const std::vector<std::byte> bytes = formats()["rgb_8.png"].values<std::byte>();
  const auto name = [] { return std::string("cat.png"); };
  for (const Rect part : {Rect{-1, 0, 2, 2}, Rect{0, -1, 2, 2}, Rect{0, 0, 0, 2}, Rect{0, 0, 2, 0}, Rect{12, 0, 2, 1},
                          Rect{0, 18, 1, 2}}) {
    reader.open(bytes, name);
    CHECK_THROWS_WITH(reader.pixels(part, 1), ContainsSubstring("is not within an image of 13 x 19"));
  }
  CHECK_THROWS_AS(reader.open(std::span(bytes).first(20), name), Error);
  CHECK_THROWS_WITH(reader.pixels({0, 0, 1, 1}, 1), "ImageReader: no image is open");
}

TEST_CASE("Readers of several threads do not disturb each other") {
  const std::vector<File> files = files_of(formats());
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (std::size_t thread = 0; thread < wrong.size(); ++thread) {
    threads.emplace_back([&, thread] {
      ImageReader reader;
      for (std::uint64_t i = 0; i < 200; ++i) {
        RandomStream random(4, thread, i);
        const File& file = files[random.below(files.size())];
        if (!file.name.ends_with(".png") && !(with_libjpeg_turbo && file.name.ends_with(".jpg"))) {
          complaint(reader, std::span(file.bytes).first(file.bytes.size() / 2));
          continue;
        }
        const auto name = [&] { return file.name; };
        reader.open(file.bytes, name);
        const Rect part = part_of(reader.size(), random);
        wrong[thread] += are_equal(reader.pixels(part, 1), formats()[file.name + "/rgb"].image().crop(part)) ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == std::vector<int>(4));
}
