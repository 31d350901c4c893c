// Twice compiled: with stb_image for JPEG, and with libjpeg-turbo.
//
// A program's own stb_image, in the same translation unit as ours and with settings of its own.
#define STBI_ONLY_PNG
#define STBI_FAILURE_USERMSG
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>
#include <hearth/image/decode.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/random.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;

namespace {

#ifdef HEARTH_WITH_LIBJPEG_TURBO
constexpr bool with_libjpeg_turbo = true;
#else
constexpr bool with_libjpeg_turbo = false;
#endif

#ifdef HEARTH_WITH_LIBWEBP
constexpr bool with_libwebp = true;
#else
constexpr bool with_libwebp = false;
#endif
#ifdef HEARTH_WITH_LIBTIFF
constexpr bool with_libtiff = true;
#else
constexpr bool with_libtiff = false;
#endif

const Pack& reference() {
  static const Pack pack(HEARTH_TEST_DIR "/image/reference/decode.pack");
  return pack;
}

std::vector<std::string> files_of_kind(const std::string& extension) {
  std::vector<std::string> names;
  for (const Pack::Array& array : reference().arrays()) {
    if (array.name.ends_with(extension)) {
      names.push_back(array.name);
    }
  }
  return names;
}

std::vector<std::byte> bytes_of(const std::string& name) {
  return reference()[name].values<std::byte>();
}

/// The message of the Error that decoding throws, or what else came of it.
std::string complaint(std::span<const std::byte> bytes, const DecodeOptions& options = {}) {
  try {
    decode_image(bytes, "cat.jpg", options);
    return "decoded";
  } catch (const Error& error) {
    return error.what();
  }
}

struct Difference {
  double mean = 0;
  int most = 0;
};

Difference difference(const Image& a, const ImageView& b) {
  REQUIRE(a.size() == b.size());
  REQUIRE(a.channels() == b.channels);
  Difference d;
  for (std::size_t i = 0; i < a.pixels().size(); ++i) {
    const int apart = std::abs(int{a.pixels()[i]} - int{b.data[i]});
    d.mean += static_cast<double>(apart) / static_cast<double>(a.pixels().size());
    d.most = std::max(d.most, apart);
  }
  return d;
}

/// `number`, the most significant byte first.
std::vector<std::byte> big_endian(std::size_t number) {
  std::vector<std::byte> bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::byte>(number >> shift));
  }
  return bytes;
}

/// Writes the checksum of the PNG chunk that begins at `begin`.
void seal_chunk(std::vector<std::byte>& png, std::size_t begin) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    length = length << 8 | std::to_integer<std::size_t>(png[begin + i]);
  }
  const std::vector<std::byte> checksum = big_endian(core::crc32(std::span(png).subspan(begin + 4, 4 + length)));
  std::copy(checksum.begin(), checksum.end(), png.begin() + static_cast<std::ptrdiff_t>(begin + 8 + length));
}

/// Where a PNG's first chunk of this type begins.
std::size_t chunk_of(const std::vector<std::byte>& png, const char* type) {
  const auto is = [](std::byte byte, char letter) { return std::to_integer<char>(byte) == letter; };
  return static_cast<std::size_t>(std::search(png.begin(), png.end(), type, type + 4, is) - png.begin()) - 4;
}

/// The PNG with a chunk of its own before the pixels.
std::vector<std::byte> with_chunk(std::vector<std::byte> png, const std::string& type, const std::string& data) {
  const std::size_t begin = chunk_of(png, "IDAT");
  std::vector<std::byte> chunk = big_endian(data.size());
  for (const char letter : type + data + "crc?") {
    chunk.push_back(static_cast<std::byte>(letter));
  }
  png.insert(png.begin() + static_cast<std::ptrdiff_t>(begin), chunk.begin(), chunk.end());
  seal_chunk(png, begin);
  return png;
}

/// A PNG, BMP or JPEG file whose header says `size` and which has nothing else.
std::vector<std::byte> header_of(const std::string& name, std::size_t length, std::size_t height_at,
                                 std::size_t width_at, std::vector<int> size) {
  std::vector<std::byte> bytes = bytes_of(name);
  bytes.resize(length);
  for (std::size_t i = 0; i < size.size(); ++i) {
    bytes[height_at + i] = bytes[width_at + i] = static_cast<std::byte>(size[i]);
  }
  if (name.ends_with(".png")) {
    seal_chunk(bytes, 8);
  }
  return bytes;
}

