#include <hearth/chart/axis.hpp>
#include <hearth/chart/line_chart.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace hearth;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr chart::Color blue = chart::chart_colors[0];
constexpr chart::Color vermillion = chart::chart_colors[1];

using Labels = std::vector<std::string>;

Labels labels(double low, double high, int most, bool whole = false) {
  Labels labels;
  for (const chart::Tick& tick : chart::nice_ticks(low, high, most, whole)) {
    labels.push_back(tick.label);
  }
  return labels;
}

std::vector<double> epochs(int count) {
  std::vector<double> numbers;
  for (int i = 1; i <= count; ++i) {
    numbers.push_back(i);
  }
  return numbers;
}

Image draw(const chart::Axes& axes, image::Size size = {480, 600}) {
  return chart::draw_charts({&axes, 1}, size);
}

bool is(const Image& image, int x, int y, chart::Color color) {
  const std::uint8_t* pixel = image.row(y) + 3 * x;
  return chart::Color{pixel[0], pixel[1], pixel[2]} == color;
}

/// The rows of a column that have exactly this colour.
std::vector<int> rows_of(const Image& image, int x, chart::Color color) {
  std::vector<int> rows;
  for (int y = 0; y < image.height(); ++y) {
    if (is(image, x, y, color)) {
      rows.push_back(y);
    }
  }
  return rows;
}

/// The columns in which this colour is, the first and the last.
std::pair<int, int> columns_of(const Image& image, chart::Color color) {
  int first = image.width(), last = -1;
  for (int x = 0; x < image.width(); ++x) {
    if (!rows_of(image, x, color).empty()) {
      first = std::min(first, x);
      last = x;
    }
  }
  return {first, last};
}

