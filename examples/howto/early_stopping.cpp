/// How do I end a training early, by a rule of my own? With a callback that asks the run to end. (The usual rule is
/// there already: EarlyStopping.)
#include <fmt/format.h>

#include <cstdint>

#include <hearth/hearth.hpp>

using namespace hearth;

/// Ends the run when no epoch of the last few was the best.
class StopWhenStuck : public Callback {
 public:
  explicit StopWhenStuck(int patience) : patience_(patience) {}

  void on_epoch_end(const EpochEnd& event) {
    const int since_best = event.record().epoch - event.history.best().epoch;
    if (since_best >= patience_) {
      event.run.stop_training(fmt::format("not better for {} epochs", since_best));
    }
  }

 private:
  int patience_;
};

int main() {
  at::manual_seed(0);
  const at::Tensor labels = at::arange(64, at::kLong) % 2;
  DataLoader loader{TensorDataset{at::rand({64, 4}), labels}, {.batch_size = 16}};

  auto model = models::mlp({.in_features = 4, .hidden = {16}, .num_classes = 2});
  optim::SGD optimizer{model->parameters(), {.lr = 0}};  // it learns nothing: the first epoch stays the best
  Trainer trainer{model, optimizer, {.epochs = 100, .device = at::kCPU}, StopWhenStuck{3}};
  const History history = trainer.fit(loader, loader);
  fmt::print("{} epochs: {}\n", history.epochs.size(), history.stopped);
}

// Output:
// 4 epochs: not better for 3 epochs