/// Where a JPEG's first segment of this kind begins.
std::size_t segment_of(std::span<const std::byte> jpeg, int marker) {
  std::size_t at = 2;
  while (std::to_integer<int>(jpeg[at + 1]) != marker) {
    at += 2 + std::to_integer<std::size_t>(jpeg[at + 2]) * 256 + std::to_integer<std::size_t>(jpeg[at + 3]);
  }
  return at;
}

}  // namespace

TEST_CASE("A JPEG decodes to what PIL makes of it: equal with libjpeg-turbo, within one level on average without") {
  const std::vector<std::string> names = files_of_kind(".jpg");
  REQUIRE(names.size() == 11);
  for (const std::string& name : names) {
    CAPTURE(name);
    const Difference rgb = difference(decode_image(bytes_of(name), name), reference()[name + "/rgb"].image());
    const Difference grey = difference(decode_image(bytes_of(name), name, {.channels = Channels::grey}),
                                       reference()[name + "/grey"].image());
    CHECK(rgb.mean <= (with_libjpeg_turbo ? 0.0 : 1.0));
    CHECK(grey.mean <= (with_libjpeg_turbo ? 0.0 : 1.0));
    // At 4:2:2 stb_image blends the last but one column's colours in the wrong proportion.
    CHECK(rgb.most <= (with_libjpeg_turbo ? 0 : name == "subsampled_422.jpg" ? 32 : 8));
  }
}

TEST_CASE("A PNG of any colour type and depth decodes to what PIL makes of it") {
  const std::vector<std::string> names = files_of_kind(".png");
  REQUIRE(names.size() == 20);
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(difference(decode_image(bytes_of(name), name), reference()[name + "/rgb"].image()).most == 0);
    const Image grey = decode_image(bytes_of(name), name, {.channels = Channels::grey});
    CHECK(difference(grey, reference()[name + "/grey"].image()).most == 0);
  }
}

TEST_CASE("A BMP of any depth decodes to what PIL makes of it, within one level where it has 16 bits a pixel") {
  const std::vector<std::string> names = files_of_kind(".bmp");
  REQUIRE(names.size() == 9);
  for (const std::string& name : names) {
    CAPTURE(name);
    const int tolerance = name.starts_with("rgb_5") ? 1 : 0;
    CHECK(difference(decode_image(bytes_of(name), name), reference()[name + "/rgb"].image()).most <= tolerance);
    const Image grey = decode_image(bytes_of(name), name, {.channels = Channels::grey});
    CHECK(difference(grey, reference()[name + "/grey"].image()).most <= tolerance);
  }
}

TEST_CASE("A PGM, PPM, WebP or TIFF of any kind decodes to what PIL makes of it, where its library is linked") {
  const Pack pack(HEARTH_TEST_DIR "/image/reference/formats.pack");
  std::map<std::string, int> files;
  for (const Pack::Array& array : pack.arrays()) {
    const std::string& name = array.name;
    if (name.find('/') != name.npos) {
      continue;
    }
    CAPTURE(name);
    const auto bytes = array.values<std::byte>();
    const std::string kind = name.substr(name.find('.'));
    ++files[kind];
    if ((kind == ".webp" && !with_libwebp) || (kind == ".tif" && !with_libtiff)) {
      CHECK(complaint(bytes) ==
            (kind == ".webp" ? "decode_image: cat.jpg is a WebP image, which needs a program with hearth::webp"
                             : "decode_image: cat.jpg is a TIFF image, which needs a program with hearth::tiff"));
      continue;
    }
    CHECK(difference(decode_image(bytes, name), pack[name + "/rgb"].image()).most == 0);
    const Image grey = decode_image(bytes, name, {.channels = Channels::grey});
    CHECK(difference(grey, pack[name + "/grey"].image()).most == 0);
    for (const std::size_t length : {bytes.size() / 4, bytes.size() / 2, bytes.size() - 3}) {
      // A TIFF may end in what nobody needs, and a second page is nothing else; a shorter number is one, too.
      const bool may_end = kind == ".tif" || name.starts_with("plain");
      if (!may_end || (length < bytes.size() - 3 && name != "two_pages.tif")) {
        CHECK_THAT(complaint(std::span(bytes).first(length)), ContainsSubstring("cat.jpg is "));
      }
    }
  }
  CHECK(files == std::map<std::string, int>{{".pgm", 7}, {".ppm", 6}, {".tif", 65}, {".webp", 7}});
}

