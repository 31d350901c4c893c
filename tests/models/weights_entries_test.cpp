/// torchvision's weights as data, and the pictures that they want. Values are torchvision's own, from its documentation
/// or by make_preset_reference.py.
#include <hearth/models/preset.hpp>
#include <hearth/models/weights_entries.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "transforms/sink.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using models::find_weights_entry;
using models::WeightsEntry;

namespace {

/// The script's picture: waves, a slope and a chessboard.
Image picture(int width, int height) {
  Image image(height, width, 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* const pixel = image.row(y) + static_cast<std::ptrdiff_t>(3) * x;
      pixel[0] = static_cast<std::uint8_t>((x * x + 3 * y * y) / 64 % 256);
      pixel[1] = static_cast<std::uint8_t>((x * 255 / std::max(width - 1, 1) + (x / 8 + y / 8) % 2 * 100) % 256);
      pixel[2] = static_cast<std::uint8_t>((x * 7 + y * 13 + (x * y) % 31 * 5) % 256);
    }
  }
  return image;
}

}  // namespace

TEST_CASE("An entry says of its weights what torchvision says", "[weights_entry]") {
  const WeightsEntry& entry = models::ResNet50_Weights::IMAGENET1K_V2;
  CHECK(entry.architecture == "resnet50");
  CHECK(entry.full_name == "ResNet50_Weights.IMAGENET1K_V2");
  CHECK(entry.name() == "IMAGENET1K_V2");
  CHECK(entry.url == "https://download.pytorch.org/models/resnet50-11ad3fa6.pth");
  CHECK(entry.hash == "11ad3fa6");
  CHECK(entry.acc1 == 80.858);
  CHECK(entry.acc5 == 95.434);
  CHECK(entry.num_params == 25'557'032);
  CHECK(entry.min_size == std::array<int, 2>{1, 1});
  CHECK(entry.gflops == 4.089);
  CHECK(entry.file_size_mb == 97.79);
  CHECK(entry.recipe == "https://github.com/pytorch/vision/issues/3995#issuecomment-1013906621");
  CHECK(entry.license.empty());
  CHECK(entry.is_default);
  CHECK(entry.preset.resize_size == 232);
  CHECK(entry.preset.crop_size == 224);
  CHECK(entry.preset.interpolation == Interpolation::bilinear);
  REQUIRE(entry.categories.size() == 1000);
  CHECK(entry.categories[0] == "tench");
  CHECK(entry.categories[263] == "Pembroke");
  CHECK(entry.categories[999] == "toilet tissue");

  CHECK_FALSE(models::ResNet50_Weights::IMAGENET1K_V1.is_default);
  CHECK(models::ViT_B_16_Weights::IMAGENET1K_SWAG_E2E_V1.min_size == std::array<int, 2>{384, 384});
  CHECK(models::ViT_H_14_Weights::IMAGENET1K_SWAG_E2E_V1.min_size == std::array<int, 2>{518, 518});
  CHECK_THAT(std::string(models::ViT_H_14_Weights::IMAGENET1K_SWAG_E2E_V1.license), ContainsSubstring("SWAG"));
  CHECK(models::EfficientNet_V2_L_Weights::IMAGENET1K_V1.preset.mean == std::array<double, 3>{0.5, 0.5, 0.5});
  CHECK(models::VGG16_Weights::IMAGENET1K_FEATURES.categories.empty());
}

TEST_CASE("Every architecture of torchvision has entries, with one of them its default", "[weights_entry]") {
  CHECK(models::weights_entries().size() == 115);
  std::set<std::string_view> architectures;
  std::set<std::string_view> names;
  for (const WeightsEntry& entry : models::weights_entries()) {
    architectures.insert(entry.architecture);
    CHECK(names.insert(entry.full_name).second);
    CHECK(entry.url.starts_with("https://download.pytorch.org/models/"));
    CHECK(entry.url.find("-" + std::string(entry.hash) + ".pth") != std::string_view::npos);
    CHECK((entry.categories.size() == 1000 || entry.full_name == "VGG16_Weights.IMAGENET1K_FEATURES"));
    CHECK(&find_weights_entry(entry.full_name) == &entry);
    CHECK(&find_weights_entry(entry.architecture, entry.name()) == &entry);
  }
  CHECK(architectures.size() == 80);
  for (const std::string_view architecture : architectures) {
    const auto of_it = models::weights_entries(architecture);
    CHECK(std::count_if(of_it.begin(), of_it.end(), [](const WeightsEntry& entry) { return entry.is_default; }) == 1);
  }
}

