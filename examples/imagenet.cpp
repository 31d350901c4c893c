/// PyTorch's ImageNet example, and torchvision's reference training: any architecture on ImageNet, in one process or
/// many, with their flags, their lines and their checkpoints.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <variant>

#include <hearth/core/printable.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/hearth.hpp>

#include "imagenet_recipe.hpp"
#include "program.hpp"

using namespace hearth;
using namespace imagenet_program;

namespace {

struct Flags {
  program::RunFlags run{.data = "imagenet", .epochs = 90, .lr = 0.01, .output_dir = "runs/imagenet"};
  Recipe recipe;
  std::int64_t batch_size = 256;  // these two of all processes of a host
  int workers = 4;
  std::string arch = "resnet18";
  int start_epoch = 0;
  int print_freq = 10;
  std::filesystem::path resume;
  bool evaluate = false;
  bool pretrained = false;
  std::string weights;
  std::string gpu;
  bool no_accel = false;
  bool dummy = false;
  std::int64_t dummy_size = 640;
  bool amp = false;
  bool uint8 = false;
  bool enable_wandb = false;
};

/// The images of --dummy, or those of DIR, where a pack comes first.
template <class Transform>
class Images {
 public:
  Images(const Flags& flags, Split split, int side, Transform transform)
      : source_(make(flags, split, side, std::move(transform))) {}

  std::size_t size() const noexcept {
    return visit([](const auto& images) { return images.size(); });
  }
  std::size_t num_classes() const noexcept {
    return visit([](const auto& images) { return images.num_classes(); });
  }
  std::int64_t label(std::size_t index) const {
    return visit([&](const auto& images) { return images.label(index); });
  }
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return visit([&](const auto& images) { return images.read(index, random, sink); });
  }

 private:
  using Source = std::variant<FakeData<Transform>, ImageNet<Transform>, PackedImages<Transform>>;

  static Source make(const Flags& flags, Split split, int side, Transform transform) {
    const std::filesystem::path pack = flags.run.data / (split == Split::train ? "train.pack" : "val.pack");
    if (!flags.dummy && std::filesystem::exists(pack)) {
      return PackedImages{pack, std::move(transform)};
    }
    if (!flags.dummy) {
      return ImageNet{flags.run.data, split, std::move(transform)};
    }
    // As many validation images for each training image as ImageNet has.
    const auto size = static_cast<std::size_t>(flags.dummy_size);
    return FakeData{{.size = split == Split::train ? size : std::max<std::size_t>(size / 25, 1),
                     .height = side,
                     .width = side,
                     .num_classes = 1000,
                     .seed = split == Split::train ? 0U : 1U},
                    std::move(transform)};
  }

  template <class Visit>
  decltype(auto) visit(Visit&& with) const {
    return std::visit(std::forward<Visit>(with), source_);
  }

  Source source_;
};

auto train_images(const Flags& flags) {
  return Images{flags, Split::train, flags.recipe.train_crop_size, train_transform(flags.recipe)};
}

auto val_images(const Flags& flags) {
  return Images{flags, Split::test, flags.recipe.val_crop_size, val_transform(flags.recipe)};
}

LoaderOptions loader_options(const Flags& flags) {
  LoaderOptions options = program::loader_options(flags.run, /*shuffle=*/false);
  options.dtype = flags.uint8 ? Dtype::uint8 : Dtype::float32;
  return options;
}

/// Where --gpu and --no-accel say.
std::string device_name(const Flags& flags) {
  return flags.no_accel ? "cpu" : flags.gpu.empty() ? "auto" : "cuda:" + flags.gpu;
}

void divide_among_processes(Flags& flags, const dist::World& world) {
  const int processes = world.local_size();
  core::require(flags.batch_size >= processes, "--batch-size is {}, which is too little for {} processes",
                flags.batch_size, processes);
  flags.run.batch_size = flags.batch_size / processes;
  const bool is_automatic = flags.workers == LoaderOptions::automatic;
  flags.run.workers = is_automatic ? flags.workers : (flags.workers + processes - 1) / processes;
}

/// The weights to start from; empty: none.
models::Pretrained pretrained(const Flags& flags) {
  const std::string name = !flags.weights.empty() ? flags.weights : flags.pretrained ? "DEFAULT" : "";
  return program::pretrained(name).of(flags.arch);
}