TEST_CASE("A PGM or PPM that breaks its own rules is refused") {
  const auto said = [](const std::string& text) { return complaint(std::as_bytes(std::span(text))); };
  CHECK_THAT(said("P2\n3 1\n255\n1 2 256\n"), ContainsSubstring("it has a number above its largest value"));
  CHECK_THAT(said("P2\n3 1\n255\n1 2 x\n"), ContainsSubstring("it has no number where one must be"));
  CHECK_THAT(said("P2\n3 1\n255\n1 2 12345678901\n"), ContainsSubstring("it has no number where one must be"));
  CHECK_THAT(said("P2\n3 1\n255\n1 2 "), ContainsSubstring("cat.jpg is truncated"));
  CHECK_THAT(said("P5\n3 1\n65536\n123456"), ContainsSubstring("its header gives no largest value from 1 to 65535"));
  CHECK_THAT(said("P5\n0 1\n255\n"), ContainsSubstring("its header gives no size"));
  CHECK_THAT(said("P6\n3000 3000\n255\n123456"), ContainsSubstring("cannot hold 3000 x 3000 pixels"));
  CHECK_THAT(said("P5\n3 1 255"), ContainsSubstring("cat.jpg is truncated"));
  CHECK(said("P2 3 1 255 1 # two\n2 3") == "decoded");
}

TEST_CASE("A BMP's colours that are not in its palette are black, also where its header is the old one") {
  // 2 x 1 pixels of 8 bits: the last colour of a full palette, and one that a palette of two lacks.
  const auto bmp = [](std::size_t header, std::size_t colours, int first, int second) {
    const std::size_t entry = header == 12 ? 3 : 4;
    std::vector<std::byte> bytes(14 + header + colours * entry + 4);
    const auto put = [&](std::size_t at, std::size_t value) {
      bytes[at] = static_cast<std::byte>(value);
      bytes[at + 1] = static_cast<std::byte>(value >> 8);
    };
    bytes[0] = std::byte{'B'};
    bytes[1] = std::byte{'M'};
    put(10, bytes.size() - 4);
    put(14, header);
    put(18, 2);
    put(header == 12 ? 20 : 22, 1);
    put(header == 12 ? 22 : 26, 1);
    put(header == 12 ? 24 : 28, 8);
    for (std::size_t i = 0; i < colours; ++i) {
      bytes[14 + header + i * entry + 2] = static_cast<std::byte>(i);  // of red
      bytes[14 + header + i * entry] = std::byte{7};                   // of blue
    }
    put(bytes.size() - 4, static_cast<std::size_t>(first + 256 * second));
    return bytes;
  };
  for (const std::size_t header : {12, 40}) {
    CAPTURE(header);
    CHECK(decode_image(bmp(header, 256, 255, 1), "x").pixels() == std::vector<std::uint8_t>{255, 0, 7, 1, 0, 7});
    CHECK(decode_image(bmp(header, 2, 1, 9), "x").pixels() == std::vector<std::uint8_t>{1, 0, 7, 0, 0, 0});
  }
}

TEST_CASE("A file that ends early is an Error that names it and says so, wherever it ends") {
  for (const std::string name : {"baseline.jpg", "progressive.jpg", "restarts.jpg", "grey.jpg", "rgb_8.png",
                                 "interlaced.png", "palette_4.png", "grey_16.png", "rgb_24.bmp", "palette_8.bmp"}) {
    const std::vector<std::byte> bytes = bytes_of(name);
    for (std::size_t length = 8; length < bytes.size(); length += length < 100 ? 1 : 13) {
      CAPTURE(name, length);
      CHECK_THAT(complaint(std::span(bytes).first(length)), ContainsSubstring("cat.jpg is truncated"));
    }
    // The last bytes may be padding that nobody misses.
    CHECK_THAT(complaint(std::span(bytes).first(bytes.size() - 4)), ContainsSubstring("cat.jpg is truncated"));
  }
}

