/// The first network of PyTorch's quick start: an MLP that learns to tell ten kinds of clothes (or digits) apart.
#include <hearth/hearth.hpp>

#include "program.hpp"

using namespace hearth;

namespace {

/// Prints what the quick start prints: the loss every hundred batches, the test error after every epoch.
struct QuickStartLines : Callback {
  void on_epoch_begin(const EpochBegin& event) {
    Console::print("Epoch {}\n-------------------------------\n", event.epoch + 1);
  }
  void on_batch_end(const BatchEnd& done) {
    if (done.phase == Phase::train && done.batch % 100 == 0) {
      Console::print("loss: {:>7f}  [{:>5d}/{:>5d}]\n", done.batch_loss(), done.samples_done, done.samples);
    }
  }
  void on_epoch_end(const EpochEnd& event) {
    const EpochRecord& record = event.record();
    Console::print("Test Error:\n Accuracy: {:>0.1f}%, Avg loss: {:>8f}\n", 100 * record["val_accuracy"],
                   record["val_loss"]);
    Console::print(" {:.0f} images/s, {:.0f}% of the time waiting for data\n\n", record.images_per_second,
                   100 * record.data_wait_fraction);
  }
};

int run(const program::Flags& command_line, program::RunFlags& flags, bool download, const InterruptSignal& interrupt,
        const SaveSignal& save) {
  core::require(!flags.data.empty(), "--data is missing: the folder with the four IDX files");
  const dist::World world = program::connect(flags);
  const at::Device device = program::device(flags, world);
  if (const std::string scaled = program::scale_by_gpus(flags, world); !scaled.empty()) {
    Console::print("{}\n", scaled);
  }
  const std::size_t limit = program::images_per_class(flags);
  const MNISTOptions files{.download = download};
  DataLoader train{first_per_class(FashionMNIST{flags.data, Split::train, ToTensor{}, files}, limit),
                   program::loader_options(flags, /*shuffle=*/true)};
  DataLoader test{first_per_class(FashionMNIST{flags.data, Split::test, ToTensor{}, files}, limit),
                  program::loader_options(flags, /*shuffle=*/false)};

  at::manual_seed(flags.seed);
  auto model = models::mlp({.in_features = 28 * 28, .hidden = {512, 512}, .num_classes = 10});
  optim::SGD optimizer{model->parameters(), {.lr = flags.lr, .fused = true}};
  Console::print("MLP with {} parameters on {}: {} training and {} test images\n\n", count_parameters(model).total,
                 describe(device), train.samples(), test.samples());
  if (!world.is_alone()) {
    Console::print("{}\n\n", program::global_batch(flags, world));
  }

  const RunFolder folder = program::run_folder(flags, world);  // before the first file: no other run writes to it now
  if (world.is_main()) {
    command_line.write_config(folder.path());
  }
  Trainer trainer{
      model,
      optimizer,
      program::trainer_options(flags, command_line, folder, interrupt, save, world),
      QuickStartLines{},
      RunLog{folder, MetricsLog{}},
      SaveBest{folder},
      SaveLast{folder},
      Curves{folder},
      Report{folder, {.command = command_line.command(), .summary = summary(model, {1, 1, 28, 28}).to_string()}}};
  const History history = trainer.fit(train, test);
  if (history.interrupted) {
    return program::tell_interrupted(folder, interrupt);
  }
  Console::print("Test accuracy: {:.4f} (best: {:.4f})\n", history.epochs.back()["val_accuracy"],
                 history.best().accuracy);
  Console::print("The run is in {}: report.html, metrics.jsonl, best.pth, last.pth, checkpoints, curves.png\n",
                 flags.output_dir.string());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  tune_threads(argv);
  tune_memory();
  const Console console;
  const InterruptSignal interrupt;
  const SaveSignal save;
  program::RunFlags flags{.epochs = 5, .batch_size = 32, .lr = 1e-2, .output_dir = "runs/fashion_mnist"};
  bool download = false;
  program::Flags command_line{"fashion_mnist",
                              "Trains the MLP 784-512-512-10 of PyTorch's quick start on FashionMNIST or MNIST."};
  command_line.add(flags, "folder with the four IDX files, plain or .gz (train-images-idx3-ubyte.gz, …)");
  command_line.add("--download", download,
                   "get FashionMNIST's files first, to FashionMNIST/raw in --data, where they are not there");
  return console.finish(
      command_line.run(argc, argv, [&] { return run(command_line, flags, download, interrupt, save); }));
}
