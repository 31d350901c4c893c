#include <hearth/chart/sheet.hpp>

#include <string>
#include <vector>

#include "catch.hpp"
#include "chart/pixels.hpp"

using namespace hearth;

namespace {

constexpr chart::Color red{250, 0, 10};

/// A picture of one colour.
Image plain(int height, int width, chart::Color color = red) {
  std::vector<std::uint8_t> values;
  for (int i = 0; i < height * width; ++i) {
    values.insert(values.end(), {color.red, color.green, color.blue});
  }
  return {height, width, 3, std::move(values)};
}

chart::Color color_of(int tile) {
  return {static_cast<std::uint8_t>(3 * tile), static_cast<std::uint8_t>(250 - 2 * tile), 200};
}

std::vector<chart::Tile> tiles_of(int count, const std::vector<std::string>& lines = {}) {
  std::vector<chart::Tile> tiles;
  for (int i = 0; i < count; ++i) {
    tiles.push_back({plain(32, 32, color_of(i)), lines});
  }
  return tiles;
}

}  // namespace

TEST_CASE("A picture fills its tile in one direction, in its proportions, in the middle") {
  for (const auto& [height, width] : {std::pair(20, 40), std::pair(40, 20), std::pair(30, 30), std::pair(400, 100),
                                      std::pair(1, 1), std::pair(1, 3000), std::pair(2000, 1)}) {
    INFO(height << " x " << width);
    const std::vector<chart::Tile> tiles{{plain(height, width), {}}};
    const Image image = chart::draw_sheet(tiles, {.tile = 100});
    const image::Rect place = pixels::extent(image, red);
    const int larger = std::max(height, width);
    CHECK(place.height == std::max(1, (100 * height + larger / 2) / larger));
    CHECK(place.width == std::max(1, (100 * width + larger / 2) / larger));
    CHECK(std::abs(2 * place.top + place.height - (2 * 24 + 100)) <= 1);
    CHECK(std::abs(2 * place.left + place.width - (2 * 24 + 100)) <= 1);
  }
}

TEST_CASE("Tiles stand in rows, from the left to the right") {
  for (const auto& [count, columns] : {std::pair(1, 1), std::pair(2, 2), std::pair(12, 4), std::pair(60, 10)}) {
    INFO(count << " tiles");
    const Image image = chart::draw_sheet(tiles_of(count), {.tile = 64});
    for (int i = 0; i < count; ++i) {
      const image::Rect place = pixels::extent(image, color_of(i));
      CHECK(place == image::Rect{24 + i / columns * 84, 24 + i % columns * 84, 64, 64});
    }
    CHECK(image.size() == image::Size{48 + count / columns * 84 - 20, std::max(48 + columns * 84 - 20, 360)});
    CHECK(pixels::has_margin(image, 20));
  }
  const Image three = chart::draw_sheet(tiles_of(7), {.columns = 3, .tile = 64});
  CHECK(pixels::extent(three, color_of(3)).left == 24);
  CHECK(pixels::extent(three, color_of(6)).top == 24 + 2 * 84);
}

TEST_CASE("A wrong tile differs from a right one in grey, too, by its frame and by its sign") {
  const auto draw = [](chart::Mark mark) {
    const std::vector<chart::Tile> tiles{{plain(50, 50, {128, 128, 128}), {}, mark}};
    return chart::draw_sheet(tiles, {.tile = 100});
  };
  const Image none = draw(chart::Mark::none), right = draw(chart::Mark::right), wrong = draw(chart::Mark::wrong);
  CHECK(pixels::has_margin(none, 24));
  CHECK(pixels::different_in_grey(wrong, right, 80) > 700);  // two of four pixels along 400 of frame
  CHECK(pixels::different_in_grey(wrong, none, 80) > 1500);
  CHECK(pixels::different_in_grey(right, none, 80) > 800);
  // The wrong one's frame is 4 pixels wide, and the right one's 2.
  for (const int along : {30, 80, 120}) {
    for (int depth = 1; depth <= 5; ++depth) {
      CHECK((pixels::at(wrong, along, 24 - depth) == chart::wrong_color) == (depth <= 4));
      CHECK((pixels::at(right, along, 24 - depth) == chart::right_color) == (depth <= 2));
      CHECK((pixels::at(wrong, 24 - depth, along) == chart::wrong_color) == (depth <= 4));
      CHECK((pixels::at(wrong, along, 123 + depth) == chart::wrong_color) == (depth <= 4));
    }
  }
  // The signs, in their corner: as light as each other in many pixels only if they were the same sign.
  const auto corner = [](const Image& image) {
    Image part(18, 18, 3);
    for (int y = 0; y < 18; ++y) {
      std::copy_n(image.row(24 + y) + 3 * 106, 3 * 18, part.row(y));
    }
    return part;
  };
  CHECK(pixels::different_in_grey(corner(wrong), corner(right), 80) > 20);
  CHECK(pixels::count(corner(wrong), chart::white) > 10);
  CHECK(pixels::count(corner(right), chart::white) > 10);
}