TEST_CASE("Entries are found by their names", "[weights_entry]") {
  CHECK(&find_weights_entry("ResNet50_Weights.DEFAULT") == &models::ResNet50_Weights::IMAGENET1K_V2);
  CHECK(&find_weights_entry("resnet50", "DEFAULT") == &models::ResNet50_Weights::DEFAULT);
  CHECK(&find_weights_entry("resnet50", "IMAGENET1K_V1") == &models::ResNet50_Weights::IMAGENET1K_V1);
  CHECK(&find_weights_entry("vit_b_16", "DEFAULT") == &models::ViT_B_16_Weights::IMAGENET1K_V1);
  REQUIRE(models::weights_entries("resnet50").size() == 2);
  CHECK(models::weights_entries("resnet50")[1].name() == "IMAGENET1K_V2");
  CHECK(models::weights_entries("mlp").empty());
}

TEST_CASE("An entry that there is not is an error that lists those that there are", "[weights_entry]") {
  CHECK_THROWS_WITH(
      find_weights_entry("resnet50", "IMAGENET1K_V3"),
      "there are no weights \"IMAGENET1K_V3\" of resnet50; there are IMAGENET1K_V1, IMAGENET1K_V2 (DEFAULT)");
  CHECK_THROWS_WITH(find_weights_entry("ResNet50_Weights.V9"),
                    "there are no weights \"ResNet50_Weights.V9\"; those of resnet50 are IMAGENET1K_V1, IMAGENET1K_V2 "
                    "(DEFAULT)");
  CHECK_THROWS_WITH(find_weights_entry("ResNet51_Weights.DEFAULT"),
                    ContainsSubstring("\"ResNet51_Weights.DEFAULT\"") &&
                        ContainsSubstring("AlexNet_Weights.IMAGENET1K_V1") &&
                        ContainsSubstring("ResNet50_Weights.IMAGENET1K_V2"));
  CHECK_THROWS_WITH(find_weights_entry("DEFAULT"), ContainsSubstring("no weights \"DEFAULT\""));
  CHECK_THROWS_WITH(find_weights_entry(""), ContainsSubstring("no weights \"\""));
  CHECK_THROWS_WITH(find_weights_entry("mlp", "DEFAULT"),
                    ContainsSubstring("torchvision has none of an architecture mlp"));
}

TEST_CASE("An entry of another architecture is an error that names both", "[weights_entry]") {
  CHECK_THROWS_WITH(find_weights_entry("resnet50", "ResNet18_Weights.DEFAULT"),
                    "ResNet18_Weights.IMAGENET1K_V1 are weights of resnet18, not of resnet50, whose are IMAGENET1K_V1, "
                    "IMAGENET1K_V2 (DEFAULT)");
}

TEST_CASE("A preset gives the pictures that torchvision's gives of PIL images", "[preset]") {
  std::ifstream file(HEARTH_TEST_DIR "/models/reference/presets.txt");
  std::string line;
  MemorySink sample;
  int side = 0;
  int pictures = 0;
  std::size_t values = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    if (line.find("_Weights.") != std::string::npos) {
      std::string name;
      int width = 0;
      int height = 0;
      words >> name >> width >> height >> side;
      sample = sample_of(models::preset(find_weights_entry(name)), picture(width, height).view());
      INFO(line);
      REQUIRE(sample.shape == Shape{3, side, side});
      ++pictures;
    } else {
      int channel = 0;
      int row = 0;
      int column = 0;
      float expected = 0;
      words >> channel >> row >> column >> expected;
      const auto place = static_cast<std::size_t>((channel * side + row) * side + column);
      INFO(pictures << ": " << line);
      REQUIRE(sample.floats.at(place) == expected);
      ++values;
    }
  }
  CHECK(pictures == 18);
  CHECK(values == 1296);
}

TEST_CASE("A preset of one's own may not be empty", "[preset]") {
  CHECK_THROWS_WITH(models::preset(models::WeightsPreset{.resize_size = 0}), ContainsSubstring("Resize"));
  CHECK_THROWS_WITH(models::preset(models::WeightsPreset{.crop_size = 0}), ContainsSubstring("CenterCrop"));
}