/// Whether the image shows the words in this size and colour on white, starting at a whole pixel.
bool shows(const Image& image, const std::string& words, double size, chart::Color color) {
  chart::Canvas canvas({30, static_cast<int>(chart::text_width(words, size))});
  canvas.text({0, 22}, words, {.size = size, .color = color});
  const Image& wanted = canvas.image();
  const auto row_bytes = static_cast<std::size_t>(wanted.stride());
  for (int y = 0; y + wanted.height() <= image.height(); ++y) {
    for (int x = 0; x + wanted.width() <= image.width(); ++x) {
      int row = 0;
      while (row < wanted.height() &&
             std::equal(wanted.row(row), wanted.row(row) + row_bytes, image.row(y + row) + 3 * x)) {
        ++row;
      }
      if (row == wanted.height()) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

TEST_CASE("Ticks are 1, 2 or 5 times a power of ten apart, as close as allowed") {
  CHECK(labels(0, 1, 11) == Labels{"0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"});
  CHECK(labels(0, 1, 10) == Labels{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(labels(0, 1, 5) == Labels{"0.0", "0.5", "1.0"});
  CHECK(labels(0, 1, 2) == Labels{"0", "1"});
  CHECK(labels(0.13, 2.37, 5) == Labels{"0.5", "1.0", "1.5", "2.0"});
  CHECK(labels(-1, 1, 5) == Labels{"-1.0", "-0.5", "0.0", "0.5", "1.0"});
  CHECK(labels(-0.04, 0.04, 3) == Labels{"0.00"});  // +-0.02 would be five
  CHECK(labels(17, 103, 5) == Labels{"20", "40", "60", "80", "100"});
  CHECK(labels(0.9123, 0.9187, 4) == Labels{"0.914", "0.916", "0.918"});
}

TEST_CASE("Ticks of whole numbers are whole") {
  CHECK(labels(0.9, 5.1, 11, true) == Labels{"1", "2", "3", "4", "5"});
  CHECK(labels(0.9, 5.1, 11, false) == Labels{"1.0", "1.5", "2.0", "2.5", "3.0", "3.5", "4.0", "4.5", "5.0"});
  CHECK(labels(0.5, 1.5, 11, true) == Labels{"1"});
  CHECK(labels(-6.5, 307.5, 8, true) == Labels{"0", "50", "100", "150", "200", "250", "300"});
}

TEST_CASE("Ticks of very small and very large numbers have short labels") {
  CHECK(labels(1e-6, 2e-5, 5) == Labels{"5e-6", "1e-5", "1.5e-5", "2e-5"});
  CHECK(labels(0, 1e-6, 3) == Labels{"0", "5e-7", "1e-6"});
  CHECK(labels(0, 1e-4, 3) == Labels{"0.00000", "0.00005", "0.00010"});
  CHECK(labels(0, 1e6, 6) == Labels{"0", "200000", "400000", "600000", "800000", "1000000"});
  CHECK(labels(0, 5e7, 6) == Labels{"0", "1e7", "2e7", "3e7", "4e7", "5e7"});
  CHECK(labels(-3e38, 3e38, 4) == Labels{"-2e38", "0", "2e38"});
  CHECK(labels(1000000, 1000000.4, 3) == Labels{"1000000.0", "1000000.2", "1000000.4"});
}

TEST_CASE("Ticks lie within their range, equally far apart, and are no more than allowed") {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> exponent(-30, 30);
  std::uniform_real_distribution<double> share(-2, 2);
  for (int i = 0; i < 2000; ++i) {
    const double distance = std::pow(10, exponent(random));
    const double low = distance * share(random);
    const double high = low + distance;
    const int most = 3 + static_cast<int>(random() % 10);
    const auto ticks = chart::nice_ticks(low, high, most);
    INFO("from " << low << " to " << high << ", at most " << most);
    REQUIRE(!ticks.empty());
    REQUIRE(static_cast<int>(ticks.size()) <= most);
    REQUIRE(ticks.front().value >= low - 1e-5 * distance);
    REQUIRE(ticks.back().value <= high + 1e-5 * distance);
    for (std::size_t t = 0; t < ticks.size(); ++t) {
      REQUIRE(std::stod(ticks[t].label) == Approx(ticks[t].value).margin(1e-9 * distance));
      if (t > 1) {
        REQUIRE(ticks[t].value - ticks[t - 1].value == Approx(ticks[1].value - ticks[0].value));
      }
    }
    if (ticks.size() > 1) {
      const double step = ticks[1].value - ticks[0].value;
      const double digit = step / std::pow(10, std::floor(std::log10(step) + 1e-6));
      REQUIRE((digit == Approx(1) || digit == Approx(2) || digit == Approx(5)));
      // The next closer distance, a half or two fifths, would give too many.
      const double closer = digit == Approx(5) ? step * 2 / 5 : step / 2;
      REQUIRE(std::floor(high / closer + 1e-6) - std::ceil(low / closer - 1e-6) + 1 > most);
    }
  }
}

TEST_CASE("Ticks of a range without an extent are refused") {
  CHECK_THROWS_WITH(
      chart::nice_ticks(2, 2, 5),
      "nice_ticks: needs numbers with low < high that differ in their first twelve digits, but got 2 and 2");
  CHECK_THROWS_AS(chart::nice_ticks(3, 2, 5), Error);
  CHECK_THROWS_AS(chart::nice_ticks(1, 1 + 1e-15, 5), Error);
  CHECK_THROWS_AS(chart::nice_ticks(0, 1e-310, 5), Error);
  CHECK_THROWS_AS(chart::nice_ticks(not_a_number, 1, 5), Error);
  CHECK_THROWS_AS(chart::nice_ticks(0, not_a_number, 5), Error);
  CHECK_THROWS_AS(chart::nice_ticks(-infinity, 1, 5), Error);
  CHECK_THROWS_WITH(chart::nice_ticks(0, 1, 0), "nice_ticks: at least one tick must be allowed, but got 0");
}

TEST_CASE("Ticks of a logarithmic axis are powers of ten, 1, 2 and 5 times them, or every few of them") {
  const auto log_labels = [](double low, double high, int most) {
    Labels labels;
    for (const chart::Tick& tick : chart::log_ticks(low, high, most)) {
      labels.push_back(tick.label);
    }
    return labels;
  };
  CHECK(log_labels(-1, 1, 9) == Labels{"0.1", "0.2", "0.5", "1", "2", "5", "10"});
  CHECK(log_labels(-1, 1, 6) == Labels{"0.1", "1", "10"});
  CHECK(log_labels(-7.2, 1.2, 9) == Labels{"1e-7", "1e-6", "1e-5", "1e-4", "0.001", "0.01", "0.1", "1", "10"});
  CHECK(log_labels(-7.2, 1.2, 5) == Labels{"1e-6", "1e-4", "0.01", "1"});
  CHECK(log_labels(-7.2, 1.2, 3) == Labels{"1e-6", "0.001", "1"});
  CHECK(log_labels(3, 5, 9) == Labels{"1000", "2e3", "5e3", "1e4", "2e4", "5e4", "1e5"});
  CHECK(log_labels(0.32, 0.45, 5) == Labels{"2.2", "2.4", "2.6", "2.8"});  // 2.09 to 2.82: none of 1, 2 and 5
  CHECK(chart::log_ticks(-1, 1, 9)[1].value == 0.2);
  CHECK_THROWS_WITH(chart::log_ticks(1, 1, 9), Catch::Matchers::ContainsSubstring("low < high"));
  CHECK_THROWS_WITH(chart::log_ticks(0, 1, 0), Catch::Matchers::ContainsSubstring("at least one tick"));
}

TEST_CASE("On a logarithmic axis equal factors are equally far apart, and what is not positive makes a gap") {
  const chart::Axes axes{"", "", "", {{"", {0.01, 0.1, 0, 1, 10, -5}, {1, 1, 1, 1, 1, 1}}}, true};
  const Image image = draw(axes);
  // The discs of the four points: the columns in which the curve's colour is high, their centres.
  std::vector<double> centres;
  int first = -1;
  for (int x = 0; x <= image.width(); ++x) {
    const bool thick = x < image.width() && rows_of(image, x, blue).size() >= 5;
    if (thick && first < 0) {
      first = x;
    } else if (!thick && first >= 0) {
      centres.push_back((first + x - 1) / 2.0);
      first = -1;
    }
  }
  REQUIRE(centres.size() == 4);
  CHECK(centres[1] - centres[0] == Approx(centres[2] - centres[1]).margin(1));
  CHECK(centres[2] - centres[1] == Approx(centres[3] - centres[2]).margin(1));
  // No line between 0.1 and 1, where the zero stands.
  CHECK(rows_of(image, static_cast<int>((centres[1] + centres[2]) / 2), blue).empty());
  CHECK_FALSE(rows_of(image, static_cast<int>((centres[0] + centres[1]) / 2), blue).empty());
}

TEST_CASE("An axis shows all values and a margin") {
  const auto range = [](const std::vector<double>& values, bool from_zero = false) {
    return chart::axis_range(values, 0.1, from_zero);
  };
  CHECK(range({3, 1, 2}).low == Approx(0.8));
  CHECK(range({3, 1, 2}).high == Approx(3.2));
  CHECK(range({3, 1, 2}).whole);
  CHECK_FALSE(range({3, 1, 2.5}).whole);
  CHECK(range({0.01, 1}, true).low == 0);
  CHECK(range({0.01, 1}, false).low < 0);
  CHECK(range({-0.01, 1}, true).low < -0.01);
  CHECK(range({}).low == 0);
  CHECK(range({}).high == 1);
  // One value alone.
  CHECK(range({7, 7}).low == 6.5);
  CHECK(range({7, 7}).high == 7.5);
  CHECK(range({0.5}).low == Approx(0.45));
  CHECK(range({0.5}).high == Approx(0.55));
  CHECK(range({-0.5}).low == Approx(-0.55));
  CHECK(range({0, 0}, true).low == 0);
  CHECK(range({0, 0}, true).high == 0.5);
  CHECK(range({1e200, 1e200}).high > 1e200);
  CHECK(range({1e-310}).high == 0.5);
}

TEST_CASE("A falling curve goes down, from the left to the right") {
  // Without names, there is no legend: all of the colour is the curve's.
  std::vector<double> loss;
  for (const double epoch : epochs(300)) {
    loss.push_back(5 * std::exp(-epoch / 100));
  }
  const Image falling = draw({"", "epoch", "", {{"", epochs(300), loss}}});
  const auto [first, last] = columns_of(falling, blue);
  CHECK(last - first > 450);
  double previous = 0;
  for (int x = first + 2; x < last - 1; ++x) {
    const std::vector<int> rows = rows_of(falling, x, blue);
    REQUIRE(!rows.empty());
    const double middle = (rows.front() + rows.back()) / 2.0;
    REQUIRE(middle >= previous);
    previous = middle;
  }
}

TEST_CASE("Values stand at the heights of their numbers") {
  // From 0 to 1 with a margin of 6%: a straight line from corner to corner passes the middle half-way.
  const Image image = draw({"", "", "", {{"", {0, 1}, {0, 1}}, {"", {0, 1}, {0.5, 0.5}}}});
  const auto [first, last] = columns_of(image, blue);
  const auto [first_flat, last_flat] = columns_of(image, vermillion);
  CHECK(std::abs(first - first_flat) <= 1);
  CHECK(std::abs(last - last_flat) <= 1);
  const double bottom = rows_of(image, first + 3, blue).back();
  const double top = rows_of(image, last - 3, blue).front();
  const double flat = rows_of(image, first + 40, vermillion).front();
  CHECK(flat == Approx((bottom + top) / 2).margin(2));
}

TEST_CASE("A value that is not finite leaves a gap in its curve, and no other trace") {
  for (const double gap : {not_a_number, infinity, -infinity, 1e300}) {
    INFO("the gap is " << gap);
    const std::vector<double> y{2, 3, 2.5, 2, 3};
    const Image whole = draw({"", "", "", {{"", epochs(5), y}}});
    const Image gaping = draw({"", "", "", {{"", epochs(5), {2, 3, gap, 2, 3}}}});
    const auto [first, last] = columns_of(whole, blue);
    REQUIRE(columns_of(gaping, blue) == std::pair(first, last));
    const int step = (last - first) / 4;
    for (int x = first + step + 10; x < last - step - 10; ++x) {
      CHECK_FALSE(rows_of(whole, x, blue).empty());
      CHECK(rows_of(gaping, x, blue).empty());
    }
    for (int x = first; x < first + step; ++x) {
      CHECK(rows_of(gaping, x, blue).empty() == rows_of(whole, x, blue).empty());
    }
    // A curve of gaps alone changes nothing.
    const chart::Series gaps{"", {1, gap, 3}, {gap, 2, gap}};
    CHECK(draw({"t", "x", "y", {{"train", epochs(5), y}, gaps}}) == draw({"t", "x", "y", {{"train", epochs(5), y}}}));
  }
}

TEST_CASE("A single point, or one between gaps, is a dot") {
  const auto area = [](const Image& image) {
    int count = 0;
    for (int x = 0; x < image.width(); ++x) {
      count += static_cast<int>(rows_of(image, x, blue).size());
    }
    return count;
  };
  // A disc of radius 3.6 has 41 pixels; those on its edge are mixed with what is below.
  const int dot = area(draw({"", "epoch", "", {{"", {1}, {0.3}}}}));
  CHECK(dot > 20);
  CHECK(dot <= 41);

  std::vector<double> alone(300, not_a_number);
  alone[150] = 0.3;
  CHECK(area(draw({"", "epoch", "", {{"", epochs(300), alone}}})) > 20);
}

TEST_CASE("A constant curve is a level line in the middle") {
  for (const double value : {0.1, -3.0, 1e-6, 1e6}) {
    INFO("the value is " << value);
    const Image image = draw({"", "epoch", "", {{"", epochs(100), std::vector<double>(100, value)}}});
    const auto [first, last] = columns_of(image, blue);
    CHECK(last - first > 400);
    for (int x = first + 4; x < last - 4; ++x) {
      REQUIRE(rows_of(image, x, blue) == rows_of(image, first + 4, blue));
    }
    const int row = rows_of(image, first + 4, blue).front();
    CHECK(row > 150);
    CHECK(row < 330);
  }
}

TEST_CASE("Title and legend can be read, and each name stands beside its colour") {
  const chart::Axes axes{"Accuracy", "epoch", "", {{"train", epochs(3), {1, 2, 3}}, {"val", epochs(3), {2, 2, 1}}}};
  const Image image = draw(axes);
  const chart::Color ink{34, 34, 34};
  CHECK(shows(image, "Accuracy", 19, ink));
  CHECK(shows(image, "train", 15, ink));
  CHECK_FALSE(shows(image, "trail", 15, ink));

  // The legend is above the curves: from the left, blue, dark letters, vermillion, dark letters.
  const auto first_column = [&](chart::Color color, int from) {
    for (int x = from; x < image.width(); ++x) {
      for (int y = 38; y < 68; ++y) {
        if (is(image, x, y, color)) {
          return x;
        }
      }
    }
    return image.width();
  };
  const int sample = first_column(blue, 0);
  const int name = first_column(ink, 0);
  const int other_sample = first_column(vermillion, 0);
  const int other_name = first_column(ink, other_sample);
  CHECK(sample < 40);
  CHECK(name > sample + 20);
  CHECK(other_sample > name + 20);
  CHECK(other_name > other_sample + 20);
  CHECK(other_name < 200);

  chart::Axes unnamed = axes;
  unnamed.series[0].name = unnamed.series[1].name = "";
  const Image without = draw(unnamed);
  CHECK_FALSE(shows(without, "train", 15, ink));
  CHECK(shows(without, "Accuracy", 19, ink));
}

TEST_CASE("A name has the same colour in every diagram") {
  const std::vector<chart::Axes> panels{{"", "", "", {{"train", epochs(3), {1, 2, 3}}, {"val", epochs(3), {2, 2, 1}}}},
                                        {"", "", "", {{"val", epochs(3), {2, 2, 1}}}},
                                        {"", "", "", {{"lr", epochs(3), {2, 2, 1}}}}};
  const Image image = chart::draw_charts(panels, {300, 900});
  CHECK(columns_of(image, blue).first < 300);
  CHECK(columns_of(image, blue).second < 300);
  CHECK(columns_of(image, vermillion).second > 300);
  CHECK(columns_of(image, vermillion).second < 600);
  CHECK(columns_of(image, chart::chart_colors[2]).first > 600);
}

TEST_CASE("A diagram without values says so") {
  const chart::Color muted{85, 85, 85};
  const Image none = draw({"Loss", "", "", {}});
  const Image gaps = draw({"Loss", "", "", {{"", {1, 2}, {not_a_number, infinity}}}});
  CHECK(none == gaps);
  CHECK(columns_of(none, muted).first < 300);
  CHECK(columns_of(none, muted).second > 300);
  CHECK_FALSE(none == draw({"Loss", "", "", {{"", {1, 2}, {1, 2}}}}));
}

TEST_CASE("Any values and texts make an image of the given size") {
  std::vector<chart::Axes> panels;
  for (const double magnitude : {1e-300, 1e-6, 1.0, 1e6, 1e38, 1e199, std::numeric_limits<double>::max()}) {
    panels.push_back({"", "", "", {{"a", {1, 2, 3}, {magnitude, -magnitude, magnitude / 3}}}});
    panels.push_back({"", "", "", {{"a", {magnitude, 2 * magnitude, 0}, {1, 1 + 1e-12, 1 - 1e-12}}}});
  }
  const std::string endless(300, 'w');
  panels.push_back({endless, endless, endless, {{endless, {1, 2}, {1, 2}}, {endless + endless, {1}, {1}}}});
  panels.push_back({"\xC3\xA9t\xC3\xA9", "\n", "\xFF", {}});
  chart::Axes many{"many", "x", "y", {}};
  for (int i = 0; i < 100; ++i) {
    many.series.push_back({"curve " + std::to_string(i), {1, 2}, {1.0 * i, 2.0 * i}});
  }
  panels.push_back(many);
  const image::Size smallest{150, 200 * static_cast<int>(panels.size())};
  CHECK(chart::draw_charts(panels, smallest).size() == smallest);
  CHECK(draw(many, {151, 203}).size() == image::Size{151, 203});
}

TEST_CASE("An image is 1200 x 480 pixels unless told otherwise, and the same each time") {
  const std::vector<chart::Axes> panels{{"Loss", "epoch", "", {{"train", epochs(3), {3, 2, 1}}}},
                                        {"Accuracy", "", "", {}}};
  const Image image = chart::draw_charts(panels);
  CHECK(image.size() == image::Size{480, 1200});
  CHECK(image.channels() == 3);
  CHECK(image == chart::draw_charts(panels));
}

TEST_CASE("What cannot be drawn is refused") {
  CHECK_THROWS_WITH(chart::draw_charts({}), "draw_charts: there is nothing to draw: at least one diagram is needed");
  CHECK_THROWS_WITH(draw({"", "", "", {{"train", {1, 2, 3}, {1, 2}}}}),
                    "draw_charts: the curve \"train\" has 3 x values but 2 y values");
  const std::vector<chart::Axes> panels(3);
  CHECK_THROWS_WITH(chart::draw_charts(panels, {480, 500}),
                    "draw_charts: a diagram needs at least 200 x 150 pixels, but 3 in 500 x 480 have 166 x 480 each");
  CHECK_THROWS_AS(chart::draw_charts(panels, {149, 1200}), Error);
}

TEST_CASE("Diagrams with the same many curves have one legend below them all") {
  const auto panel = [](const std::string& title, int curves) {
    chart::Axes axes{title, "epoch", "", {}};
    for (int i = 0; i < curves; ++i) {
      axes.series.push_back({"runs/densenet121-pretrained/seed-" + std::to_string(i), epochs(3), {1.0 * i, 2, 3}});
    }
    return axes;
  };
  const chart::Color ink{34, 34, 34};
  const auto has_text = [&](const Image& image, int top, int bottom) {
    for (int y = top; y < bottom; ++y) {
      for (int x = 0; x < image.width(); ++x) {
        if (is(image, x, y, ink)) {
          return true;
        }
      }
    }
    return false;
  };
  const std::vector<chart::Axes> many{panel("Loss", 9), panel("Accuracy", 9)};
  const Image shared = chart::draw_charts(many, {480, 1200});
  CHECK(has_text(shared, 360, 480));
  CHECK_FALSE(has_text(shared, 40, 330));  // the titles end above, and numbers are lighter
  const std::vector<chart::Axes> few{panel("Loss", 2), panel("Accuracy", 2)};
  CHECK_FALSE(has_text(chart::draw_charts(few, {480, 1200}), 300, 480));
  const std::vector<chart::Axes> unlike{panel("Loss", 9), panel("Accuracy", 8)};
  CHECK(has_text(chart::draw_charts(unlike, {480, 1200}), 40, 330));
}

TEST_CASE("Eight long names are all in the legend of one diagram, and differ") {
  chart::Axes axes{"Loss", "epoch", "", {}};
  std::vector<std::string> names;
  for (int i = 0; i < 8; ++i) {
    names.push_back("runs/densenet121-pretrained-frozen-batch-norm-food11-lr1e-4-batch128-run-" + std::to_string(i) +
                    "/seed-1-and-more");
    axes.series.push_back({names.back(), epochs(3), {1.0 * i, 2, 3}});
  }
  const Image image = draw(axes);
  // In the legend's columns, at the left of the names, each of seven colours has a sample; the eighth is dashed.
  for (const chart::Color color : chart::chart_colors) {
    bool found = false;
    for (int y = 30; y < 240; ++y) {
      found = found || is(image, 22, y, color);
    }
    CHECK(found);
  }
  int samples = 0;
  for (int y = 30; y < 240; ++y) {
    const auto white = [&](int row) { return is(image, 22, row, chart::white); };
    samples += white(y - 1) && !white(y) ? 1 : 0;
  }
  CHECK(samples == 8);
}

TEST_CASE("A long title takes two lines, and never reaches beyond its diagram") {
  const std::string title(200, 'm');
  for (const std::string& text : {title, std::string("words of a title ") + title, title.substr(0, 40)}) {
    const std::vector<chart::Axes> panels{{text, "", "", {{"", {1, 2}, {1, 2}}}}, {"", "", "", {{"", {1, 2}, {1, 2}}}}};
    const Image image = chart::draw_charts(panels, {480, 1000});
    for (int y = 0; y < 60; ++y) {
      for (int x = 480; x < 600; ++x) {
        REQUIRE_FALSE(is(image, x, y, {34, 34, 34}));
      }
    }
  }
}

TEST_CASE("Curves of many points have marks here and there, so that they are told apart without colours") {
  const std::vector<double> flat(300, 1.0), high(300, 2.0);
  const Image image = draw({"", "epoch", "", {{"a", epochs(300), flat}, {"b", epochs(300), high}}});
  const auto thickest = [&](chart::Color color) {
    int most = 0, least = 1000;
    for (int x = 120; x < 560; ++x) {
      int rows = 0;
      for (int y = 45; y < 440; ++y) {
        rows += is(image, x, y, color) ? 1 : 0;
      }
      most = std::max(most, rows);
      least = std::min(least, rows);
    }
    return std::pair(least, most);
  };
  CHECK(thickest(blue).first <= 3);
  CHECK(thickest(blue).second >= 5);
  CHECK(thickest(vermillion).first <= 3);
  CHECK(thickest(vermillion).second >= 5);
}
