#include <hearth/core/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "catch.hpp"

using namespace hearth;

namespace {

/// Pearson's statistic of the counts against equal expectations.
double chi_square(const std::vector<int>& counts) {
  const double expected =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), 0)) / static_cast<double>(counts.size());
  double sum = 0;
  for (const int count : counts) {
    sum += (count - expected) * (count - expected) / expected;
  }
  return sum;
}

}  // namespace

// The lines "philox4x32 10" of kat_vectors, as published with Random123.
TEST_CASE("philox4x32 gives Random123's known answers", "[random]") {
  using Block = std::array<std::uint32_t, 4>;
  CHECK(core::philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(core::philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(core::philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  STATIC_REQUIRE(core::philox4x32({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
}

TEST_CASE("a stream is Philox counted up from (0, index, epoch) under the seed", "[random]") {
  // key = (seed's low word, its high word); counter = (block, index's low word, its high word, epoch)
  RandomStream random(0x299f31d0a4093822, 0x03707344, 0x13198a2e85a308d3);
  const std::array<std::uint32_t, 2> key{0xa4093822, 0x299f31d0};
  for (std::uint32_t block = 0; block < 3; ++block) {
    for (const std::uint32_t expected : core::philox4x32({block, 0x85a308d3, 0x13198a2e, 0x03707344}, key)) {
      CHECK(random() == expected);
    }
  }
}

TEST_CASE("a stream's numbers are combined as documented", "[random]") {
  // The first block of the all-zero counter and key is 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
  CHECK(RandomStream(0, 0, 0).bits64() == 0x6627e8d5e169c58d);
  CHECK(RandomStream(0, 0, 0).uniform() == static_cast<double>(0x6627e8d5e169c58dULL >> 11) / 9007199254740992.0);
  CHECK(RandomStream(0, 0, 0).uniform(-1, 3) == -1 + 4 * RandomStream(0, 0, 0).uniform());
  CHECK(RandomStream(0, 0, 0).below(1000) == 0x6627e8d5e169c58dULL % 1000);
}

TEST_CASE("equal coordinates give equal streams, and any other coordinate another one", "[random]") {
  const auto first = [](std::uint64_t seed, std::uint64_t epoch, std::uint64_t index) {
    return RandomStream(seed, epoch, index).bits64();
  };
  CHECK(first(1, 2, 3) == first(1, 2, 3));
  std::set<std::uint64_t> seen;
  for (const std::uint64_t seed : {0ULL, 1ULL, 1ULL << 32, ~0ULL}) {
    for (const std::uint64_t epoch : {0ULL, 1ULL, 2ULL}) {
      for (const std::uint64_t index : {0ULL, 1ULL, 1ULL << 32, ~0ULL}) {
        seen.insert(first(seed, epoch, index));
      }
    }
  }
  CHECK(seen.size() == 4 * 3 * 4);
}

TEST_CASE("uniform stays in [0, 1) and has the moments of its distribution", "[random]") {
  constexpr int draws = 200'000;
  double sum = 0;
  double squares = 0;
  double low = 1;
  double high = 0;
  RandomStream random(7, 0, 0);
  for (int i = 0; i < draws; ++i) {
    const double value = random.uniform();
    sum += value;
    squares += value * value;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  CHECK(low >= 0);
  CHECK(high < 1);
  // Standard errors: sqrt(1/12 / n) of the mean, sqrt(4/45 / n) of the mean square; five of them are allowed.
  CHECK(sum / draws == Approx(0.5).margin(5 * std::sqrt(1.0 / 12 / draws)));
  CHECK(squares / draws == Approx(1.0 / 3).margin(5 * std::sqrt(4.0 / 45 / draws)));
}

TEST_CASE("normal has mean 0, variance 1 and the tails of its distribution", "[random]") {
  constexpr int draws = 200'000;
  double sum = 0;
  double squares = 0;
  int beyond_two = 0;
  RandomStream random(8, 0, 0);
  for (int i = 0; i < draws; ++i) {
    const double value = random.normal();
    sum += value;
    squares += value * value;
    beyond_two += std::abs(value) > 2 ? 1 : 0;
  }
  CHECK(sum / draws == Approx(0).margin(5 / std::sqrt(draws)));
  CHECK(squares / draws == Approx(1).margin(5 * std::sqrt(2.0 / draws)));
  const double outside = 0.0455002639;  // P(|x| > 2) = erfc(sqrt(2))
  CHECK(static_cast<double>(beyond_two) / draws ==
        Approx(outside).margin(5 * std::sqrt(outside * (1 - outside) / draws)));
}

TEST_CASE("bernoulli is true as often as it says", "[random]") {
  constexpr int draws = 100'000;
  RandomStream random(9, 0, 0);
  int hits = 0;
  for (int i = 0; i < draws; ++i) {
    hits += random.bernoulli(0.3) ? 1 : 0;
    REQUIRE_FALSE(random.bernoulli(0));
    REQUIRE(random.bernoulli(1));
  }
  CHECK(static_cast<double>(hits) / draws == Approx(0.3).margin(5 * std::sqrt(0.3 * 0.7 / draws)));
}

TEST_CASE("below draws every value of its range equally often", "[random]") {
  RandomStream random(10, 0, 0);
  for (const int bound : {2, 3, 10, 97}) {
    std::vector<int> counts(static_cast<std::size_t>(bound));
    for (int i = 0; i < 1000 * bound; ++i) {
      ++counts.at(random.below(static_cast<std::uint64_t>(bound)));
    }
    // The statistic has mean bound-1 and variance 2 (bound-1).
    CHECK(chi_square(counts) < bound - 1 + 5 * std::sqrt(2.0 * (bound - 1)) + 5);
  }
  CHECK(random.below(1) == 0);
}

TEST_CASE("below rejects the draws that would favour small values", "[random]") {
  // Of 2^64 values, bound = 3 * 2^62 would give the lowest third twice the chance; without bias each has a third.
  constexpr std::uint64_t bound = 3ULL << 62;
  RandomStream random(11, 0, 0);
  std::vector<int> thirds(3);
  for (int i = 0; i < 30'000; ++i) {
    const std::uint64_t value = random.below(bound);
    REQUIRE(value < bound);
    ++thirds[value / (1ULL << 62)];
  }
  CHECK(chi_square(thirds) < 20);  // two degrees of freedom: exceeded with probability exp(-10)
}

TEST_CASE("shuffle makes all orders of a few items equally often", "[random]") {
  std::vector<int> counts(24);
  RandomStream random(12, 0, 0);
  for (int i = 0; i < 24'000; ++i) {
    std::vector<int> items{0, 1, 2, 3};
    core::shuffle(items, random);
    int rank = 0;  // the order's number in the lexicographic list
    for (std::size_t at = 0; at < 4; ++at) {
      const auto smaller = std::count_if(items.begin() + static_cast<std::ptrdiff_t>(at), items.end(),
                                         [&](int item) { return item < items[at]; });
      rank = rank * static_cast<int>(4 - at) + static_cast<int>(smaller);
    }
    ++counts.at(static_cast<std::size_t>(rank));
  }
  CHECK(chi_square(counts) < 23 + 5 * std::sqrt(2.0 * 23));
}

TEST_CASE("permutation holds every index once and differs from epoch to epoch", "[random]") {
  for (const std::size_t size : {0U, 1U, 2U, 1000U}) {
    std::vector<std::size_t> order = permutation(size, 3, 4);
    CHECK(order == permutation(size, 3, 4));
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> all(size);
    std::iota(all.begin(), all.end(), std::size_t{0});
    CHECK(order == all);
  }
  CHECK(permutation(1000, 3, 4) != permutation(1000, 3, 5));
  CHECK(permutation(1000, 3, 4) != permutation(1000, 4, 4));
}

// Computed by random_reference.py from the definition: key (0, 0), counter (block, 2^32-1, 2^32-1, 0), swaps from the
// end.
TEST_CASE("permutation's order is the documented one", "[random]") {
  CHECK(permutation(10, 0, 0) == std::vector<std::size_t>{3, 2, 7, 6, 0, 9, 4, 1, 5, 8});
}

TEST_CASE("a stream serves the standard library's distributions", "[random]") {
  STATIC_REQUIRE(std::uniform_random_bit_generator<RandomStream>);
}