TEST_CASE("A JPEG without its end marker is truncated, as PIL has it") {
  const std::vector<std::byte> bytes = bytes_of("baseline.jpg");
  REQUIRE(bytes.back() == std::byte{0xD9});
  CHECK_THAT(complaint(std::span(bytes).first(bytes.size() - 2)),
             ContainsSubstring("decode_image: cat.jpg is truncated: the image needs more than its"));
}

TEST_CASE("Bytes after the end of an image do no harm") {
  for (const std::string name : {"baseline.jpg", "rgb_8.png", "rgb_24.bmp"}) {
    std::vector<std::byte> bytes = bytes_of(name);
    const Image image = decode_image(bytes, name);
    bytes.resize(bytes.size() + 1000, std::byte{0xFF});
    CHECK(decode_image(bytes, name) == image);
  }
}

TEST_CASE("What is no image is an Error that names it") {
  const std::string text = "This is a text file, whatever its name says.";
  CHECK(complaint(std::as_bytes(std::span(text))) ==
        "decode_image: cat.jpg is not a JPEG, PNG, BMP, PGM, PPM, WebP or TIFF image");
  CHECK(complaint({}) == "decode_image: cat.jpg is empty");
  CHECK(complaint(std::vector<std::byte>(500)) ==
        "decode_image: cat.jpg is not a JPEG, PNG, BMP, PGM, PPM, WebP or TIFF image");
  CHECK(complaint(std::vector<std::byte>{std::byte{0xFF}}) ==
        "decode_image: cat.jpg is not a JPEG, PNG, BMP, PGM, PPM, WebP or TIFF image");
}

TEST_CASE("Damage is an Error that names the file, or an image; never a crash") {
  int refused = 0;
  for (const std::string name : {"baseline.jpg", "progressive.jpg", "rgb_8.png", "palette_4.png", "palette_8.bmp"}) {
    for (std::uint64_t i = 0; i < 60; ++i) {
      std::vector<std::byte> bytes = bytes_of(name);
      RandomStream random(0, 0, i);
      for (int changes = 0; changes < 3; ++changes) {
        bytes[8 + random.below(bytes.size() - 8)] = static_cast<std::byte>(random.below(256));
      }
      const std::string outcome = complaint(bytes);
      if (outcome != "decoded") {
        CHECK_THAT(outcome, ContainsSubstring("decode_image: cat.jpg "));
        ++refused;
      }
    }
  }
  CHECK(refused > 50);
}

TEST_CASE("A PNG with one bit changed is refused, whatever the bit, unless its pixels are the same") {
  for (const std::string& name : files_of_kind(".png")) {
    const std::vector<std::byte> whole = bytes_of(name);
    const Image image = decode_image(whole, name);
    for (std::size_t bit = 0; bit < whole.size() * 8; bit += bit < 400 ? 1 : 7) {
      std::vector<std::byte> bytes = whole;
      bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
      CAPTURE(name, bit);
      Image same = image;
      std::string refusal = "decode_image: cat.png is ";
      try {
        same = decode_image(bytes, "cat.png");
      } catch (const Error& error) {
        refusal = error.what();
      }
      CHECK(same == image);
      CHECK_THAT(refusal, ContainsSubstring("decode_image: cat.png is "));
    }
  }
}

TEST_CASE("A PNG whose pixels do not give their checksum is refused, as PIL refuses it") {
  for (const std::string name : {"rgb_8.png", "palette_4.png", "interlaced.png", "filtered.png"}) {
    std::vector<std::byte> bytes = bytes_of(name);
    const std::size_t end = bytes.size() - 12;  // of IDAT, before IEND
    bytes[end - 5] ^= std::byte{1};             // the last of the checksum, which is followed by that of the chunk
    seal_chunk(bytes, chunk_of(bytes, "IDAT"));
    CHECK_THAT(complaint(bytes), ContainsSubstring("cat.jpg is damaged or of an unsupported kind: the checksum of its "
                                                   "pixels is wrong"));
  }
}

TEST_CASE("A message about a damaged PNG has letters alone for what stands in it") {
  std::vector<std::byte> bytes = bytes_of("rgb_8.png");
  const std::size_t data = chunk_of(bytes, "IDAT");
  bytes[data + 5] = std::byte{0x1B};
  CHECK_THAT(complaint(bytes), ContainsSubstring("the checksum of its part I\\x1bAT at byte 33 is wrong"));
  seal_chunk(bytes, data);
  CHECK_THAT(complaint(bytes), ContainsSubstring("has a part I\\x1bAT, of which nothing is known"));
}