/// The weights that --evaluate measures see images as when torchvision measured them, but for what was typed.
void use_preset(const program::Flags& command_line, const models::Pretrained& weights, Recipe& recipe) {
  if (weights.entry() == nullptr) {
    return;
  }
  const models::WeightsPreset& preset = weights.entry()->preset;
  if (!command_line.given("--val-resize-size")) {
    recipe.val_resize_size = preset.resize_size;
  }
  if (!command_line.given("--val-crop-size")) {
    recipe.val_crop_size = preset.crop_size;
  }
  if (!command_line.given("--interpolation")) {
    recipe.interpolation = name_of(preset.interpolation);
  }
  recipe.mean = preset.mean;
  recipe.std = preset.std;
}

models::AnyModel make_model(const Flags& flags, std::size_t classes, const models::Pretrained& weights,
                            const dist::World& world) {
  models::AnyModel model{nullptr};
  world.one_at_first([&] {  // which may download weights
    at::manual_seed(flags.run.seed);
    model = models::make_model(flags.arch, {.num_classes = static_cast<std::int64_t>(classes), .pretrained = weights});
  });
  return model;
}

/// The run that --resume names.
struct Resumed {
  std::filesystem::path checkpoint;  ///< a file; empty: a run's folder, or nothing
  double best_acc1 = -1;             ///< percent; below 0: none yet
};

/// Looks at what --resume names, and takes its folder for the run's where that is one. Throws Error when it is another
/// architecture's.
Resumed look_at_resumed(Flags& flags, const program::Flags& command_line, const dist::World& world) {
  Resumed resumed;
  if (flags.resume.empty()) {
    return resumed;
  }
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(flags.resume, error);
  const std::filesystem::path folder = is_folder ? flags.resume : std::filesystem::absolute(flags.resume).parent_path();
  if (!command_line.given("--output_dir") && std::filesystem::exists(folder / "config.json", error)) {
    flags.run.output_dir = folder;
  }
  flags.run.resume = std::filesystem::equivalent(folder, flags.run.output_dir, error);
  core::require(!is_folder || flags.run.resume, "--resume names the folder {}, but --output_dir is {}",
                core::printable(flags.resume), core::printable(flags.run.output_dir));
  resumed.checkpoint = is_folder ? "" : flags.resume;
  const auto look = [&] {
    const std::filesystem::path file = is_folder ? flags.resume / "checkpoint.pth.tar" : flags.resume;
    if (!world.is_main() || (is_folder && !std::filesystem::exists(file, error))) {
      return;  // in its first epoch a run has none
    }
    const Value saved = read_checkpoint(file);
    if (const Value* const arch = saved.find("arch"); arch != nullptr && arch->is<std::string>()) {
      core::require(arch->as<std::string>() == flags.arch, "--resume: {} is of {}, but --arch is {}",
                    core::printable(file), arch->as<std::string>(), flags.arch);
    }
    if (const Value* const best = saved.find("best_acc1"); best != nullptr) {
      resumed.best_acc1 = best->is<at::Tensor>() ? best->as<at::Tensor>().item<double>() : best->as<double>();
    }
  };
  world.one_at_first(look, /*shared_files=*/true);
  return resumed;
}

/// Writes checkpoint.pth.tar after every epoch, and model_best.pth.tar after the best, as PyTorch's example does.
auto save_as_python(const RunFolder& folder, const std::string& arch, double best_before) {
  return [folder, arch, best_before](const Value& run) {
    double before = best_before;
    double acc1 = -1;
    for (const Value& epoch : run.at("history", "epochs").items()) {
      before = std::max(before, acc1);
      acc1 = 100 * epoch.as<double>("figures", "val_accuracy");
    }
    const Value checkpoint = python_checkpoint(run, arch, std::max(before, acc1));
    save_checkpoint(checkpoint, folder / "checkpoint.pth.tar");
    if (acc1 > before) {
      save_checkpoint(checkpoint, folder / "model_best.pth.tar");
    }
  };
}

/// The weights of a checkpoint, or of --model-ema their averages, or of a file that has nothing else.
void load_resumed(const Flags& flags, torch::nn::Module& model) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(flags.resume, error);
  const std::filesystem::path file = is_folder ? flags.resume / "model_best.pth.tar" : flags.resume;
  const Value saved = read_checkpoint(file);
  if (!saved.contains("optimizer")) {
    load_weights(model, file);
    return;
  }
  Value::Dict weights = Value::Dict::ordered();
  if (flags.recipe.model_ema) {
    core::require(saved.contains("model_ema"), "--model-ema: {} has no averages", core::printable(file));
    for (const auto& [name, value] : saved.as<Value::Dict>("model_ema")) {
      if (name != "n_averaged") {
        weights.set(name, value);
      }
    }
  } else {
    weights = train::run_checkpoint(saved).as<Value::Dict>("model");
  }
  load_weights(model, StateDict(weights));
}

