/// How do I train a regression? With a dataset whose target is a number, and Regression in the place of Classification.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

#include <hearth/hearth.hpp>

using namespace hearth;

/// The numbers x and y, and as the target x² - y with some noise. What `read` returns is the target: floats here, so
/// that a batch has targets float [N]. A std::vector<float> of K numbers would give float [N, K].
class Parabola {
 public:
  Parabola(std::size_t size, std::uint64_t seed) : size_(size), seed_(seed) {}

  std::size_t size() const { return size_; }

  float read(std::size_t index, RandomStream&, SampleSink& sink) const {
    RandomStream random(seed_, /*epoch=*/0, index);
    const double x = random.uniform(-1, 1);
    const double y = random.uniform(-1, 1);
    float* const sample = sink.place({2}).data;
    sample[0] = static_cast<float>(x);
    sample[1] = static_cast<float>(y);
    return static_cast<float>(x * x - y + 0.02 * random.normal());
  }

 private:
  std::size_t size_;
  std::uint64_t seed_;
};

int main() {
  at::manual_seed(0);
  DataLoader train{Parabola{512, 1}, {.batch_size = 32, .shuffle = true}};
  DataLoader val{Parabola{128, 2}, {.batch_size = 128}};

  auto model = models::mlp({.in_features = 2, .hidden = {32}, .num_classes = 1});  // outputs [N, 1]
  optim::Adam optimizer{model->parameters(), {.lr = 0.01}};
  Trainer trainer{model, optimizer, {.epochs = 20, .device = at::kCPU}};
  const History history = trainer.fit(train, val, Regression{HuberLoss{}, MeanAbsoluteError{}, R2Score{}});

  for (const Figure& figure : history.epochs.back().figures) {
    fmt::print("{}\n", figure.name);
  }
  fmt::print("less than 0.05 off on average: {}\n", history.epochs.back()["val_mae"] < 0.05);
  fmt::print("more than 99 % explained: {}\n", history.epochs.back()["val_r2"] > 0.99);
}

// Output:
// train_loss
// train_mae
// train_r2
// val_loss
// val_mae
// val_r2
// less than 0.05 off on average: true
// more than 99 % explained: true
