/// How do I write a line for every batch into a file? With a callback that writes it in on_batch_end.
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <hearth/hearth.hpp>

using namespace hearth;

class CsvPerBatch : public Callback {
 public:
  explicit CsvPerBatch(const std::filesystem::path& path) : file_(path) { file_ << "epoch,batch,samples,loss,lr\n"; }

  void on_batch_end(const BatchEnd& event) {
    if (event.phase == Phase::train) {
      file_ << fmt::format("{},{},{},{},{}\n", event.epoch, event.batch, event.samples_done, event.batch_loss(),
                           event.run.learning_rates().front());
      file_.flush();
    }
  }

 private:
  std::ofstream file_;
};

int main() {
  // Every target is 1, every output the model's only weight, at first 0: the loss is the square of what is missing, of
  // which a step with the rate r takes the share 2r.
  DataLoader loader{TensorDataset{at::ones({4, 1}), at::ones({4})}, {.batch_size = 2}};
  torch::nn::Linear model(torch::nn::LinearOptions(1, 1).bias(false));
  model->weight.set_data(at::zeros({1, 1}));

  optim::SGD optimizer{model->parameters(), {.lr = 0.25}};
  optim::PerBatch scheduler{optim::StepLR{optimizer, {.step_size = 3, .gamma = 0.5}}};
  Trainer trainer{model, optimizer, scheduler, {.epochs = 2, .device = at::kCPU}, CsvPerBatch{"batches.csv"}};
  trainer.fit(loader, Regression{});

  std::cout << std::ifstream("batches.csv").rdbuf();
}

// Output:
// epoch,batch,samples,loss,lr
// 0,0,2,1,0.25
// 0,1,4,0.25,0.25
// 1,0,2,0.0625,0.125
// 1,1,4,0.015625,0.125
