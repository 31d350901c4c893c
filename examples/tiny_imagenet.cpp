/// ResNet-50, or another architecture, on Tiny ImageNet, from the archive as it is downloaded: torchvision's recipe for
/// fine-tuning or for training from nothing.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include <hearth/core/terminal.hpp>
#include <hearth/hearth.hpp>

#include "program.hpp"

using namespace hearth;

namespace {

struct Flags {
  program::RunFlags run{.epochs = 25, .batch_size = 128, .lr = 1e-3, .workers = 8, .output_dir = "runs/tiny_imagenet"};
  std::filesystem::path prepared = "data/tiny-imagenet-200";
  std::string arch = "resnet50";
  int image_size = 224;
  std::int64_t num_classes = 200;
  std::string pretrained;
  std::string evaluate;
  bool download = false;
};

/// The class folders: made from --data, or those of an earlier run when --prepared alone is given.
TinyImageNet prepare(const program::Flags& command_line, const Flags& flags) {
  std::filesystem::path archive = flags.run.data;
  if (archive.empty() && flags.download) {
    archive = flags.prepared;
    archive += ".zip";
  }
  if (archive.empty()) {
    core::require(command_line.given("--prepared"),
                  "--data is missing: tiny-imagenet-200.zip, or the folder that it unpacks to; --download gets it");
    return open_tiny_imagenet(flags.prepared);
  }
  return prepare_tiny_imagenet(
      archive, flags.prepared,
      {.progress = program::PassProgress("preparing " + flags.prepared.string()), .download = flags.download});
}

/// The names of the first classes: of the synonyms the first, "goldfish" of "goldfish, Carassius auratus", where no
/// other class has it.
std::vector<std::string> class_names(const TinyImageNet& data, std::int64_t num_classes) {
  const auto first_synonym = [](const std::string& names) { return names.substr(0, names.find(',')); };
  std::map<std::string, int> classes_of;
  for (const auto& [wnid, names] : data.names) {
    ++classes_of[first_synonym(names)];
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(data.wnids.size(), static_cast<std::size_t>(num_classes)); ++i) {
    const std::string& all = data.names.at(data.wnids[i]);
    names.push_back(classes_of[first_synonym(all)] == 1 ? first_synonym(all) : all);
  }
  return names;
}

models::AnyModel make_model(const Flags& flags) {
  at::manual_seed(flags.run.seed);
  return models::make_model(flags.arch,
                            {.num_classes = flags.num_classes, .pretrained = program::pretrained(flags.pretrained)});
}

/// The validation images: resized a little larger than they are used, 256 for 224, and cut from the middle.
auto plain_transform(int image_size) {
  const int resized = static_cast<int>(std::lround(image_size * 256.0 / 224.0));
  return Compose{Resize{resized}, CenterCrop{image_size}, ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
}

auto augmentation(int image_size) {
  return Compose{RandomResizedCrop{image_size}, RandomHorizontalFlip{}, ToTensor{},
                 Normalize{imagenet::mean, imagenet::std}};
}

template <class Model, class Loader>
void evaluate(const Flags& flags, Model& model, Loader& val, const Placement& placement, const dist::World& world) {
  load_weights(*model, flags.evaluate);
  Evaluator evaluator{AverageLoss{CrossEntropyLoss{}}, Accuracy{}};
  const auto [loss, accuracy] = evaluator.run(model, val, placement, world);
  Console::print("val Loss: {:.4f} Acc: {:.4f}\n", loss, accuracy);
}

int run(const program::Flags& command_line, Flags& flags, const InterruptSignal& interrupt, const SaveSignal& save) {
  const dist::World world = program::connect(flags.run);
  const Placement placement{program::device(flags.run, world), flags.run.channels_last};
  if (const std::string scaled = program::scale_by_gpus(flags.run, world); !scaled.empty()) {
    Console::print("{}\n", scaled);
  }
  auto model = make_model(flags);
  TinyImageNet folders;
  world.one_at_first([&] { folders = prepare(command_line, flags); });
  const ImageFolderOptions first_classes{.num_classes = static_cast<std::size_t>(flags.num_classes)};
  const std::size_t limit = program::images_per_class(flags.run);
  DataLoader val{first_per_class(ImageFolder{folders.val, plain_transform(flags.image_size), first_classes}, limit),
                 program::loader_options(flags.run, /*shuffle=*/false)};
  if (!flags.evaluate.empty()) {
    evaluate(flags, model, val, placement, world);
    return 0;
  }
  DataLoader train{first_per_class(ImageFolder{folders.train, augmentation(flags.image_size), first_classes}, limit),
                   program::loader_options(flags.run, /*shuffle=*/true)};
  Console::print("{} with {} parameters on {}: {} classes, {} training and {} validation images\n\n", flags.arch,
                 count_parameters(model).total, describe(placement.device), flags.num_classes, train.samples(),
                 val.samples());
  if (!world.is_alone()) {
    Console::print("{}\n\n", program::global_batch(flags.run, world));
  }
  const std::string network = summary(model, {1, 3, flags.image_size, flags.image_size}).to_string();

  const std::string title = flags.arch + " on Tiny ImageNet";
  const std::vector<std::string> names = class_names(folders, flags.num_classes);  // to be shown; the ids tell classes
  const RunFolder folder = program::run_folder(flags.run, world);  // before the first file: no other run writes to it
  if (world.is_main()) {
    command_line.write_config(folder.path());
  }
  optim::SGD optimizer{model->parameters(), {.lr = flags.run.lr, .momentum = 0.9}};
  optim::StepLR scheduler{optimizer, {.step_size = 7, .gamma = 0.1}};
  Trainer trainer{model,
                  optimizer,
                  scheduler,
                  program::trainer_options(flags.run, command_line, folder, interrupt, save, world),
                  ProgressBar{},
                  EpochLines{},
                  RunLog{folder, program::log_options(command_line), MetricsLog{}, TensorBoard{}},
                  SaveBest{folder},
                  SaveLast{folder},
                  Curves{folder},
                  SaveConfusionMatrix{folder},
                  Report{folder, {.title = title, .command = command_line.command(), .summary = network}}};
  const auto start = std::chrono::steady_clock::now();
  const History history =
      trainer.fit(train, val, Classification{CrossEntropyLoss{}, Accuracy{}, ConfusionMatrix{{.classes = names}}});
  if (history.interrupted) {
    return program::tell_interrupted(folder, interrupt);
  }
  if (!world.is_main()) {
    return 0;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  Console::print("Training complete in {}\nBest val Acc: {:.4f}\n", core::format_duration(seconds.count()),
                 history.best().accuracy);
  load_weights(*model, folder / "best.pth");
  write_evaluation(folder.path(), model, val,
                   {.title = "validation",
                    .classes = names,
                    .placement = placement,
                    .progress = program::PassProgress("validation")});
  write_report(folder.path(),
               {.title = title, .state = RunState::complete, .epochs = flags.run.epochs, .watch = history.watch});
  Console::print("The run is in {}: look at report.html there\n", flags.run.output_dir.string());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  tune_threads(argv);
  tune_memory();
  const Console console;
  const InterruptSignal interrupt;
  const SaveSignal save;
  Flags flags;
  program::Flags command_line{"tiny_imagenet",
                              "Trains a classifier on Tiny ImageNet, or evaluates the weights of an earlier run."};
  command_line.add(flags.run,
                   "tiny-imagenet-200.zip as downloaded, or the folder that it unpacks to; not needed with --prepared "
                   "of an earlier run");
  command_line.add("--prepared", flags.prepared, "where the class folders are made from it, once");
  command_line.add("--arch", flags.arch, "resnet18, resnet50, densenet121, efficientnet_b0, …: torchvision's name");
  command_line.add("--image-size", flags.image_size, {1, 8192}, "side of the square images that the network sees");
  command_line.add("--num-classes", flags.num_classes, {1, 1'000'000}, "use the first N class ids");
  command_line.add("--pretrained", flags.pretrained,
                   "weights to start from: DEFAULT or another of torchvision's, which is downloaded where it is not "
                   "there, or a file; a head of another size is made anew");
  command_line.add("--download", flags.download,
                   "get tiny-imagenet-200.zip first, to --data or beside --prepared, where it is not there");
  command_line.add("--evaluate", flags.evaluate, "do not train: print loss and accuracy of these weights");
  return console.finish(command_line.run(argc, argv, [&] { return run(command_line, flags, interrupt, save); }));
}