std::optional<WandbLog> wandb(const Flags& flags) {
  if (!flags.enable_wandb) {
    return std::nullopt;
  }
  return WandbLog{{.project = "imagenet", .name = flags.arch}};
}

RunLogOptions logged(const program::Flags& command_line) {
  RunLogOptions options = program::log_options(command_line);
  options.files = {"model_best.pth.tar"};
  return options;
}

/// Loss and accuracies: that of the first guess, and among the first five where there are so many classes.
auto metrics(std::size_t classes) {
  return std::pair(Accuracy{}, Accuracy{{.top_k = std::min<std::int64_t>(5, static_cast<std::int64_t>(classes))}});
}

template <class Model, class Loader>
int evaluate(const Flags& flags, Model& model, Loader& val, const dist::World& world) {
  if (!flags.resume.empty()) {
    load_resumed(flags, *model);
  }
  const Placement placement{program::device(flags.run, world), flags.run.channels_last};
  auto [top1, top5] = metrics(val.dataset().num_classes());
  Evaluator evaluator{AverageLoss{CrossEntropyLoss{}}, top1, top5};
  const auto [loss, acc1, acc5] = evaluator.run(model, val, placement, world);
  Console::print("Loss {:.4e}\n{}\n", loss, train::accuracy_line({{top1.name(), acc1}, {top5.name(), acc5}}));
  return 0;
}

int run(const program::Flags& command_line, Flags& flags, const InterruptSignal& interrupt, const SaveSignal& save) {
  flags.run.device = device_name(flags);
  flags.run.precision = !flags.amp ? "fp32" : parse_device(flags.run.device).is_cuda() ? "fp16" : "bf16";
  const dist::World world = program::connect(flags.run);
  divide_among_processes(flags, world);
  const Resumed resumed = look_at_resumed(flags, command_line, world);
  const models::Pretrained weights = pretrained(flags);
  if (flags.evaluate) {
    use_preset(command_line, weights, flags.recipe);
  }

  DataLoader val{val_images(flags), loader_options(flags)};
  const std::size_t classes = val.dataset().num_classes();
  Console::print("=> creating model '{}'\n", flags.arch);
  auto model = make_model(flags, classes, weights, world);
  if (flags.evaluate) {
    return evaluate(flags, model, val, world);
  }
  auto images = train_images(flags);
  const ChosenSampler sampler{images.size(), flags.recipe, flags.run.seed};
  DataLoader train{std::move(images), sampler, loader_options(flags)};
  Console::print("{} with {} parameters on {}: {} classes, {} training and {} validation images\n", flags.arch,
                 count_parameters(model).total, describe(program::device(flags.run, world)), classes, train.samples(),
                 val.samples());
  if (!world.is_alone()) {
    Console::print("{}\n", program::global_batch(flags.run, world));
  }
  const int side = flags.recipe.train_crop_size;
  const std::string network = summary(model, {1, 3, side, side}).to_string();
  if (flags.run.epochs == 0) {
    Console::print("{}", network);
    return 0;
  }

  const RunFolder folder = program::run_folder(flags.run, world);  // before the first file: no other run writes to it
  if (world.is_main()) {
    command_line.write_config(folder.path());
  }
  const Recipe& recipe = flags.recipe;
  optim::AnyOptimizer optimizer = make_optimizer(recipe, flags.run.lr, *model);
  optim::AnyScheduler scheduler = make_scheduler(recipe, flags.run.epochs, optimizer);
  TrainerOptions options = program::trainer_options(flags.run, command_line, folder, interrupt, save, world);
  options.first_epoch = flags.start_epoch;
  options.clip_norm = imagenet_program::optional_number("--clip-grad-norm", recipe.clip_grad_norm);
  options.mix = make_mix(recipe, static_cast<std::int64_t>(classes), flags.run.seed);
  options.average = make_average(recipe, flags.run.epochs, flags.run.batch_size * world.size(),
                                 steps_per_epoch(train, flags.run.accumulate, world.size()));
  options.checkpoints->resume_from = resumed.checkpoint;
  if (flags.arch == "inception_v3" || flags.arch == "googlenet") {
    // torchvision's weights of these take other numbers for the same image, which no checkpoint knows.
    for (RunOption& option : options.checkpoints->options) {
      if (option.name == "--pretrained" || option.name == "--weights") {
        option.effect = RunOption::Effect::changes;
      }
    }
  }
  options.checkpoints->epoch_saved = save_as_python(folder, flags.arch, resumed.best_acc1);
  Trainer trainer{
      model,
      optimizer,
      scheduler,
      options,
      BatchLines{{.every = flags.print_freq}},
      Curves{folder},
      RunLog{folder, logged(command_line), MetricsLog{}, TensorBoard{}, wandb(flags)},
      Report{folder, {.title = flags.arch + " on ImageNet", .command = command_line.command(), .summary = network}}};
  const auto [top1, top5] = metrics(classes);
  const CrossEntropyLoss loss{{.label_smoothing = recipe.label_smoothing}};
  const History history = trainer.fit(train, val, Classification{loss, top1, top5});
  if (history.interrupted) {
    return program::tell_interrupted(folder, interrupt, "--resume " + folder.path().string());
  }
  const double best = history.epochs.empty() ? resumed.best_acc1 : 100 * history.best().accuracy;
  Console::print("Best Acc@1 {:.3f}; the run is in {}: checkpoint.pth.tar, model_best.pth.tar, report.html\n",
                 std::max(best, resumed.best_acc1), core::printable(folder.path()));
  return 0;
}

