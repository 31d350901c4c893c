/// How do I see which classes a model takes for which? With an Evaluator of a ConfusionMatrix and a
/// ClassificationReport.
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include <hearth/hearth.hpp>

using namespace hearth;

int main() {
  // Samples that are scores themselves; the model hands them on. It takes one of four cats for a dog, one of two dogs
  // for a cat, and knows every horse.
  const std::vector<std::int64_t> truth{0, 0, 0, 0, 1, 1, 2, 2};
  const std::vector<std::int64_t> taken_for{0, 0, 0, 1, 1, 0, 2, 2};
  const at::Tensor labels = at::tensor(truth, at::TensorOptions(at::kLong));
  const at::Tensor scores = at::one_hot(at::tensor(taken_for, at::TensorOptions(at::kLong)), 3).to(at::kFloat);
  DataLoader loader{TensorDataset{scores, labels}, {.batch_size = 3}};
  torch::nn::Identity model;

  const std::vector<std::string> classes{"cat", "dog", "horse"};  // dataset.classes() of an ImageFolder
  Evaluator evaluator{ConfusionMatrix{{.classes = classes}}, ClassificationReport{{.classes = classes}}};
  const auto [matrix, report] = evaluator.run(model, loader, {.device = at::kCPU});

  fmt::print("{}\n{}\n", matrix.to_string(), report.to_string());
  fmt::print("{} cat was taken for a dog; the recall of cats is {}\n", matrix(0, 1), report.classes[0].recall);
}

// Output:
// truth \ predicted  cat  dog  horse
//               cat    3    1      0
//               dog    1    1      0
//             horse    0    0      2
//
//               precision    recall  f1-score   support
//
//          cat       0.75      0.75      0.75         4
//          dog       0.50      0.50      0.50         2
//        horse       1.00      1.00      1.00         2
//
//     accuracy                           0.75         8
//    macro avg       0.75      0.75      0.75         8
// weighted avg       0.75      0.75      0.75         8
//
// 1 cat was taken for a dog; the recall of cats is 0.75
