/// Seconds to load a file of weights into a model that is there: read, check, copy. Prints one figure a round.
#include <hearth/weights/load.hpp>

#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace {

/// A module whose buffers have the names and sizes of the weights: "layer1.0.conv1.weight" lies three modules deep.
class Blank : public torch::nn::Module {
 public:
  void add(const std::string& name, const at::Tensor& like) {
    const std::size_t dot = name.find('.');
    if (dot == name.npos) {
      register_buffer(name, at::zeros(like.sizes(), like.options()));
      return;
    }
    auto& child = parts_[name.substr(0, dot)];
    if (!child) {
      child = register_module(name.substr(0, dot), std::make_shared<Blank>());
    }
    child->add(name.substr(dot + 1), like);
  }

 private:
  std::map<std::string, std::shared_ptr<Blank>> parts_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} WEIGHTS ROUNDS\n", argv[0]);
    return 1;
  }
  Blank model;
  for (const auto& [name, value] : hearth::read_weights(argv[1])) {
    model.add(name, value);
  }
  for (int round = 0; round < std::atoi(argv[2]); ++round) {
    const auto start = std::chrono::steady_clock::now();
    hearth::load_weights(model, argv[1]);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    fmt::print("{:.6f}\n", seconds.count());
  }
}
