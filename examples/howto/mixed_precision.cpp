/// How do I train in mixed precision, over several batches a step, with clipping, averaged weights and MixUp? Each is
/// an option of the trainer.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>

#include <hearth/hearth.hpp>

using namespace hearth;

/// Counts the steps, and keeps the largest norm that gradients had before they were clipped.
struct Steps : Callback {
  std::int64_t count = 0;
  double largest_norm = 0;
  void on_step_end(const StepEnd& event) {
    count = event.step;
    largest_norm = std::max(largest_norm, event.gradient_norm());
  }
};

int main() {
  at::manual_seed(0);
  const at::Tensor labels = at::arange(160, at::kLong) % 2;
  const at::Tensor points = at::rand({160, 4}) + labels.to(at::kFloat).unsqueeze(1);
  const TensorDataset data{points, labels};
  DataLoader train{data, {.batch_size = 8, .shuffle = true}};  // 20 batches an epoch
  DataLoader val{data, {.batch_size = 80}};

  const TrainerOptions options{
      .epochs = 10,
      .device = at::kCPU,
      .precision = Precision::bf16,  // Precision::fp16 on a GPU that knows no bf16: it scales the loss
      .accumulate = 3,               // a step for three batches, as one batch of 24; an epoch's last is of two
      .clip_norm = 1.0,
      .average = optim::WeightAverageOptions{.decay = 0.9},  // validated, saved and left in the model
      .mix = MixUp{{.alpha = 0.2, .num_classes = 2}},
  };
  auto model = models::mlp({.in_features = 4, .hidden = {16}, .num_classes = 2});
  optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
  const int steps = options.epochs * steps_per_epoch(train, options.accumulate);
  optim::PerBatch scheduler{optim::OneCycleLR{optimizer, {.max_lr = 0.5, .total_steps = steps}}};

  Trainer trainer{model, optimizer, scheduler, options, Steps{}};
  const History history = trainer.fit(train, val);
  fmt::print("{} steps, a norm: {}\n", std::get<0>(trainer.callbacks()).count,
             std::isfinite(std::get<0>(trainer.callbacks()).largest_norm));
  fmt::print("accuracy above 0.95: {}\n", history.best().accuracy > 0.95);
}

// Output:
// 70 steps, a norm: true
// accuracy above 0.95: true
