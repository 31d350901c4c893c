#include <hearth/image/write_row.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/simd.hpp>

#include "catch.hpp"

using namespace hearth;

namespace {

/// (byte / 255 - mean) / std, as ToTensor and Normalize make it.
std::vector<image::FloatTable> normalizing_tables(int channels) {
  const float means[] = {0.485F, 0.456F, 0.406F, 0.5F};
  const float stds[] = {0.229F, 0.224F, 0.225F, 1.0F};
  std::vector<image::FloatTable> tables(static_cast<std::size_t>(channels));
  for (std::size_t c = 0; c < tables.size(); ++c) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      tables[c][byte] = (static_cast<float>(byte) / 255.0F - means[c]) / stds[c];
    }
  }
  return tables;
}

/// Tables of any floats, numbers that are none and infinities too.
std::vector<image::FloatTable> random_tables(int channels) {
  RandomStream random(1, 2, 3);
  std::vector<image::FloatTable> tables(static_cast<std::size_t>(channels));
  for (image::FloatTable& table : tables) {
    for (float& value : table) {
      value = std::bit_cast<float>(static_cast<std::uint32_t>(random.below(std::uint64_t{1} << 32)));
    }
    table[7] = std::numeric_limits<float>::quiet_NaN();
    table[8] = std::numeric_limits<float>::infinity();
  }
  return tables;
}

std::size_t size_of(Dtype dtype) {
  return dtype == Dtype::float32 ? 4 : dtype == Dtype::uint8 ? 1 : 2;
}

/// Stores what the table says of a byte, at `out`.
void store(std::uint8_t byte, float value, Dtype dtype, std::uint8_t* out) {
  switch (dtype) {
    case Dtype::float32:
      std::memcpy(out, &value, 4);
      return;
    case Dtype::bfloat16:
    case Dtype::float16: {
      const std::uint16_t bits = dtype == Dtype::bfloat16 ? image::bfloat16_bits(value) : image::float16_bits(value);
      std::memcpy(out, &bits, 2);
      return;
    }
    case Dtype::uint8:
      *out = byte;
  }
}

/// Writes one row each way and compares all bytes about its place, too.
void check_row(const std::vector<image::FloatTable>& tables, const image::ByteMap& map, int width, bool flipped,
               bool planes, Dtype dtype, bool stream, std::size_t misplaced) {
  const auto channels = static_cast<std::size_t>(map.channels());
  const auto pixels = static_cast<std::size_t>(width);
  const std::size_t size = size_of(dtype);
  RandomStream random(4, static_cast<std::uint64_t>(width), 5);
  std::vector<std::uint8_t> source(pixels * channels);  // of this size: a sanitizer sees a step beyond
  for (std::uint8_t& byte : source) {
    byte = static_cast<std::uint8_t>(random.below(256));
  }
  const std::size_t next_channel = planes ? pixels + 5 : 1;
  const std::size_t next_pixel = planes ? 1 : channels;
  constexpr std::size_t guard = 128;
  std::vector<std::uint8_t> expected(2 * guard + (pixels + 5) * channels * size + misplaced + 64, 0xA5);
  std::vector<std::uint8_t> written = expected;
  std::uint8_t* const middle = written.data() + guard;
  const std::size_t begin = guard + (64 - reinterpret_cast<std::uintptr_t>(middle) % 64) % 64 + misplaced;
  for (std::size_t x = 0; x < pixels; ++x) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::uint8_t byte = source[(flipped ? pixels - 1 - x : x) * channels + c];
      store(byte, tables[c][byte], dtype, &expected[begin + (x * next_pixel + c * next_channel) * size]);
    }
  }
  const auto step = static_cast<std::ptrdiff_t>(channels);
  const std::uint8_t* const first = source.data() + (flipped && width > 0 ? (width - 1) * step : 0);
  image::write_row(map, first, flipped ? -step : step, width,
                   {written.data() + begin, dtype, static_cast<std::ptrdiff_t>(next_channel),
                    static_cast<std::ptrdiff_t>(next_pixel), stream});
  image::finish_streaming();
  INFO(name_of(image::simd_level()) << ", " << width << " pixels of " << channels << ", flipped " << flipped
                                    << ", planes " << planes << ", type " << static_cast<int>(dtype) << ", stream "
                                    << stream << ", misplaced by " << misplaced);
  CHECK(written == expected);
}

}  // namespace