void add_flags(program::Flags& command_line, Flags& flags) {
  command_line.add(
      "DIR,--data", flags.run.data,
      "train/ and val/ with class folders, train.pack and val.pack as hearth-pack makes them, train.tar and "
      "val.tar, or ImageNet's archives as downloaded");
  command_line.add("-a,--arch", flags.arch, "any of torchvision's names: resnet18, vit_b_16, …");
  command_line.add_workers("-j,--workers", flags.workers, "threads that load images, of all processes of a host");
  command_line.add("--epochs", flags.run.epochs, {0, 1'000'000},
                   "how many to train; 0: says what the model has, and ends");
  command_line.add("--start-epoch", flags.start_epoch, {0, 1'000'000},
                   "where to begin, for a run that is resumed by hand");
  command_line.add("-b,--batch-size", flags.batch_size, {1, 1'000'000}, "images a step, of all processes of a host");
  command_line.add("--lr,--learning-rate", flags.run.lr, "the first learning rate");
  command_line.add("-p,--print-freq", flags.print_freq, {1, 1'000'000'000}, "batches from one line to the next");
  command_line.add("--resume", flags.resume,
                   "a checkpoint.pth.tar, of this program or of PyTorch's, or a run's folder");
  command_line.add("-e,--evaluate,--test-only", flags.evaluate,
                   "measures the model on the validation images, and ends");
  command_line.add("--pretrained", flags.pretrained, "begins with torchvision's weights of the architecture");
  command_line.add("--weights", flags.weights, "… with these: ResNet50_Weights.IMAGENET1K_V2, or a file");
  command_line.add("--seed", flags.run.seed, "of the initial weights, the order and the augmentation");
  command_line.add("--gpu", flags.gpu, "the number of the GPU to use");
  command_line.add("--no-accel", flags.no_accel, "uses the CPU, also where there is a GPU");
  command_line.add("--dummy", flags.dummy, "random images in the place of DIR's");
  command_line.add("--dummy-size", flags.dummy_size, {1, 1'000'000'000}, "how many; ImageNet has 1281167");
  command_line.add("--output_dir,--output-dir", flags.run.output_dir, "the run's folder");
  command_line.add("--enable_wandb,--enable-wandb", flags.enable_wandb, "shows the run in Weights & Biases");
  command_line.add("--amp", flags.amp, "computes in 16 bits where that is safe: fp16 on a GPU, bf16 elsewhere");
  command_line.add("--uint8", flags.uint8, "copies images to the device as bytes, and normalises them there");
  command_line.add("--channels-last", flags.run.channels_last, "keeps images as NHWC in memory: faster convolutions");
  command_line.add("--accumulate", flags.run.accumulate, {1, 1'000'000}, "batches for each optimizer step");
  command_line.add("--deterministic,--use-deterministic-algorithms", flags.run.deterministic,
                   "asks LibTorch for deterministic algorithms");
  imagenet_program::add(command_line, flags.recipe);
  command_line.add_run_folder(flags.run);
  command_line.add_processes(flags.run);
}

}  // namespace

int main(int argc, char** argv) {
  tune_threads(argv);
  tune_memory();
  const Console console;
  const InterruptSignal interrupt;
  const SaveSignal save;
  Flags flags;
  program::Flags command_line{"imagenet", "Trains any of torchvision's architectures on ImageNet, or evaluates it."};
  add_flags(command_line, flags);
  return console.finish(command_line.run(argc, argv, [&] { return run(command_line, flags, interrupt, save); }));
}
