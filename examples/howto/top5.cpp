/// How do I evaluate a model, with top-5 accuracy? With an Evaluator of the metrics that are wanted.
#include <fmt/format.h>

#include <cstdint>

#include <hearth/hearth.hpp>

using namespace hearth;

int main() {
  // Samples that are scores themselves, of 10 classes: class 9 has the highest, class 0 the lowest. The model hands
  // them on as they are; one with weights would have got them from load_weights(*model, "best.pth").
  const at::Tensor scores = at::arange(10, at::kFloat).repeat({4, 1});               // [4, 10]
  const at::Tensor labels = at::tensor({9, 6, 5, 0}, at::TensorOptions(at::kLong));  // of ranks 1, 4, 5 and 10
  DataLoader loader{TensorDataset{scores, labels}, {.batch_size = 3}};
  torch::nn::Identity model;

  Evaluator evaluator{AverageLoss{CrossEntropyLoss{}}, Accuracy{}, Accuracy{{.top_k = 5}}};
  const auto [loss, top1, top5] = evaluator.run(model, loader, {.device = at::kCPU});
  fmt::print("loss {:.4f}, top-1 {:.2f}, top-5 {:.2f}\n", loss, top1, top5);
}

// Output:
// loss 4.4586, top-1 0.25, top-5 0.75
