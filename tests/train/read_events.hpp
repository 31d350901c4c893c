/// Event files as TensorBoard's own Python reads them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "catch.hpp"
#include "temporary_folder.hpp"

namespace hearth_test {

/// What read_events.py finds in the folder, as JSON; none where HEARTH_PYTHON names no Python with tensorboard. Each
/// picture's last state becomes TAG.png in the folder.
inline std::optional<std::string> read_events(const std::filesystem::path& folder) {
  const char* const python = std::getenv("HEARTH_PYTHON");
  if (python == nullptr) {
    return std::nullopt;
  }
  const TemporaryFolder temporary;
  const std::string command = std::string("'") + python + "' " HEARTH_TEST_DIR "/train/read_events.py '" +
                              folder.string() + "' > '" + (temporary / "found.json").string() + "'";
  const int status = std::system(command.c_str());
  if (WEXITSTATUS(status) == 77) {
    return std::nullopt;
  }
  REQUIRE(status == 0);
  std::string found = read_text(temporary / "found.json");
  found.resize(found.find('\n'));
  return found;
}

}  // namespace hearth_test