TEST_CASE("What a PNG holds beside its image is passed over, and what is needed and not known is refused") {
  const std::vector<std::byte> bytes = bytes_of("rgb_8.png");
  CHECK(decode_image(with_chunk(bytes, "tEXt", "Comment"), "cat.png") == decode_image(bytes, "cat.png"));
  CHECK_THAT(complaint(with_chunk(bytes, "CgBI", "0000")),
             ContainsSubstring("has a part CgBI, of which nothing is known"));
}

TEST_CASE("A palette's colours that are not there are black, as PIL has it; a PNG that needs one has one") {
  std::vector<std::byte> bytes = bytes_of("palette_8.png");
  const Image full = decode_image(bytes, "cat.png");
  const std::size_t palette = chunk_of(bytes, "PLTE");
  const auto at = [&](std::size_t offset) { return bytes.begin() + static_cast<std::ptrdiff_t>(palette + offset); };
  std::vector<std::byte> first(at(8), at(11));
  std::vector<std::byte> without = bytes;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(palette),
                without.begin() + static_cast<std::ptrdiff_t>(palette + 12 + 768));
  CHECK_THAT(complaint(without), ContainsSubstring("it has no palette"));

  bytes.erase(at(8 + 3), at(8 + 768));
  bytes[palette + 2] = std::byte{0};
  bytes[palette + 3] = std::byte{3};
  seal_chunk(bytes, palette);
  const Image image = decode_image(bytes, "cat.png");
  REQUIRE(image.size() == full.size());
  for (std::size_t i = 0; i < image.pixels().size(); i += 3) {
    const bool is_first = std::memcmp(&full.pixels()[i], first.data(), 3) == 0;
    CHECK(std::memcmp(&image.pixels()[i], is_first ? reinterpret_cast<const char*>(first.data()) : "\0\0\0", 3) == 0);
  }
}

TEST_CASE("A Huffman table of more codes than there are is refused") {
  std::vector<std::byte> bytes = bytes_of("baseline.jpg");
  const std::size_t table = segment_of(bytes, 0xC4) + 5;  // the counts of codes of 1, 2, … 16 bits
  bytes[table + 14] = bytes[table + 15] = std::byte{200};
  CHECK(complaint(bytes) ==
        (with_libjpeg_turbo
             ? "decode_image: cat.jpg is damaged or of an unsupported kind: Bogus Huffman table definition"
             : "decode_image: cat.jpg is damaged: one of its Huffman tables has more than 256 codes"));
}

#ifdef HEARTH_WITH_LIBJPEG_TURBO
TEST_CASE("A JPEG whose data stop before its end marker, or go on without one, is mended as PIL mends it") {
  for (const std::string name : {"stops_early", "no_end"}) {
    CHECK(difference(decode_image(bytes_of(name), "cat.jpg"), reference()[name + "/rgb"].image()).most == 0);
  }
}

TEST_CASE("A JPEG of five hundred empty scans, which would take long to read, is refused") {
  const std::vector<std::byte> whole = bytes_of("progressive.jpg");
  constexpr std::byte scan_start[] = {std::byte{0xFF}, std::byte{0xDA}};
  const auto last = std::find_end(whole.begin(), whole.end(), std::begin(scan_start), std::end(scan_start));
  const auto with_scans = [&](int more) {
    std::vector<std::byte> bytes(whole.begin(), last);
    for (int i = 0; i <= more; ++i) {
      bytes.insert(bytes.end(), last, whole.end() - 2);
    }
    bytes.insert(bytes.end(), whole.end() - 2, whole.end());
    return bytes;
  };
  CHECK(complaint(with_scans(100)) == "decoded");
  CHECK(complaint(with_scans(500)) ==
        "decode_image: cat.jpg is damaged or of an unsupported kind: it has more scans than any image needs");
}
#endif

