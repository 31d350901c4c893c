/// Reference values in text files, a name and its numbers in a line, as the Python scripts beside the tests write them.
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct ReferenceLine {
  std::string name;
  std::vector<double> numbers;
};

/// The lines of a file below tests/. A file that is absent or empty is an error.
inline std::vector<ReferenceLine> reference_lines(const std::string& path) {
  std::ifstream file(HEARTH_TEST_DIR "/" + path);
  std::vector<ReferenceLine> lines;
  for (std::string text; std::getline(file, text);) {
    std::istringstream words(text);
    ReferenceLine line;
    words >> line.name;
    for (std::string word; words >> word;) {
      line.numbers.push_back(std::stod(word));  // nan, too
    }
    lines.push_back(line);
  }
  if (lines.empty()) {
    throw std::runtime_error(path + " is absent or empty");
  }
  return lines;
}
