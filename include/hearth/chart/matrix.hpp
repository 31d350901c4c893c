/// A confusion matrix, drawn as a heat map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth::chart {

/// So many classes a drawn matrix has at most.
inline constexpr std::size_t most_matrix_classes = 2000;

/// Counts of pairs of classes. The texts are UTF-8.
struct Matrix {
  std::string title;
  std::string row_label = "true";
  std::string column_label = "predicted";
  std::vector<std::string> names;    ///< of the C classes
  std::vector<std::int64_t> counts;  ///< C x C, row by row; none is negative
};

/// Draws the matrix on white: a cell's colour is its share of its row, from white to dark blue, with a scale beside it.
/// Half of the colours stand for the shares below a quarter, so that rare mistakes show. While cells are large enough,
/// the count is written in each. A row that counts nothing is hatched in grey.
///
/// Names stand beside their rows and, turned upwards, below their columns; around a large matrix, on all sides. A long
/// one keeps its two ends, and those that differ still do. Of more than 220 classes, every few have their names
/// written. The image is as large as the classes need: 950 x 880 pixels for 11 classes, about 2800 x 2700 for 200. A
/// line at the bottom says which characters the font lacks.
///
/// Throws Error when there is no class or more than 2000, when there are not C x C counts, or when one is negative.
Image draw_matrix(const Matrix& matrix);

}  // namespace hearth::chart

#ifndef HEARTH_COMPILED
#include <hearth/chart/matrix.ipp>
#endif
