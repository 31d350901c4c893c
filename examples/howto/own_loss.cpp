/// How do I train with a loss of my own? Here it is the generalised cross-entropy (Zhang and Sabuncu, "Generalized
/// Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels", 2018), which wrong labels lead less far
/// astray.
#include <fmt/format.h>

#include <cstdint>

#include <hearth/hearth.hpp>

using namespace hearth;

/// A loss is called with logits [N, C] and labels [N], and gives a tensor of one number: the mean over the batch.
struct GeneralizedCrossEntropy {
  double q = 0.7;  // towards 0 it becomes the cross-entropy, 1 is the mean absolute error

  at::Tensor operator()(const at::Tensor& logits, const at::Tensor& labels) const {
    const at::Tensor p = at::softmax(logits, 1).gather(1, labels.unsqueeze(1)).squeeze(1);  // [N]
    return ((1 - p.pow(q)) / q).mean();
  }
};

int main() {
  // Two classes, alike likely: p = 1/2, so the loss is (1 - (1/2)^0.7) / 0.7.
  const at::Tensor label = at::zeros({1}, at::kLong);
  fmt::print("cross-entropy {:.4f}, generalised {:.4f}\n", CrossEntropyLoss{}(at::zeros({1, 2}), label).item<double>(),
             GeneralizedCrossEntropy{}(at::zeros({1, 2}), label).item<double>());

  at::manual_seed(0);
  const at::Tensor labels = at::arange(64, at::kLong) % 2;
  const at::Tensor points = at::rand({64, 4}) + labels.to(at::kFloat).unsqueeze(1);
  DataLoader loader{TensorDataset{points, labels}, {.batch_size = 16, .shuffle = true}};

  auto model = models::mlp({.in_features = 4, .hidden = {16}, .num_classes = 2});
  optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
  Trainer trainer{model, optimizer, {.epochs = 10, .device = at::kCPU}};
  const History history = trainer.fit(loader, loader, GeneralizedCrossEntropy{.q = 0.7});
  fmt::print("it fell: {}\n", history.epochs.back()["val_loss"] < history.epochs.front()["val_loss"] / 2);
}

// Output:
// cross-entropy 0.6931, generalised 0.5492
// it fell: true
