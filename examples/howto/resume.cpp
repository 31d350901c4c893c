/// How do I go on with a run that was ended? With checkpoints in the run's folder, and RunStart::resume.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include <hearth/hearth.hpp>

using namespace hearth;

/// Asks for an end after an optimizer step, in the place of Ctrl-C (see InterruptSignal). What is saved every few
/// minutes serves a run that was killed.
class EndAfter : public Callback {
 public:
  EndAfter(StopSource stop, std::int64_t step) : stop_(std::move(stop)), step_(step) {}
  void on_step_end(const StepEnd& event) {
    if (event.step == step_) {
      stop_.request_stop();
    }
  }

 private:
  StopSource stop_;
  std::int64_t step_;
};

/// The program: it is the same whether a run begins or goes on.
std::pair<models::MLP, History> run(const RunFolder& folder, std::int64_t last_step = -1) {
  at::manual_seed(0);
  const at::Tensor labels = at::arange(64, at::kLong) % 2;
  DataLoader loader{TensorDataset{at::rand({64, 4}), labels}, {.batch_size = 8, .shuffle = true}};
  auto model = models::mlp({.in_features = 4, .hidden = {16}, .num_classes = 2});
  optim::Adam optimizer{model->parameters(), {.lr = 0.01}};
  const StopSource stop;
  const TrainerOptions options{
      .epochs = 3, .device = at::kCPU, .stop = stop.token(), .checkpoints = CheckpointOptions{.folder = folder}};
  Trainer trainer{model, optimizer, options, RunLog{folder, MetricsLog{}}, EndAfter{stop, last_step}};
  return {model, trainer.fit(loader, loader)};
}

int main() {
  fmt::print("interrupted: {}\n", run({"run"}, 11).second.interrupted);  // in the second epoch: one has 8 steps
  const auto [resumed, history] = run({"run", RunStart::resume});
  fmt::print("{} epochs, interrupted: {}\n", history.epochs.size(), history.interrupted);

  const auto whole = run({"another run"}).first;
  bool equal = true;
  for (std::size_t i = 0; i < whole->parameters().size(); ++i) {
    equal = equal && at::equal(resumed->parameters()[i], whole->parameters()[i]);
  }
  fmt::print("the weights are those of a run that did not stop: {}\n", equal);
}

// Output:
// interrupted: true
// 3 epochs, interrupted: false
// the weights are those of a run that did not stop: true
