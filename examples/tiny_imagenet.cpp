/// ResNet-50, or another architecture, on Tiny ImageNet, from the archive as it is downloaded: torchvision's recipe for
/// fine-tuning or for training from nothing.
#include <cmath>

#include "program.hpp"

using namespace hearth;

namespace {

struct Flags {
  program::RunFlags run{.epochs = 25, .batch_size = 128, .lr = 1e-3, .workers = 8, .output_dir = "runs/tiny_imagenet"};
  std::filesystem::path prepared = "data/tiny-imagenet-200";
  std::string arch = "resnet50";
  int image_size = 224;
  std::size_t num_classes = 200;
  std::string pretrained;
  std::string evaluate;
};

/// Prints what PyTorch's transfer-learning tutorial prints.
struct EpochLines : Callback {
  void on_epoch_begin(const EpochBegin& event) {
    fmt::print("Epoch {}/{}\n----------\n", event.epoch, event.epochs - 1);
    std::fflush(stdout);
  }
  void on_epoch_end(const EpochEnd& event) {
    const EpochRecord& record = event.record();
    fmt::print("train Loss: {:.4f} Acc: {:.4f}\nval Loss: {:.4f} Acc: {:.4f}\n\n", record.train_loss,
               record.train_accuracy, record.val_loss, record.val_accuracy);
    std::fflush(stdout);
  }
};

TinyImageNet prepare(const Flags& flags) {
  auto shown = std::chrono::steady_clock::now();
  const auto show = [&](std::size_t done, std::size_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (done == total || now - shown > std::chrono::seconds(1)) {
      shown = now;
      fmt::print(stderr, "preparing {}: {} of {} files\n", flags.prepared.string(), done, total);
    }
  };
  return prepare_tiny_imagenet(flags.run.data, flags.prepared, {.progress = show});
}

models::AnyModel make_model(const Flags& flags) {
  at::manual_seed(flags.run.seed);
  return models::make_model(
      flags.arch, {.num_classes = static_cast<std::int64_t>(flags.num_classes), .pretrained = flags.pretrained});
}

/// The validation pictures: resized a little larger than they are used, 256 for 224, and cut from the middle.
auto plain_transform(int image_size) {
  const int resized = static_cast<int>(std::lround(image_size * 256.0 / 224.0));
  return Compose{Resize{resized}, CenterCrop{image_size}, ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
}

auto augmentation(int image_size) {
  return Compose{RandomResizedCrop{image_size}, RandomHorizontalFlip{}, ToTensor{},
                 Normalize{imagenet::mean, imagenet::std}};
}

template <class Model, class Loader>
void evaluate(const Flags& flags, Model& model, Loader& val, const Placement& placement) {
  load_weights(*model, flags.evaluate);
  Evaluator evaluator{AverageLoss{CrossEntropyLoss{}}, Accuracy{}};
  const auto [loss, accuracy] = evaluator.run(model, val, placement);
  fmt::print("val Loss: {:.4f} Acc: {:.4f}\n", loss, accuracy);
}

bool run(const CLI::App& app, const Flags& flags, const InterruptSignal& interrupt) {
  core::require(flags.num_classes >= 1, "--num-classes must be at least 1, but got {}", flags.num_classes);
  const Placement placement{parse_device(flags.run.device), flags.run.channels_last};
  auto model = make_model(flags);
  const auto folders = prepare(flags);
  const ImageFolderOptions first_classes{.num_classes = flags.num_classes};
  DataLoader val{
      program::limited(ImageFolder{folders.val, plain_transform(flags.image_size), first_classes}, flags.run),
      program::loader_options(flags.run, /*shuffle=*/false)};
  if (!flags.evaluate.empty()) {
    evaluate(flags, model, val, placement);
    return true;
  }
  DataLoader train{
      program::limited(ImageFolder{folders.train, augmentation(flags.image_size), first_classes}, flags.run),
      program::loader_options(flags.run, /*shuffle=*/true)};
  fmt::print("{} with {} parameters on {}: {} classes, {} training and {} validation images\n\n", flags.arch,
             count_parameters(model).total, describe(placement.device), flags.num_classes, train.samples(),
             val.samples());

  auto config = program::config_of(app, flags.run);
  config["prepared"] = flags.prepared.string();
  config["arch"] = flags.arch;
  config["image_size"] = flags.image_size;
  config["num_classes"] = flags.num_classes;
  config["pretrained"] = flags.pretrained;
  program::write_config(flags.run.output_dir, config);

  optim::SGD optimizer{model->parameters(), {.lr = flags.run.lr, .momentum = 0.9}};
  optim::StepLR scheduler{optimizer, {.step_size = 7, .gamma = 0.1}};
  Trainer trainer{model,
                  optimizer,
                  scheduler,
                  {.epochs = flags.run.epochs,
                   .device = placement.device,
                   .channels_last = placement.channels_last,
                   .stop = interrupt.token()},
                  ProgressBar{},
                  EpochLines{},
                  MetricsLog{flags.run.output_dir},
                  SaveBest{flags.run.output_dir},
                  SaveLast{flags.run.output_dir},
                  Curves{flags.run.output_dir}};
  const auto start = std::chrono::steady_clock::now();
  const History history = trainer.fit(train, val);
  if (history.interrupted) {
    fmt::print("Interrupted; the last weights are in {}\n", (flags.run.output_dir / "last.pth").string());
    return false;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("Training complete in {}\nBest val Acc: {:.4f}\n", core::format_duration(seconds.count()),
             history.best().accuracy);
  fmt::print("The run is in {}: metrics.jsonl, best.pth, last.pth, curves.png\n", flags.run.output_dir.string());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const InterruptSignal interrupt;
  CLI::App app{"Trains a classifier on Tiny ImageNet, or evaluates the weights of an earlier run.", "tiny_imagenet"};
  Flags flags;
  program::add_flags(app, flags.run, "tiny-imagenet-200.zip as downloaded, or the folder that it unpacks to");
  app.add_option("--prepared", flags.prepared, "where the class folders are made from it, once")->capture_default_str();
  app.add_option("--arch", flags.arch, "resnet18, resnet50, densenet121, efficientnet_b0, …: torchvision's name")
      ->capture_default_str();
  app.add_option("--image-size", flags.image_size, "side of the square pictures that the network sees")
      ->capture_default_str();
  app.add_option("--num-classes", flags.num_classes, "use the first N class ids")->capture_default_str();
  app.add_option("--pretrained", flags.pretrained,
                 "weights to start from: a file, or the name of one that Python downloaded; a head of another size is "
                 "made anew");
  app.add_option("--evaluate", flags.evaluate, "do not train: print loss and accuracy of these weights");
  return program::run(app, argc, argv, [&] { return run(app, flags, interrupt); });
}
