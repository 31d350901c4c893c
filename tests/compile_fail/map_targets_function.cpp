// expect: MapTargets: Function must take a target of the dataset's, be callable when const, and give a target
#include <cstdint>
#include <string>

#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/map_targets.hpp>

struct Function {
#ifdef HEARTH_MISUSE
  std::string operator()(std::int64_t label) const {
    return std::to_string(label);
  }
#else
  float operator()(std::int64_t label) const {
    return static_cast<float>(label);
  }
#endif
};

std::size_t count() {
  return hearth::MapTargets{hearth::FakeData{}, Function{}}.size();
}
