#include <hearth/image/decode.hpp>
#include <hearth/image/encode.hpp>

#include <filesystem>
#include <string>

#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("An image written as PNG reads back the same") {
  const hearth_test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "picture.png";
  for (const image::Size size : {image::Size{1, 1}, image::Size{1, 50}, image::Size{40, 1}, image::Size{31, 64}}) {
    const Image rgb = noise(size.height, size.width, 3, 5);
    write_png(path, rgb.view());
    CHECK(read_image(path) == rgb);
    const Image grey = noise(size.height, size.width, 1, 6);
    write_png(path, grey.view());
    CHECK(read_image(path, {.channels = Channels::grey}) == grey);
  }
}

TEST_CASE("A part of an image is written without the rest") {
  const Image whole = noise(20, 30, 3, 7);
  const image::Rect part{5, 9, 11, 13};
  const Image read = decode_image(encode_png(whole.view().crop(part)), "part");
  REQUIRE(read.size() == image::Size{11, 13});
  for (int y = 0; y < part.height; ++y) {
    CHECK(
        std::equal(read.row(y), read.row(y) + read.stride(), whole.row(part.top + y) + std::ptrdiff_t{part.left} * 3));
  }
}

TEST_CASE("A PNG that cannot be written is an Error that names it, and leaves nothing") {
  const Image image = noise(3, 3, 3, 8);
  CHECK_THROWS_WITH(write_png("/no-such-folder/curves.png", image.view()),
                    ContainsSubstring("/no-such-folder/curves.png"));
  CHECK_THROWS_AS(encode_png(ImageView{}), Error);
  CHECK_THROWS_WITH(encode_png(ImageView{image.row(0), 3, 3, 2, 9}),
                    "encode_png: an image has 1 or 3 channels, but got 2");
}
