#include <hearth/chart/matrix.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "chart/pixels.hpp"

using namespace hearth;

namespace {

const chart::Color nothing{247, 251, 255};  // of no share at all
const chart::Color all{8, 48, 107};
const chart::Color half_of_the_colours{107, 174, 214};
const chart::Color first_quarter{198, 219, 239};
const chart::Color paper{244, 244, 244};  // of a row without samples, below its stripes

/// Every class is always right, and has 10 samples.
chart::Matrix perfect(std::vector<std::string> names) {
  chart::Matrix matrix;
  const std::size_t classes = names.size();
  matrix.names = std::move(names);
  matrix.counts.assign(classes * classes, 0);
  for (std::size_t i = 0; i < classes; ++i) {
    matrix.counts[i * classes + i] = 10;
  }
  return matrix;
}

std::vector<std::string> named(std::size_t classes, const std::string& name = "name ") {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < classes; ++i) {
    names.push_back(name + std::to_string(i));
  }
  return names;
}

/// Where the cells are: the darkest shade of a perfect matrix reaches from the first to the last. The scale, which
/// stands to the right of them, has that shade in one row alone.
image::Rect cells_of(const Image& image) {
  int right = 0;
  for (int x = 0; x < image.width(); ++x) {
    int run = 0;
    for (int y = 0; y < image.height(); ++y) {
      run += pixels::at(image, x, y) == all ? 1 : 0;
    }
    right = run >= 2 ? x + 1 : right;
  }
  return pixels::extent(image, all, right);
}

}  // namespace

TEST_CASE("A cell has the colour of its share of the row: true classes downwards, predicted ones to the right") {
  // Shares 0, 1/16, 1/4 and 11/16 of the first row; the colours run with the root of the share.
  chart::Matrix matrix = perfect({"a", "b", "c", "d"});
  matrix.counts[0] = 0;
  matrix.counts[1] = 1;
  matrix.counts[2] = 4;
  matrix.counts[3] = 11;
  const Image image = chart::draw_matrix(matrix);
  // The rows and columns of the other three cells on the diagonal say where cells are.
  const image::Rect others = cells_of(image);
  const int pitch = others.height / 3 + 1;
  CHECK(pitch == 96);
  const int top = others.top - pitch, left = others.left - pitch;
  const auto corner = [&](int row, int column) {
    return pixels::at(image, left + column * pitch + 3, top + row * pitch + 3);
  };
  CHECK(corner(0, 0) == nothing);
  CHECK(corner(0, 1) == first_quarter);        // sqrt(1/16) = 0.25
  CHECK(corner(0, 2) == half_of_the_colours);  // sqrt(1/4) = 0.5
  CHECK(corner(0, 3) == chart::shade(0.8291561975888499));
  CHECK(corner(1, 1) == all);
  CHECK(corner(1, 0) == nothing);
  CHECK(corner(3, 3) == all);
  CHECK(corner(3, 2) == nothing);
}

TEST_CASE("Only the shares of a row matter, not how many samples it has") {
  chart::Matrix few = perfect(named(70));
  chart::Matrix many = few;
  for (std::int64_t& count : many.counts) {
    count *= 1000;
  }
  CHECK(chart::draw_matrix(few) == chart::draw_matrix(many));  // counts are not written in cells of 15 pixels
}

