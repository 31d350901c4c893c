/// How much of each pixel lies inside of an outline: the exact area, from which anti-aliased shapes are painted.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace hearth::chart {

/// A straight piece of an outline, x to the right and y downwards.
struct Edge {
  double x0 = 0;
  double y0 = 0;
  double x1 = 0;
  double y1 = 0;
};

/// Adds up what closed outlines cover of the pixels of a grid. Where outlines of one direction overlap, a pixel is
/// covered once; one that runs the other way inside cuts a hole.
class Coverage {
 public:
  Coverage(int width, int height)
      : stride_(static_cast<std::size_t>(width) + 2), sums_(stride_ * static_cast<std::size_t>(height)) {}

  /// Adds an edge, which lies within [0, width] x [0, height]. It covers what is to its right, as a positive share when
  /// it runs down and as a negative one when it runs up: for a closed outline that leaves the inside.
  void add(Edge edge) {
    const double sign = edge.y0 < edge.y1 ? 1 : -1;
    if (sign < 0) {
      edge = {edge.x1, edge.y1, edge.x0, edge.y0};
    }
    const double slope = edge.y0 < edge.y1 ? (edge.x1 - edge.x0) / (edge.y1 - edge.y0) : 0;
    for (double row = std::floor(edge.y0); row < edge.y1; ++row) {
      const double top = std::max(edge.y0, row);
      const double bottom = std::min(edge.y1, row + 1);
      const auto [left, right] = std::minmax({edge.x0 + (top - edge.y0) * slope, edge.x0 + (bottom - edge.y0) * slope});
      double* sums = &sums_[static_cast<std::size_t>(row) * stride_];
      for (double column = std::floor(left); column <= right; ++column) {
        const double from = std::max(left, column);
        const double to = std::min(right, column + 1);
        const double height = sign * (bottom - top) * (right > left ? (to - from) / (right - left) : 1);
        const double before = (from + to) / 2 - column;  // the mean share of the pixel to the left of the edge
        sums[static_cast<std::size_t>(column)] += height * (1 - before);
        sums[static_cast<std::size_t>(column) + 1] += height * before;
      }
    }
  }

  /// Calls `ink(column, row, share)` for the pixels that are covered.
  template <class Ink>
  void each(Ink&& ink) const {
    double sum = 0;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      sum = i % stride_ == 0 ? sums_[i] : sum + sums_[i];
      if (const double share = std::min(std::abs(sum), 1.0); share > 1.0 / 512) {
        ink(static_cast<int>(i % stride_), static_cast<int>(i / stride_), share);
      }
    }
  }

 private:
  std::size_t stride_;
  std::vector<double> sums_;
};

}  // namespace hearth::chart