TEST_CASE("A JPEG of two components is refused, as PIL refuses it") {
  std::vector<std::byte> bytes = bytes_of("baseline.jpg");
  const auto drop_third = [&](int marker, std::size_t entry) {  // its entries for the components are as long
    const auto segment = bytes.begin() + static_cast<std::ptrdiff_t>(segment_of(bytes, marker));
    const auto count = segment + (marker == 0xC0 ? 9 : 4);
    const auto third = count + 1 + 2 * static_cast<std::ptrdiff_t>(entry);
    segment[3] = static_cast<std::byte>(std::to_integer<std::size_t>(segment[3]) - entry);
    *count = std::byte{2};
    bytes.erase(third, third + static_cast<std::ptrdiff_t>(entry));
  };
  drop_third(0xC0, 3);
  drop_third(0xDA, 2);
  CHECK_THAT(complaint(bytes), ContainsSubstring("decode_image: cat.jpg is damaged or of an unsupported kind: ") &&
                                   ContainsSubstring(with_libjpeg_turbo ? "three or four colours" : "unknown"));
}

TEST_CASE("A header that promises more than the file can hold is refused before memory is taken") {
  const std::vector<std::byte> png = header_of("rgb_8.png", 60, 20, 16, {0, 0, 0x30, 0});  // 12288 x 12288
  CHECK_THAT(complaint(png), ContainsSubstring("cat.jpg is truncated: its 60 bytes cannot hold 12288 x 12288 pixels"));
  const std::vector<std::byte> bmp = header_of("rgb_24.bmp", 60, 22, 18, {0, 0x30, 0, 0});
  CHECK_THAT(complaint(bmp), ContainsSubstring("cat.jpg is truncated: its 60 bytes cannot hold 12288 x 12288 pixels"));

  const std::vector<std::byte> whole = bytes_of("baseline.jpg");
  const std::size_t frame = segment_of(whole, 0xC0);
  const std::vector<std::byte> jpeg = header_of("baseline.jpg", whole.size(), frame + 5, frame + 7, {0x30, 0});
  CHECK_THAT(complaint(jpeg), ContainsSubstring("bytes cannot hold 12288 x 12288 pixels"));
}

TEST_CASE("More pixels than the limit are refused; the limit is PIL's unless the user sets one") {
  const std::vector<std::byte> png = header_of("rgb_8.png", 60, 20, 16, {0, 0, 0x40, 0});  // 16384 x 16384
  CHECK(complaint(png) == "decode_image: cat.jpg has 16384 x 16384 pixels, but max_pixels allows at most 178956970");
  CHECK_THAT(complaint(png, {.max_pixels = 16384 * 16384}), ContainsSubstring("cat.jpg is truncated"));
  for (const std::string name : {"rgb_8.png", "rgb_24.bmp", "baseline.jpg", "interlaced.png"}) {
    const std::vector<std::byte> bytes = bytes_of(name);
    const Image image = decode_image(bytes, name);
    const std::int64_t pixels = std::int64_t{image.height()} * image.width();
    CHECK(decode_image(bytes, name, {.max_pixels = pixels}) == image);
    CHECK_THAT(complaint(bytes, {.max_pixels = pixels - 1}), ContainsSubstring("but max_pixels allows at most"));
  }
}

TEST_CASE("read_image names the file that it cannot read or decode") {
  const hearth_test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "picture.png";
  const std::vector<std::byte> bytes = bytes_of("rgb_8.png");
  core::write_file(path, bytes);
  CHECK(read_image(path) == decode_image(bytes, "rgb_8.png"));
  CHECK(read_image(path, {.channels = Channels::grey}).channels() == 1);
  core::write_file(path, std::span(bytes).first(200));
  CHECK_THROWS_WITH(read_image(path), ContainsSubstring(path.string() + " is truncated"));
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(read_image(path), ContainsSubstring(path.string()));
}

TEST_CASE("The program's own stb_image works beside ours") {
  const std::vector<std::byte> jpeg = bytes_of("baseline.jpg");
  const auto* const bytes = reinterpret_cast<const stbi_uc*>(jpeg.data());
  int width = 0;
  int height = 0;
  int channels = 0;
  CHECK(stbi_load_from_memory(bytes, static_cast<int>(jpeg.size()), &width, &height, &channels, 3) == nullptr);
  CHECK(std::string(stbi_failure_reason()) == "Image not of any known type, or corrupt");
  CHECK(complaint(jpeg) == "decoded");
}
