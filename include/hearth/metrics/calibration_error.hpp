/// How far a model's confidence is from how often it is right.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/deferred_counts.hpp>

namespace hearth {

struct CalibrationErrorOptions {
  std::int64_t bins = 15;            ///< the confidences from 0 to 1 are cut into this many equal parts
  std::int64_t ignore_index = -100;  ///< samples with this label do not count, as in CrossEntropyLoss
};

/// The samples whose confidence is in one part of 0 to 1: a bar of a reliability diagram.
struct CalibrationBin {
  std::int64_t count = 0;  ///< samples in it
  double confidence = 0;   ///< the mean confidence; 0 of none
  double accuracy = 0;     ///< the share that are right; 0 of none
};

/// The expected calibration error, from 0 to 1: the mean over samples of the distance between confidence and accuracy
/// in their bin, (lower, upper]. From Guo et al., "On Calibration of Modern Neural Networks", 2017.
///
/// Of outputs [N, C] the confidence is the highest probability of the softmax, and right is a sample of that class. Of
/// one output a sample it is the sigmoid, and right is a target above 0.5. Confidences are added up in units of 2^-24,
/// which is what single precision has below 1: the sums are exact in any order.
class CalibrationError {
 public:
  /// Throws Error when there is no bin.
  CalibrationError(CalibrationErrorOptions options = {});

  /// Takes a batch in: outputs [N, C] and labels [N] or class probabilities [N, C]; or outputs [N] or [N, 1] and
  /// targets from 0 to 1 of as many numbers. Throws Error on other shapes, and on a label out of range where targets
  /// are on the CPU.
  void update(const at::Tensor& outputs, const at::Tensor& targets);

  /// The error since the last reset; not a number when there was no sample. Throws Error when a device has met a label
  /// out of range or a confidence that is no number.
  double value() const;

  /// The bins from the lowest confidence to the highest.
  std::vector<CalibrationBin> reliability() const;

  /// "calibration_error"
  std::string name() const { return "calibration_error"; }

  std::int64_t ignore_index() const noexcept { return options_.ignore_index; }

  /// For each bin its samples; for each those that are right; for each the sum of the confidences in units of 2^-24;
  /// the samples that could not be counted.
  std::span<const double> sums() const { return counts_.sums(); }
  void load_sums(std::span<const double> sums);
  void reset();

 private:
  CalibrationErrorOptions options_;
  metrics::DeferredCounts counts_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/calibration_error.ipp>
#endif
