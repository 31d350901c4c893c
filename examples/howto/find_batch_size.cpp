/// How large may my batches be? find_batch_size tries, and survives the one for which there is no memory.
#include <fmt/format.h>
#include <torch/nn.h>

#include <cstdint>

#include <hearth/hearth.hpp>

using namespace hearth;

/// A model that has room for 100 samples, in the place of a GPU's memory.
struct SmallRoomImpl : torch::nn::Module {
  torch::nn::Linear linear{register_module("linear", torch::nn::Linear(4, 2))};

  at::Tensor forward(const at::Tensor& samples) {
    TORCH_CHECK_WITH(OutOfMemoryError, samples.size(0) <= 100, "out of memory");
    return linear->forward(samples);
  }
};
TORCH_MODULE(SmallRoom);

int main() {
  const TensorDataset data{at::rand({512, 4}), at::arange(512, at::kLong) % 2};
  SmallRoom model;
  const FoundBatchSize found =
      find_batch_size(model, data, Classification{}, {.multiple_of = 4, .training = {.device = at::kCPU}});
  fmt::print("{}\n", found.explanation);

  // A batch of 400 then is four of these for each step of the optimizer.
  DataLoader loader{data, {.batch_size = found.size, .shuffle = true}};
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  Trainer trainer{model, optimizer, {.device = at::kCPU, .accumulate = 4}};
  const History history = trainer.fit(loader);
  fmt::print("{} epoch of {} steps\n", history.epochs.size(), steps_per_epoch(loader, 4));
}

// Output:
// 100 fits on cpu, 104 does not: out of memory
// 1 epoch of 2 steps
