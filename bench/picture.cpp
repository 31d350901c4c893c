/// Draws what bench/run.py has measured: bars of the ratios on a logarithmic axis, each with a stroke at its aim, and
/// below them how cost grows.
///
///     bench_picture FIGURES OUT.png
///
/// FIGURES has lines of words between tabs: `title TEXT`, `bar NAME AGAINST RATIO AIM`, `chart TITLE X_LABEL Y_LABEL`,
/// and, of the chart before them, `curve NAME X Y X Y …`.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <hearth/chart/canvas.hpp>
#include <hearth/chart/font.hpp>
#include <hearth/chart/line_chart.hpp>
#include <hearth/core/error.hpp>
#include <hearth/image/encode.hpp>

namespace chart = hearth::chart;

namespace {

struct Bar {
  std::string name;
  std::string against;
  double ratio = 0;
  double aim = 0;
};

struct Figures {
  std::string title;
  std::vector<Bar> bars;
  std::vector<chart::Axes> charts;
};

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words(1);
  for (const char c : line) {
    if (c == '\t') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

Figures read(const char* path) {
  std::ifstream file(path);
  hearth::core::require(file.good(), "{} cannot be read", path);
  Figures figures;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = words_of(line);
    if (words[0] == "title") {
      figures.title = words.at(1);
    } else if (words[0] == "bar") {
      figures.bars.push_back({words.at(1), words.at(2), std::stod(words.at(3)), std::stod(words.at(4))});
    } else if (words[0] == "chart") {
      chart::Axes axes;
      axes.title = words.at(1);
      axes.x_label = words.at(2);
      axes.y_label = words.at(3);
      figures.charts.push_back(std::move(axes));
    } else {
      hearth::core::require(words[0] == "curve" && !figures.charts.empty(), "{}: the line '{}' makes no sense", path,
                            line);
      chart::Series curve;
      curve.name = words.at(1);
      for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
        curve.x.push_back(std::stod(words[i]));
        curve.y.push_back(std::stod(words[i + 1]));
      }
      figures.charts.back().series.push_back(std::move(curve));
    }
  }
  return figures;
}

/// The bars, from a ratio of `low` to one of `high`; 1, where both sides are equal, is the line that they start from.
class Bars {
 public:
  explicit Bars(const Figures& figures) : figures_(figures) {
    for (const Bar& bar : figures.bars) {
      low_ = std::min({low_, bar.ratio / 1.1, bar.aim / 1.1});
      high_ = std::max({high_, bar.ratio * 1.6, bar.aim * 1.1});
    }
  }

  int height() const { return top + static_cast<int>(figures_.bars.size()) * pitch + 40; }

  void draw(chart::Canvas& canvas) const {
    canvas.text({24, 38}, figures_.title, {.size = 20, .color = chart::dark});
    canvas.text({24, 62}, "how many times better hearth is than Python; the stroke is the aim",
                {.size = 14, .color = chart::muted});
    const int bottom = height() - 34;
    for (double power = 0.01; power <= high_; power *= 10) {
      for (const double multiple : {1.0, 2.0, 5.0}) {
        if (const double value = power * multiple; value >= low_ && value <= high_) {
          canvas.fill({top - 6, x(value), bottom - top + 6, value == 1 ? 2 : 1}, value == 1 ? chart::muted : light);
          canvas.text({x(value) + 0.5, bottom + 18.0}, fmt::format("{:g}×", value),
                      {.size = 13, .color = chart::muted, .align = chart::Align::centre});
        }
      }
    }
    std::string before;
    for (std::size_t i = 0; i < figures_.bars.size(); ++i) {
      draw(canvas, figures_.bars[i], top + static_cast<int>(i) * pitch, before != figures_.bars[i].name);
      before = figures_.bars[i].name;
    }
  }

  static constexpr int width = 1200;

 private:
  static constexpr int top = 90, pitch = 26, left = 600, right = width - 40;
  static constexpr chart::Color light = chart::grid_color;

  int x(double ratio) const {
    const double share = std::log(ratio / low_) / std::log(high_ / low_);
    return left + static_cast<int>(std::lround(share * (right - left)));
  }

  void draw(chart::Canvas& canvas, const Bar& bar, int y, bool named) const {
    if (named) {
      canvas.fill({y - 3, 24, 1, width - 64}, light);
      canvas.text({24, y + 16.0}, chart::fitting_text(bar.name, 15, left - 150), {.size = 15, .color = chart::dark});
    }
    canvas.text({left - 12.0, y + 16.0}, bar.against, {.size = 13, .color = chart::muted, .align = chart::Align::end});
    const int one = x(1), end = x(bar.ratio);
    const bool reached = bar.ratio >= bar.aim;
    canvas.fill({y + 4, std::min(one, end), 15, std::max(std::abs(end - one), 2)},
                chart::shade(bar.against == "tuned" ? 0.5 : 0.75));
    canvas.fill({y + 1, x(bar.aim) - 1, 21, 3}, reached ? chart::right_color : chart::wrong_color);
    canvas.text({std::max({end, one, x(bar.aim)}) + 8.0, y + 16.0}, fmt::format("{:.3g}×", bar.ratio),
                {.size = 13, .color = chart::dark});
  }

  const Figures& figures_;
  double low_ = 0.8, high_ = 2;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "bench_picture FIGURES OUT.png\n");
    return 1;
  }
  try {
    const Figures figures = read(argv[1]);
    const Bars bars(figures);
    const int curves = figures.charts.empty() ? 0 : 380;
    chart::Canvas canvas({bars.height() + curves, Bars::width});
    bars.draw(canvas);
    if (curves > 0) {
      canvas.paste(bars.height(), 0, chart::draw_charts(figures.charts, {curves, Bars::width}).view());
    }
    hearth::write_png(argv[2], canvas.image().view());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