TEST_CASE("Rows become numbers by the table, whatever the instructions, the type, the layout and the width") {
  for (const int channels : {1, 2, 3, 4}) {
    for (const bool linear : {true, false}) {
      const std::vector<image::FloatTable> tables = linear ? normalizing_tables(channels) : random_tables(channels);
      const image::ByteMap map(tables);
      CHECK(map.is_linear() == linear);
      for (const image::Simd level : image::simd_levels()) {
        const image::SimdOverride in_use(level);
        for (const int width : {0, 1, 2, 15, 16, 17, 31, 33, 47, 63, 64, 65, 100, 127, 128, 129, 224, 321}) {
          for (const Dtype dtype : {Dtype::float32, Dtype::bfloat16, Dtype::float16, Dtype::uint8}) {
            for (const bool flipped : {false, true}) {
              check_row(tables, map, width, flipped, true, dtype, false, 0);
              check_row(tables, map, width, flipped, false, dtype, true, 0);
              check_row(tables, map, width, flipped, width % 2 == 0, dtype, true, width % 2 == 0 ? 0 : 4);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("A row is copied as it is, and from its last pixel on") {
  for (const image::Simd level : image::simd_levels()) {
    const image::SimdOverride in_use(level);
    for (const int channels : {1, 2, 3, 4}) {
      for (const int width : {1, 2, 15, 16, 17, 40, 64, 97}) {
        const auto pixel = static_cast<std::size_t>(channels);
        std::vector<std::uint8_t> source(static_cast<std::size_t>(width) * pixel);
        for (std::size_t i = 0; i < source.size(); ++i) {
          source[i] = static_cast<std::uint8_t>(7 * i + i / 256);
        }
        std::vector<std::uint8_t> same(source.size());
        image::copy_row(source.data(), channels, width, channels, same.data());
        CAPTURE(name_of(level), channels, width);
        CHECK(same == source);
        std::vector<std::uint8_t> turned(source.size() + 64, 0xA5);
        std::vector<std::uint8_t> expected = turned;
        for (std::size_t i = 0; i < source.size(); ++i) {
          expected[i] = source[source.size() - pixel - i / pixel * pixel + i % pixel];
        }
        image::copy_row(source.data() + source.size() - pixel, -channels, width, channels, turned.data());
        CHECK(turned == expected);
      }
    }
  }
}

TEST_CASE("A table of byte / 255 is linear, and one with another bit is not") {
  image::FloatTable table;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    table[byte] = static_cast<float>(byte) / 255.0F;
  }
  const std::vector<image::FloatTable> tables(3, table);
  CHECK(image::ByteMap(tables).is_linear());
  for (const std::size_t byte : {std::size_t{1}, std::size_t{100}, std::size_t{255}}) {
    std::vector<image::FloatTable> changed = tables;
    changed[1][byte] = std::nextafter(changed[1][byte], 2.0F);
    CHECK_FALSE(image::ByteMap(changed).is_linear());
  }
  CHECK_FALSE(image::ByteMap(std::vector<image::FloatTable>(1, image::FloatTable{})).is_linear());
}

TEST_CASE("The usual means and deviations make linear tables") {
  const float pairs[][2] = {{0.485F, 0.229F},   {0.456F, 0.224F},   {0.406F, 0.225F},   {0.5F, 0.5F},
                            {0.1307F, 0.3081F}, {0.2860F, 0.3530F}, {0.4914F, 0.247F},  {0.4822F, 0.2435F},
                            {0.4465F, 0.2616F}, {0.4802F, 0.2770F}, {0.4481F, 0.2691F}, {0.3975F, 0.2821F}};
  for (const auto& [mean, std] : pairs) {
    std::vector<image::FloatTable> tables(1);
    for (std::size_t byte = 0; byte < 256; ++byte) {
      tables[0][byte] = (static_cast<float>(byte) / 255.0F - mean) / std;
    }
    CAPTURE(mean, std);
    CHECK(image::ByteMap(tables).is_linear());
  }
}

TEST_CASE("Floats are rounded to 16 bits half to even") {
  // float16: 10 bits of fraction, the least normal number 2^-14, the least of all 2^-24, the largest 65504.
  const std::pair<float, int> halves[] = {
      {0.0F, 0x0000},         {-0.0F, 0x8000},        {1.0F, 0x3C00},
      {-2.0F, 0xC000},        {0x1.002p0F, 0x3C00},   {0x1.006p0F, 0x3C02},
      {0x1.00201p0F, 0x3C01}, {65504.0F, 0x7BFF},     {65519.99F, 0x7BFF},
      {65520.0F, 0x7C00},     {-1e30F, 0xFC00},       {0x1p-14F, 0x0400},
      {0x1.ffep-15F, 0x0400}, {0x1.ff8p-15F, 0x03FF}, {0x1p-24F, 0x0001},
      {0x1p-25F, 0x0000},     {0x1.8p-24F, 0x0002},   {0x1.000002p-25F, 0x01},
      {0x1p-140F, 0x0000},    {0.1F, 0x2E66},         {std::numeric_limits<float>::infinity(), 0x7C00}};
  for (const auto& [value, bits] : halves) {
    CAPTURE(value);
    CHECK(image::float16_bits(value) == bits);
  }
  CHECK(image::float16_bits(std::numeric_limits<float>::quiet_NaN()) == 0x7E00);
  // bfloat16: the upper half of a float, 7 bits of fraction.
  const std::pair<float, int> brains[] = {{1.0F, 0x3F80},
                                          {0x1.01p0F, 0x3F80},
                                          {0x1.03p0F, 0x3F82},
                                          {0x1.0101p0F, 0x3F81},
                                          {-0.1F, 0xBDCD},
                                          {3.4e38F, 0x7F80},
                                          {-std::numeric_limits<float>::infinity(), 0xFF80}};
  for (const auto& [value, bits] : brains) {
    CAPTURE(value);
    CHECK(image::bfloat16_bits(value) == bits);
  }
  CHECK(image::bfloat16_bits(std::numeric_limits<float>::quiet_NaN()) == 0x7FC0);
}

TEST_CASE("A level that the processor doesn't run is an Error that names those that it does") {
  CHECK(image::simd_levels().front() == image::Simd::portable);
  const image::Simd other = image::simd_levels().back() == image::Simd::neon ? image::Simd::avx2 : image::Simd::neon;
  CHECK_THROWS_WITH(image::SimdOverride(other),
                    Catch::Matchers::StartsWith("SimdOverride: this processor runs portable") &&
                        Catch::Matchers::EndsWith(std::string(name_of(other)) + " was asked for"));
}
