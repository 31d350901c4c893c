/// A program that counts what it trains on, for the tests of runs that fail: a parameter for each sample, which a step
/// on the sample raises by 1 in the first epoch, 4 in the second, 16 in the third …. So the weights say how often each
/// sample was in each epoch, however often the run was interrupted and whatever the number of processes was.
///
/// HEARTH_TEST_FAULT, "nan 1 17", says what happens in the 17th training batch of rank 1: its loss is no number (nan),
/// or the batch throws (throw), or the process is killed (kill). HEARTH_TEST_PAUSE has the milliseconds of a batch.
#include <signal.h>
#include <torch/torch.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <hearth/hearth.hpp>

#include "program.hpp"

using namespace hearth;

namespace {

struct Fault {
  std::string kind;
  int rank = 0;
  int batch = 0;

  static Fault asked_for() {
    Fault fault;
    const char* const text = std::getenv("HEARTH_TEST_FAULT");
    std::istringstream(text == nullptr ? "" : text) >> fault.kind >> fault.rank >> fault.batch;
    return fault;
  }
};

struct CounterImpl : torch::nn::Module {
  CounterImpl(std::int64_t samples, int its_rank)
      : rank(its_rank), counts(register_parameter("counts", torch::zeros({samples}))) {
    const char* const text = std::getenv("HEARTH_TEST_PAUSE");
    pause = std::chrono::milliseconds(text == nullptr ? 0 : std::stoi(text));
  }

  torch::Tensor forward(const torch::Tensor& numbers) {
    std::this_thread::sleep_for(pause);
    torch::Tensor chosen = counts.index_select(0, numbers.flatten().to(torch::kLong)).unsqueeze(1);
    if (is_training() && rank == fault.rank && ++batches == fault.batch) {
      if (fault.kind == "nan") {
        return chosen * std::nan("");
      }
      if (fault.kind == "throw") {
        throw std::runtime_error("the test asked for it");
      }
      if (fault.kind == "kill") {
        ::raise(SIGKILL);
      }
    }
    return chosen;
  }

  Fault fault = Fault::asked_for();
  int rank;
  int batches = 0;
  std::chrono::milliseconds pause;
  torch::Tensor counts;
};
TORCH_MODULE(Counter);

/// Each sample of a batch of all processes raises its parameter by the learning rate.
struct Count {
  double batch_of_all;

  at::Tensor operator()(const at::Tensor& outputs, const at::Tensor&) const { return outputs.mean() * -batch_of_all; }
};

int run(const program::Flags& command_line, program::RunFlags& flags, const InterruptSignal& interrupt,
        const SaveSignal& save) {
  const dist::World world = program::connect(flags);
  const at::Tensor numbers = torch::arange(240, torch::kFloat).unsqueeze(1);
  const TensorDataset data{numbers, torch::zeros({240})};
  DataLoader train{data, program::loader_options(flags, /*shuffle=*/true)};
  DataLoader val{data, program::loader_options(flags, /*shuffle=*/false)};
  const Counter model(240, world.rank());
  optim::SGD optimizer{model->parameters(), {.lr = 1}};
  optim::StepLR scheduler{optimizer, {.step_size = 1, .gamma = 4}};

  const RunFolder folder = program::run_folder(flags, world);
  if (world.is_main()) {
    command_line.write_config(folder.path());
  }
  Trainer trainer{model,           optimizer,
                  scheduler,       program::trainer_options(flags, command_line, folder, interrupt, save, world),
                  EpochLines{},    RunLog{folder, MetricsLog{}},
                  SaveLast{folder}};
  const auto batch_of_all = static_cast<double>(flags.batch_size * world.size());
  const History history = trainer.fit(train, val, Regression{Count{batch_of_all}, MeanAbsoluteError{}});
  return history.interrupted ? program::tell_interrupted(folder, interrupt) : 0;
}

}  // namespace

int main(int argc, char** argv) {
  tune_threads(argv);
  const Console console;
  const InterruptSignal interrupt;
  const SaveSignal save;
  program::RunFlags flags{.epochs = 4, .batch_size = 8, .output_dir = "runs/counting"};
  program::Flags command_line{"counting_worker", "Counts what it trains on."};
  command_line.add(flags, "not used");
  return console.finish(command_line.run(argc, argv, [&] { return run(command_line, flags, interrupt, save); }));
}
