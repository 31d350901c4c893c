/// Images a second of training steps on random images, without a loader: what the threads of the operators make of
/// them.
///
///     bench_threads mlp|resnet18 SECONDS [as-is]
///
/// With `as-is` the threads wait for each other as the environment says, else as tune_threads has it.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <hearth/hearth.hpp>
#include <string_view>

using namespace hearth;

namespace {

/// Trains for the time, and prints the images a second after a tenth of it.
template <class Model>
void measure(Model& model, const at::Tensor& images, double seconds) {
  using Clock = std::chrono::steady_clock;
  optim::SGD optimizer{model->parameters(), {.lr = 1e-3, .momentum = 0.9, .fused = true}};
  const at::Tensor targets = at::zeros({images.size(0)}, at::kLong);
  const CrossEntropyLoss loss;
  const auto begin = Clock::now();
  auto start = begin;
  long count = 0;
  const auto since = [](Clock::time_point time) { return std::chrono::duration<double>(Clock::now() - time).count(); };
  while (since(begin) < seconds) {
    optimizer.zero_grad();
    loss(model->forward(images), targets).backward();
    optimizer.step();
    count += images.size(0);
    if (start == begin && since(begin) > seconds / 10) {
      start = Clock::now();
      count = 0;
    }
  }
  std::printf("%.1f\n", static_cast<double>(count) / since(start));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "bench_threads mlp|resnet18 SECONDS [as-is]\n");
    return 1;
  }
  if (argc == 3) {
    tune_threads(argv);
  }
  const double seconds = std::atof(argv[2]);
  at::manual_seed(0);
  if (std::string_view(argv[1]) == "mlp") {
    auto model = models::mlp({.in_features = 784, .hidden = {512, 512}, .num_classes = 10});
    measure(model, at::rand({32, 1, 28, 28}), seconds);
  } else {
    auto model = models::resnet18({.num_classes = 10});
    measure(model, at::rand({16, 3, 64, 64}), seconds);
  }
}
