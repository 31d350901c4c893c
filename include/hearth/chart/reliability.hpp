/// A reliability diagram: whether a model is right as often as it is confident.
#pragma once

#include <cstdint>
#include <span>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth::chart {

/// The predictions whose confidence lies in one of the equally wide parts of [0, 1].
struct ReliabilityBin {
  std::int64_t count = 0;
  double confidence = 0;  ///< their mean, from 0 to 1; anything when count is 0
  double accuracy = 0;    ///< the share of them that is right, from 0 to 1; anything when count is 0
};

/// Draws accuracy over confidence: a bar a bin, the gap between the bar and the diagonal, on which a calibrated model
/// lies, and below it which share of the predictions each bin has. `error` is the expected calibration error, written
/// into the diagram; NaN leaves it out. Throws Error when there is no bin or more than 100, when a count is negative,
/// when a bin that counts has a confidence or an accuracy outside of [0, 1], or when the image is smaller than
/// 300 x 240 pixels.
Image draw_reliability(std::span<const ReliabilityBin> bins, double error, image::Size size = {640, 640});

}  // namespace hearth::chart

#ifndef HEARTH_COMPILED
#include <hearth/chart/reliability.ipp>
#endif