TEST_CASE("Counts are written while cells are large enough, and stay in their cells") {
  for (const std::size_t classes : {2U, 11U, 20U, 30U, 40U}) {
    for (const std::int64_t count :
         {std::int64_t{7}, std::int64_t{888}, std::int64_t{999'999}, std::int64_t{8'888'888}, INT64_MAX}) {
      INFO(classes << " classes, " << count);
      chart::Matrix matrix = perfect(named(classes));
      for (std::size_t i = 0; i < classes; ++i) {
        matrix.counts[i * classes + i] = count;
      }
      const Image image = chart::draw_matrix(matrix);
      const image::Rect cells = cells_of(image);
      const int pitch = (cells.width + 2) / static_cast<int>(classes);
      for (int i = 1; i < static_cast<int>(classes); ++i) {  // between the cells, nothing
        CHECK(pixels::is_white(image, {cells.top, cells.left + i * pitch - 2, cells.height, 2}));
        CHECK(pixels::is_white(image, {cells.top + i * pitch - 2, cells.left, 2, cells.width}));
      }
      int written = 0;  // what is light on the first cell
      for (int y = 0; y < pitch - 2; ++y) {
        for (int x = 0; x < pitch - 2; ++x) {
          written += pixels::at(image, cells.left + x, cells.top + y).red > 120 ? 1 : 0;
        }
      }
      if (classes <= 11 || count < 1000) {
        CHECK(written >= 2);
      }
    }
  }
  // 300 and 301 look different with 11 classes, and not with 100.
  for (const std::size_t classes : {11U, 100U}) {
    chart::Matrix one = perfect(named(classes));
    chart::Matrix other = one;
    one.counts[0] = 300;
    other.counts[0] = 301;
    CHECK((chart::draw_matrix(one) == chart::draw_matrix(other)) == (classes == 100));
  }
}

TEST_CASE("A class without samples is shown as such") {
  for (const std::size_t classes : {1U, 11U, 100U, 200U}) {
    chart::Matrix matrix = perfect(named(classes));
    const Image full = chart::draw_matrix(matrix);
    const image::Rect cells = cells_of(full);
    matrix.counts[0] = 0;
    const Image image = chart::draw_matrix(matrix);
    const int row = cells.width * cells.height / static_cast<int>(classes);
    CHECK(pixels::count(image, paper) - pixels::count(full, paper) > row * 6 / 10);  // but for the stripes and the gaps
    CHECK(pixels::count(image, {190, 190, 190}) - pixels::count(full, {190, 190, 190}) > row / 10);
    CHECK(pixels::count(image, nothing) < pixels::count(full, nothing) + 40);
    CHECK(pixels::has_margin(image));
  }
}

TEST_CASE("Names never touch their neighbours, the cells, or the edges") {
  for (const std::size_t classes : {2U, 11U, 20U, 30U, 40U, 60U, 100U, 200U}) {
    INFO(classes << " classes");
    const chart::Matrix matrix =
        perfect(named(classes, "Agjpq and a name that is much longer than there is room for ----- "));
    const Image image = chart::draw_matrix(matrix);
    CHECK(pixels::has_margin(image, 12));
    const image::Rect cells = cells_of(image);
    const int gap = classes <= 40 ? 2 : classes <= 100 ? 1 : 0;
    const int pitch = (cells.width + gap) / static_cast<int>(classes);
    REQUIRE((cells.width + gap) % static_cast<int>(classes) == 0);
    CHECK(pixels::is_white(image, {cells.top, cells.left - 9, cells.height, 4}));  // between the names and their ticks
    CHECK(pixels::is_white(image, {cells.top + cells.height + gap + 5, cells.left, 3, cells.width}));
    for (int i = 0; i < static_cast<int>(classes); ++i) {
      const int top = cells.top + i * pitch - (gap + 1) / 2;
      const int left = cells.left + i * pitch - (gap + 1) / 2;
      // Left of the row label's columns (to 24 + 16) there is nothing else; between two rows of names, nothing at all.
      CHECK(pixels::is_white(image, {top, 42, 1, cells.left - 9 - 42}));
      CHECK(pixels::is_white(image, {cells.top + cells.height + gap + 9, left, 60, 1}));
      // And each row has a name.
      CHECK_FALSE(pixels::is_white(image, {top + 1, 42, pitch - 1, cells.left - 9 - 42}));
    }
    CHECK(cells.left < 300);
  }
}

TEST_CASE("Large matrices have names on all sides, and very many classes every few names") {
  for (const std::size_t classes : {200U, 300U, 1000U}) {
    INFO(classes << " classes");
    const Image image = chart::draw_matrix(perfect(named(classes)));
    const image::Rect cells = cells_of(image);
    CHECK_FALSE(pixels::is_white(image, {cells.top, cells.left + cells.width + 9, cells.height, 20}));
    CHECK_FALSE(pixels::is_white(image, {cells.top - 30, cells.left, 20, cells.width}));
    CHECK(pixels::has_margin(image));
    // A name takes 11 rows; where cells are lower, there are gaps between the names.
    int inked = 0;
    for (int y = cells.top; y < cells.top + cells.height; ++y) {
      inked += pixels::is_white(image, {y, 44, 1, cells.left - 9 - 44}) ? 0 : 1;
    }
    CHECK(inked > cells.height / 3);
    CHECK(inked < cells.height * 19 / 20);
  }
}

TEST_CASE("The image is as large as the classes need") {
  const auto size_of = [](std::size_t classes) { return chart::draw_matrix(perfect(named(classes))).size(); };
  int before = 0;
  for (const std::size_t classes : {2U, 4U, 11U, 30U, 100U, 200U}) {
    const image::Size size = size_of(classes);
    CHECK(size.width > before);
    before = size.width;
  }
  CHECK(size_of(11).width < 1000);
  CHECK(size_of(200).width > 2300);  // 200 names at 11 pixels
  CHECK(size_of(200).width < 2900);
  CHECK(size_of(2000).width < 4600);
}

TEST_CASE("A long title takes several lines, and a missing character a line at the bottom") {
  chart::Matrix matrix = perfect({"Bread", "Soup", "Rice"});
  const image::Size plain = chart::draw_matrix(matrix).size();
  matrix.title = "Confusion";
  const image::Size titled = chart::draw_matrix(matrix).size();
  CHECK(titled.height > plain.height + 20);
  CHECK(titled.width == plain.width);
  matrix.title = std::string(500, 'm') + " " + std::string(500, 'w');
  const Image long_title = chart::draw_matrix(matrix);
  CHECK(long_title.height() == titled.height + 50);
  CHECK(long_title.width() == plain.width);
  CHECK(pixels::has_margin(long_title, 20));

  matrix.title.clear();
  matrix.names[1] = "\u9EBA";
  const Image noted = chart::draw_matrix(matrix);
  CHECK(noted.height() > plain.height);
  CHECK(pixels::has_margin(noted, 16));
  matrix.names[1] = "Cr\u00E8me br\u00FBl\u00E9e";
  CHECK(chart::draw_matrix(matrix).size().height < noted.height() + 100);
  matrix.names = {"\xFF\xFE", "\xC3", std::string("a\0b", 3)};
  CHECK(pixels::has_margin(chart::draw_matrix(matrix)));
}

TEST_CASE("A matrix is the same each time, and its labels may be empty") {
  chart::Matrix matrix = perfect(named(11));
  CHECK(chart::draw_matrix(matrix) == chart::draw_matrix(matrix));
  const Image labelled = chart::draw_matrix(matrix);
  matrix.row_label = matrix.column_label = "";
  const Image bare = chart::draw_matrix(matrix);
  CHECK(bare.width() < labelled.width());
  CHECK(bare.height() < labelled.height());
}

TEST_CASE("What is no confusion matrix is refused") {
  CHECK_THROWS_WITH(chart::draw_matrix({}), "draw_matrix: needs from 1 to 2000 classes, but got 0");
  CHECK_THROWS_AS(chart::draw_matrix(perfect(named(2001))), Error);
  chart::Matrix matrix = perfect(named(3));
  matrix.counts.pop_back();
  CHECK_THROWS_WITH(chart::draw_matrix(matrix), "draw_matrix: 3 classes need 3 x 3 counts, but got 8 counts");
  matrix = perfect(named(3));
  matrix.counts[5] = -2;
  CHECK_THROWS_WITH(chart::draw_matrix(matrix), "draw_matrix: no count may be negative, but row 1, column 2 has -2");
}
