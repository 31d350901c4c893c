/// What a chart shows: curves, and the diagrams that they stand in.
#pragma once

#include <string>
#include <vector>

namespace hearth::chart {

/// One curve: the points (x[i], y[i]), joined in this order. A coordinate that is not finite (or beyond +-1e200) makes
/// a gap.
struct Series {
  std::string name;  ///< for the legend; without a name the curve is not in it
  std::vector<double> x;
  std::vector<double> y;
  double width = 1;  ///< of line and marks, in those of other curves: a wide one is seen behind one that covers it
};

/// One diagram: its texts, each of which may be empty, and its curves.
struct Axes {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;
  bool log_x = false;  ///< x is drawn by its logarithm; a number that is not positive makes a gap
};

}  // namespace hearth::chart
