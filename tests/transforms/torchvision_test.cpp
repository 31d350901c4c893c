// Agreement with torchvision on PIL images.
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "image/reference.hpp"
#include "transforms/bytes_of.hpp"
#include "transforms/reference_cases.hpp"
#include "transforms/sink.hpp"

using namespace hearth;

namespace {

/// Compares with all the images that Python made under this name.
template <class... Stages>
void check(const std::string& name, const Stages&... stages) {
  static const Pack pack(HEARTH_TEST_DIR "/transforms/reference/pictures.pack");
  const int cases = for_each_case(pack, name, [&](const Pack::Array& expected, const Image& photo, std::istream&) {
    const Image result = bytes_of(photo.view(), RandomStream(0, 0, 0), stages...);
    const ImageView wanted = expected.image();
    REQUIRE(result.size() == wanted.size());
    REQUIRE(result.channels() == wanted.channels);
    CHECK(std::equal(result.pixels().begin(), result.pixels().end(), wanted.data));
  });
  CHECK(cases > 0);
}

}  // namespace

TEST_CASE("Resize to a shorter side is torchvision's, pixel by pixel") {
  check("resize_9", Resize{9});
  check("resize_40", Resize{40});
}

TEST_CASE("Resize to a height and a width is torchvision's, pixel by pixel") {
  check("resize_17_30", Resize{image::Size{17, 30}});
}

TEST_CASE("CenterCrop is torchvision's, also of images smaller than the crop") {
  check("center_12", CenterCrop{12});
  check("center_24_11", CenterCrop{image::Size{24, 11}});
}

TEST_CASE("Resizes and crops in a row are torchvision's, pixel by pixel") {
  check("resize_center", Resize{20}, CenterCrop{16});
  check("center_resize", CenterCrop{15}, Resize{22});
  check("pad_resize", CenterCrop{40}, Resize{22});
  check("resize_resize", Resize{12}, Resize{25});
  check("resize_center_pad", Resize{20}, CenterCrop{8}, CenterCrop{image::Size{14, 17}});
  check("pad_center", CenterCrop{40}, CenterCrop{31});
  check("pad_center_pad", CenterCrop{image::Size{20, 9}}, CenterCrop{image::Size{15, 22}});
}

TEST_CASE("Flips before and after resizes, crops and padding are torchvision's, pixel by pixel") {
  const RandomHorizontalFlip flip{1.0};
  const RandomVerticalFlip turn{1.0};
  check("flip", flip);
  check("turn", turn);
  check("resize_flip_turn", Resize{20}, flip, turn);
  check("flip_resize", flip, turn, Resize{20});
  check("flip_pad", flip, turn, CenterCrop{image::Size{24, 21}});
  check("center_flip_pad", CenterCrop{image::Size{9, 11}}, flip, CenterCrop{image::Size{20, 16}}, turn,
        CenterCrop{image::Size{19, 13}});
}

TEST_CASE("RandomResizedCrop takes torchvision's middle where no crop fits") {
  check("crop_whole", RandomResizedCrop{24, {.scale = {1, 1}, .ratio = {1, 1}}});
}

TEST_CASE("ToTensor and Normalize give torchvision's floats, bit for bit") {
  const Pack pack(HEARTH_TEST_DIR "/transforms/reference/floats.pack");
  const Image grey = noise(16, 48, 1, 7);
  const Image rgb = noise(16, 48, 3, 7);
  CHECK(sample_of(ToTensor{}, grey.view()).floats == pack["to_tensor 1"].values<float>());
  CHECK(sample_of(ToTensor{}, grey.view()).shape == Shape{1, 16, 48});
  CHECK(sample_of(ToTensor{}, rgb.view()).floats == pack["to_tensor 3"].values<float>());
  CHECK(sample_of(Compose{ToTensor{}}, rgb.view()).floats == pack["to_tensor 3"].values<float>());
  const Compose normalized{ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
  CHECK(sample_of(normalized, rgb.view()).floats == pack["normalize 3"].values<float>());
  const Compose one{ToTensor{}, Normalize{{0.1307}, {0.3081}}};
  CHECK(sample_of(one, grey.view()).floats == pack["normalize_one 1"].values<float>());
  CHECK(sample_of(one, rgb.view()).floats == pack["normalize_one 3"].values<float>());
  const Compose twice{ToTensor{}, Normalize{{0.1, 0.2, 0.3}, {0.4, 0.5, 0.6}}, Normalize{{0.5}, {0.25}}};
  CHECK(sample_of(twice, rgb.view()).floats == pack["normalize_twice 3"].values<float>());
}
