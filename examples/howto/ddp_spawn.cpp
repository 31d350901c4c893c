/// How do I train in several processes as with torch.multiprocessing.spawn? With dist::spawn: it starts this program
/// several times, and in each of these processes calls the function with its rank.
#include <fmt/format.h>

#include <cstddef>

#include <hearth/hearth.hpp>

using namespace hearth;

constexpr int world_size = 2;

/// Python's setup(rank, world_size) chooses MASTER_ADDR and MASTER_PORT; spawn has done that.
dist::World setup(int rank) {
  const dist::World world = dist::connect(dist::find_rendezvous(), {.device = at::kCPU});
  core::require(world.rank() == rank && world.size() == world_size, "this is rank {} of {}", world.rank(),
                world.size());
  return world;
}

void train_in_process(int rank) {
  const dist::World world = setup(rank);
  at::manual_seed(0);
  const at::Tensor labels = at::arange(64, at::kLong) % 2;
  const at::Tensor points = at::rand({64, 4}) + labels.to(at::kFloat).unsqueeze(1);
  DataLoader loader{TensorDataset{points, labels}, {.batch_size = 8, .shuffle = true}};  // 8 in each process

  auto model = models::mlp({.in_features = 4, .hidden = {16}, .num_classes = 2});
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  Trainer trainer{model, optimizer, {.epochs = 4, .device = world.device(), .world = world}};
  const History history = trainer.fit(loader, loader);

  // All have the same weights, to the bit, and the same figures.
  const at::Tensor weight = model->parameters().front().detach().contiguous();
  const std::vector<at::Tensor> weights = world.communicator().all_gather(weight);
  if (world.is_main()) {
    fmt::print("{} processes, {} samples a step\n", world.size(), 8 * world.size());
    fmt::print("the loss has fallen: {}\n", history.epochs.back()["train_loss"] < history.epochs.front()["train_loss"]);
    fmt::print("the same weights: {}\n", weights.at(0).equal(weights.at(1)));
  }
}

int main(int argc, char** argv) {
  return dist::spawn(world_size, argc, argv, train_in_process);
}

// Output:
// 2 processes, 16 samples a step
// the loss has fallen: true
// the same weights: true
