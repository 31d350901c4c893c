/// How do I train a model that gives each sample several labels? With targets of one number a label, and MultiLabel.
#include <fmt/format.h>

#include <cstdint>
#include <tuple>
#include <vector>

#include <hearth/hearth.hpp>

using namespace hearth;

/// Points of the plane, and which of three things hold: they are on the right, at the top, near the middle.
TensorDataset points(std::int64_t count) {
  const at::Tensor at = at::rand({count, 2}) * 2 - 1;
  const at::Tensor labels = at::stack({at.select(1, 0) > 0, at.select(1, 1) > 0, at.pow(2).sum(1) < 0.5}, 1);
  return {at, labels.to(at::kFloat)};  // [N, 2] and [N, 3]
}

int main() {
  at::manual_seed(0);
  DataLoader train{points(512), {.batch_size = 32, .shuffle = true}};
  DataLoader val{points(256), {.batch_size = 256}};

  auto model = models::mlp({.in_features = 2, .hidden = {32}, .num_classes = 3});
  optim::Adam optimizer{model->parameters(), {.lr = 0.02}};
  Trainer trainer{model, optimizer, {.epochs = 15, .device = at::kCPU}};

  // A label that is rare may count for more: one that holds in the third place counts twice.
  const BCEWithLogitsLoss loss{{.pos_weight = at::tensor({1.0F, 1.0F, 2.0F})}};
  const History history = trainer.fit(train, val, MultiLabel{loss, MultiLabelAccuracy{}, RocAuc{}});
  fmt::print("right: {}\n", history.epochs.back()["val_multi_label_accuracy"] > 0.95);
  fmt::print("mean area under the ROC curves above 0.98: {}\n", history.epochs.back()["val_roc_auc"] > 0.98);

  // The same for each label, from the metric itself.
  Evaluator evaluator{RocAuc{}};
  evaluator.run(model, val, {.device = at::kCPU});
  const std::vector<double> areas = std::get<0>(evaluator.metrics()).areas();
  const char* const names[] = {"right", "top", "middle"};
  for (std::size_t i = 0; i < areas.size(); ++i) {
    fmt::print("{}: {}\n", names[i], areas[i] > 0.95);
  }
}

// Output:
// right: true
// mean area under the ROC curves above 0.98: true
// right: true
// top: true
// middle: true
