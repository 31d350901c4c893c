/// The pairs of classes that a model confuses most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

class ConfusionCounts;

/// Samples of one class that were taken for another.
struct ConfusedPair {
  std::string truth;            ///< the name of their class
  std::string predicted;        ///< the name of the class that they were taken for
  std::size_t truth_class;      ///< its number
  std::size_t predicted_class;  ///< the class that the model took it for
  std::int64_t count;           ///< how many there are
  double share;                 ///< of all samples of their class, from 0 to 1
};

/// The `how_many` largest counts off the diagonal, or as many as are not 0: the largest first, of equal ones that with
/// the larger share, then in the order of the classes. (cat, dog) and (dog, cat) are two pairs.
std::vector<ConfusedPair> most_confused(const ConfusionCounts& counts, std::size_t how_many);

/// A table for people, a line for each pair, with the share in per cent; one line that says so where there is none.
std::string to_string(const std::vector<ConfusedPair>& pairs);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/most_confused.ipp>
#endif
