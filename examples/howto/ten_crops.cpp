/// How do I evaluate on ten crops of each image? TenCrop makes them, and MeanOverCrops averages what the model says.
#include <fmt/format.h>

#include <hearth/hearth.hpp>

using namespace hearth;

int main() {
  const Compose crops{Resize{32}, TenCrop{28}, ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
  DataLoader loader{FakeData{{.size = 6, .height = 40, .width = 50, .num_classes = 5}, crops}, {.batch_size = 4}};

  models::MLP model = models::mlp({.in_features = 3 * 28 * 28, .num_classes = 5});
  models::MeanOverCrops averaged(model);
  averaged->eval();
  for (const Batch& batch : loader) {
    const at::Tensor logits = averaged->forward(batch.inputs);
    fmt::print("crops {}: logits {}\n", c10::str(batch.inputs.sizes()), c10::str(logits.sizes()));
  }
  Evaluator evaluator{Accuracy{}};
  const auto [accuracy] = evaluator.run(averaged, loader, {.device = at::kCPU});
  fmt::print("an accuracy from 0 to 1: {}\n", accuracy >= 0 && accuracy <= 1);
}

// Output:
// crops [4, 10, 3, 28, 28]: logits [4, 5]
// crops [2, 10, 3, 28, 28]: logits [2, 5]
// an accuracy from 0 to 1: true
