// Header-only hearth without the component hearth::distributed: a world of one works, and asking for more says what is
// missing.
#include <cstdio>
#include <optional>
#include <string>

#include <hearth/core/error.hpp>
#include <hearth/dist/connect.hpp>

int main() {
  const auto environment = [](bool several) {
    return [several](const std::string& name) -> std::optional<std::string> {
      const bool counts = name == "RANK" || name == "LOCAL_RANK";
      if (!several) {
        return {};
      }
      if (counts || name == "WORLD_SIZE" || name == "LOCAL_WORLD_SIZE") {
        return counts ? "0" : "2";
      }
      return name == "MASTER_ADDR"   ? std::optional<std::string>("127.0.0.1")
             : name == "MASTER_PORT" ? std::optional<std::string>("29500")
                                     : std::nullopt;
    };
  };
  namespace dist = hearth::dist;
  if (dist::is_available() || !dist::connect(dist::find_rendezvous({}, environment(false))).is_alone()) {
    return 1;
  }
  try {
    dist::connect(dist::find_rendezvous({}, environment(true)));
  } catch (const hearth::Error& error) {
    std::puts(error.what());
  }
}
