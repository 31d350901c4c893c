/// How do I find a learning rate? With lr_range_test, which tries growing ones and puts everything back.
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>

#include <hearth/hearth.hpp>

using namespace hearth;

int main() {
  at::manual_seed(0);
  const at::Tensor labels = at::arange(256, at::kLong) % 2;
  const at::Tensor points = at::rand({256, 4}) + labels.to(at::kFloat).unsqueeze(1);
  DataLoader loader{TensorDataset{points, labels}, {.batch_size = 32, .shuffle = true}};
  auto model = models::mlp({.in_features = 4, .hidden = {16}, .num_classes = 2});
  optim::SGD optimizer{model->parameters(), {.momentum = 0.9}};

  // The run's own options say how it will train: device, precision, accumulation, clipping, mixing.
  const TrainerOptions options{.epochs = 5, .device = at::kCPU};
  const LrRange range = lr_range_test(model, optimizer, loader, Classification{}, {.end_lr = 100, .training = options});
  write_png("lr.png", range.plot().view());

  // range.to_string() is a line for people. The suggestion is where the loss fell fastest, where it fell.
  fmt::print("a picture: {}, a rate: {}, the loss grew in the end: {}\n", std::filesystem::exists("lr.png"),
             range.suggestion.has_value(), range.diverged);
  const double lr = range.suggestion.value_or(0.01);
  fmt::print("between 0.001 and 1: {}\n", 0.001 < lr && lr < 1);

  optim::PerBatch scheduler{optim::OneCycleLR{
      optimizer, {.max_lr = lr, .epochs = options.epochs, .steps_per_epoch = steps_per_epoch(loader)}}};
  Trainer trainer{model, optimizer, scheduler, options};
  const History history = trainer.fit(loader);
  fmt::print("trained with it, accuracy above 0.95: {}\n", history.best().accuracy > 0.95);
}

// Output:
// a picture: true, a rate: true, the loss grew in the end: true
// between 0.001 and 1: true
// trained with it, accuracy above 0.95: true
