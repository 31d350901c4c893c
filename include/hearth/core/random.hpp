/// Counter-based random numbers: every draw is a pure function of (seed, epoch, index, occurrence, position), so a
/// sample's augmentation does not depend on which thread, process or batch it falls into.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// Philox4x32-10: ten rounds of the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers:
/// as easy as 1, 2, 3" (SC 2011). Maps a 128-bit counter and a 64-bit key to 128 random bits.
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

}  // namespace hearth::core

namespace hearth {

/// The random numbers of one sample in one epoch. Cheap to make, so each sample gets its own; the same on every
/// platform and with every standard library. Also a standard uniform random bit generator.
class RandomStream {
 public:
  /// As a standard generator has them.
  using result_type = std::uint32_t;

  /// `epoch` counts to 2^32. `index` is what the stream belongs to, a sample's place in its dataset for example.
  /// `occurrence` tells streams of one index in one epoch apart; where it is not 0 it counts to 2^24, and `index` to
  /// 2^40.
  constexpr RandomStream(std::uint64_t seed, std::uint64_t epoch, std::uint64_t index,
                         std::uint32_t occurrence = 0) noexcept
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        counter_{0, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32) ^ occurrence << 8,
                 static_cast<std::uint32_t>(epoch)} {}

  /// As a standard generator has them.
  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }

  /// 32 random bits.
  constexpr result_type operator()() noexcept {
    if (used_ == block_.size()) {
      block_ = core::philox4x32(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  /// 64 random bits.
  constexpr std::uint64_t bits64() noexcept {
    const std::uint64_t high = (*this)();
    return (high << 32) | (*this)();
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  constexpr double uniform() noexcept { return static_cast<double>(bits64() >> 11) * 0x1.0p-53; }

  /// Uniform in [low, high).
  constexpr double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }

  /// True with the given probability.
  constexpr bool bernoulli(double probability) noexcept { return uniform() < probability; }

  /// Uniform in {0, …, bound - 1} without bias, by rejection; `bound` is at least 1.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    for (;;) {
      const std::uint64_t bits = bits64();
      // Refused are those below 2^64 mod bound, which is below `bound`: most draws need no division to be seen right.
      if (bits >= bound || bits >= (0 - bound) % bound) {
        return bits % bound;
      }
    }
  }

  /// Normal with mean 0 and standard deviation 1 (Box and Muller, 1958).
  double normal() noexcept;

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  std::size_t used_ = 4;
};

}  // namespace hearth

namespace hearth::core {

/// The stream index that belongs to an epoch as a whole (its order) rather than to one of its samples.
inline constexpr std::uint64_t epoch_stream = std::numeric_limits<std::uint64_t>::max();

/// Shuffles a vector or an array in place: for i = n-1 … 1, swaps item i with item `random.below(i + 1)` (Fisher and
/// Yates; Knuth, TAOCP 2, 3.4.2 P). The order is part of the interface: equal streams give equal orders everywhere.
template <class Items>
constexpr void shuffle(Items& items, RandomStream& random) noexcept {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[random.below(i)]);
  }
}

}  // namespace hearth::core

namespace hearth {

/// The shuffled indices 0 … size-1 of one epoch: `shuffle` with the stream (seed, epoch, epoch_stream).
std::vector<std::size_t> permutation(std::size_t size, std::uint64_t seed, std::uint64_t epoch);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/random.ipp>
#endif
