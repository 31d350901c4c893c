/// The name that a service has for a run, kept in the run's folder.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace hearth::train {

/// The first word of the file; empty where there is none.
inline std::string kept_id(const std::filesystem::path& file) {
  std::string id;
  std::ifstream(file) >> id;
  return id;
}

}  // namespace hearth::train
