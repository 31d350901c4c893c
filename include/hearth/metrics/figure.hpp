/// A number with a name.
#pragma once

#include <string>

namespace hearth {

/// A number with its name, as a log, a progress bar and a curve show it.
struct Figure {
  std::string name;
  double value = 0;  ///< not a number where there was nothing to measure
};

}  // namespace hearth
