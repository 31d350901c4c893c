#include <hearth/core/random.hpp>
#include <hearth/data/beta.hpp>
#include <hearth/data/streams.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <numbers>
#include <vector>

#include "catch.hpp"

using namespace hearth;

namespace {

constexpr std::size_t draws = 20000;

std::vector<double> sample(double alpha) {
  RandomStream random(11, 2, 3);
  std::vector<double> values(draws);
  for (double& value : values) {
    value = data::symmetric_beta(random, alpha);
  }
  std::sort(values.begin(), values.end());
  return values;
}

/// The largest distance between the distribution of the values, which are sorted, and the given one (Kolmogorov,
/// Smirnov).
double distance(const std::vector<double>& values, const std::function<double(double)>& distribution) {
  const auto count = static_cast<double>(values.size());
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = distribution(values[i]);
    largest = std::max({largest, std::abs(static_cast<double>(i) / count - expected),
                        std::abs(static_cast<double>(i + 1) / count - expected)});
  }
  return largest;
}

}  // namespace

TEST_CASE("symmetric_beta has the beta distribution where that has a closed form", "[beta]") {
  const std::map<double, std::function<double(double)>> distributions{
      {0.5, [](double x) { return 2 / std::numbers::pi * std::asin(std::sqrt(x)); }},
      {1, [](double x) { return x; }},
      {2, [](double x) { return x * x * (3 - 2 * x); }},
      {3, [](double x) { return x * x * x * (10 - 15 * x + 6 * x * x); }},
  };
  for (const auto& [alpha, distribution] : distributions) {
    INFO(alpha);
    CHECK(distance(sample(alpha), distribution) < 1.95 / std::sqrt(draws));  // 1 in 1,000 is further away
  }
}

TEST_CASE("symmetric_beta has the moments of the beta distribution for any alpha", "[beta]") {
  for (const double alpha : {0.001, 0.05, 0.2, 0.4, 0.9, 1.0, 1.1, 8.0, 500.0}) {
    INFO(alpha);
    double mean = 0;
    double variance = 0;
    for (const double value : sample(alpha)) {
      REQUIRE((value >= 0 && value <= 1));
      mean += value / draws;
      variance += (value - 0.5) * (value - 0.5) / draws;
    }
    // E (x - 1/2)^2 = 1 / (4 (2a + 1)), E (x - 1/2)^4 = 3 / (16 (2a + 1) (2a + 3)).
    const double second = 1 / (4 * (2 * alpha + 1));
    const double fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
    CHECK(std::abs(mean - 0.5) < 5 * std::sqrt(second / draws));
    CHECK(std::abs(variance - second) < 5 * std::sqrt((fourth - second * second) / draws));
  }
}

TEST_CASE("A batch's stream is none of a sample's, an epoch's or another purpose's", "[streams]") {
  const auto first = [](RandomStream random) { return random.bits64(); };
  const std::uint64_t batch = first(data::batch_stream(1, 2, 3, 0));
  CHECK(batch == first(data::batch_stream(1, 2, 3, 0)));
  CHECK(batch != first(data::batch_stream(1, 2, 3, 1)));
  CHECK(batch != first(data::batch_stream(1, 2, 4, 0)));
  CHECK(batch != first(data::batch_stream(1, 3, 3, 0)));
  CHECK(batch != first(data::batch_stream(2, 2, 3, 0)));
  CHECK(batch != first(RandomStream(1, 2, 3)));
  CHECK(first(data::split_stream(1)) != first(RandomStream(1, 0, core::epoch_stream)));
}