TEST_CASE("Captions stay below their own picture, and rows keep clear of each other") {
  const std::vector<std::string> lines{
      "a prediction with a name that is much too long for the tile, 97.3%",
      "\u0441\u043B\u0438\u0448\u043A\u043E\u043C \u0434\u043B\u0438\u043D\u043D\u043E\u0435 "
      "\u043D\u0430\u0437\u0432\u0430\u043D\u0438\u0435",
      std::string(200, 'W'), "\u9EBA\u9EBA\u9EBA\u9EBA\u9EBA\u9EBA\u9EBA\u9EBA\u9EBA"};
  const Image image = chart::draw_sheet(tiles_of(6, lines), {.columns = 3, .tile = 100});
  CHECK(pixels::has_margin(image, 14));
  for (const int column : {0, 1}) {  // between two columns: 20 pixels, of which a caption may take ten
    CHECK(pixels::is_white(image, {0, 24 + 100 + column * 120 + 12, image.height() - 60, 8}));
  }
  const int first = pixels::extent(image, color_of(0)).top;
  const int second = pixels::extent(image, color_of(3)).top;
  CHECK(second - first == 100 + 8 + 8 * 18 + 20);  // four lines, of two each
  CHECK(pixels::is_white(image, {second - 16, 0, 12, image.width()}));
  CHECK_FALSE(pixels::is_white(image, {second - 40, 0, 24, image.width()}));
}

TEST_CASE("A row is as high as its longest caption") {
  std::vector<chart::Tile> tiles = tiles_of(6);
  tiles[4].lines = {"one", "two"};
  const Image image = chart::draw_sheet(tiles, {.columns = 2, .tile = 64});
  CHECK(pixels::extent(image, color_of(2)).top == 24 + 84);
  CHECK(pixels::extent(image, color_of(4)).top == 24 + 2 * 84);
  CHECK(image.height() == 24 + 2 * 84 + 64 + 8 + 2 * 18 + 24);
}

TEST_CASE("Grey pictures are drawn grey") {
  Image grey(10, 10, 1, std::vector<std::uint8_t>(100, 77));
  const std::vector<chart::Tile> tiles{{grey, {}}};
  CHECK(pixels::count(chart::draw_sheet(tiles, {.tile = 64}), {77, 77, 77}) == 64 * 64);
}

TEST_CASE("A sheet has room for its title, and says which characters the font lacks") {
  std::vector<chart::Tile> tiles = tiles_of(2, {"Soup"});
  const Image bare = chart::draw_sheet(tiles);
  const Image titled = chart::draw_sheet(tiles, {.title = "Predictions of the evaluation set, épreuve n° 2"});
  CHECK(titled.height() > bare.height() + 20);
  CHECK(pixels::has_margin(titled, 16));
  const std::string endless(400, 'm');
  CHECK(pixels::has_margin(chart::draw_sheet(tiles, {.title = endless}), 16));
  tiles[1].lines[0] = "\u9EBA";
  const Image noted = chart::draw_sheet(tiles);
  CHECK(noted.height() > bare.height() + 12);
  CHECK(pixels::has_margin(noted, 16));
  CHECK(noted == chart::draw_sheet(tiles));
}

TEST_CASE("What makes no sheet is refused") {
  CHECK_THROWS_WITH(chart::draw_sheet({}), "draw_sheet: there is nothing to draw: at least one tile is needed");
  std::vector<chart::Tile> tiles = tiles_of(2);
  CHECK_THROWS_WITH(chart::draw_sheet(tiles, {.columns = -1}),
                    "draw_sheet: columns must be from 0 to 1000, but got -1");
  CHECK_THROWS_WITH(chart::draw_sheet(tiles, {.tile = 40}),
                    "draw_sheet: a tile has from 48 to 1024 pixels, but got 40");
  tiles[1].picture = {};
  CHECK_THROWS_WITH(chart::draw_sheet(tiles),
                    "draw_sheet: a picture has pixels of 1 or 3 channels, but that of tile 1 has 0 x 0 of 0");
  tiles[1].picture = Image(4, 4, 4);
  CHECK_THROWS_AS(chart::draw_sheet(tiles), Error);
  const std::vector<chart::Tile> many(2000, {plain(1, 1), {}});
  CHECK_THROWS_WITH(chart::draw_sheet(many, {.columns = 30, .tile = 1024}),
                    "draw_sheet: 2000 tiles of 1024 pixels in 30 columns are too many for one image");
}
