/// DenseNet-121 on Food-11, fine-tuned as the tutorials do it, and all that people look at afterwards: prepare, train,
/// evaluate, predict.
#include <algorithm>
#include <chrono>
#include <cmath>

#include <hearth/core/printable.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/hearth.hpp>

#include "program.hpp"

using namespace hearth;

namespace {

constexpr const char* report_title = "DenseNet-121 on Food-11";

enum class BatchNorm { frozen, affine, train };

struct Flags {
  program::RunFlags run{.data = "data/food-11",
                        .epochs = 20,
                        .batch_size = 128,
                        .lr = 1e-4,
                        .workers = 8,
                        .precision = "auto",
                        .output_dir = "runs/food11"};
  int image_size = 224;
  std::string pretrained = "DEFAULT";
  std::string batch_norm = "frozen";
};

struct PrepareFlags {
  std::filesystem::path source;
  std::filesystem::path data = "data/food-11";
};

/// Of `evaluate` and `predict`.
struct WeightsFlags {
  std::filesystem::path weights;
  std::filesystem::path data = "data/food-11";
  std::string split = "evaluation";
  std::filesystem::path output_dir;
  int image_size = 0;
  std::int64_t batch_size = 128;
  int workers = 8;
  std::string device = "auto";
  std::int64_t count = 24;
  std::int64_t top_k = 3;
  std::uint64_t seed = 0;
  std::vector<std::filesystem::path> files;
};

template <class... Arguments>
void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  Console::print("[INFO] {}\n", fmt::format(format, std::forward<Arguments>(arguments)...));
}

auto augmentation(int image_size) {
  return Compose{RandomResizedCrop{image_size}, RandomHorizontalFlip{}, RandomRotation{90}, ToTensor{},
                 Normalize{imagenet::mean, imagenet::std}};
}

auto plain_transform(int image_size) {
  return Compose{Resize{image::Size{image_size, image_size}}, ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
}

/// The images of one split, as the network sees them when it is not trained.
auto plain_images(const std::filesystem::path& folder, const Food11& data, int image_size) {
  return ImageFolder{folder, plain_transform(image_size), {.class_names = data.classes}};
}

BatchNorm batch_norm(const Flags& flags) {
  return program::choice<BatchNorm>(
      "--batch-norm", flags.batch_norm,
      {{"frozen", BatchNorm::frozen}, {"affine", BatchNorm::affine}, {"train", BatchNorm::train}});
}

models::DenseNet make_model(const program::Flags& command_line, const Flags& flags, std::size_t classes) {
  const BatchNorm mode = batch_norm(flags);
  at::manual_seed(flags.run.seed);
  const std::string weights = flags.pretrained == "none" ? "" : flags.pretrained;
  models::DenseNet model = nullptr;
  try {
    model = models::densenet121(
        {.num_classes = static_cast<std::int64_t>(classes), .pretrained = program::pretrained(weights)});
  } catch (const Error& error) {
    core::require(command_line.given("--pretrained"),
                  "{}; or name other weights with --pretrained, or train from nothing with --pretrained none",
                  error.what());
    throw;
  }
  if (mode != BatchNorm::train) {
    models::freeze_batch_norm(model, {.statistics = mode == BatchNorm::frozen});
  }
  return model;
}

int run_prepare(const PrepareFlags& flags) {
  core::require(!flags.source.empty(), "--source is missing: food-11.zip, or the folder that it unpacks to");
  const Food11 data =
      prepare_food11(flags.source, flags.data, {.progress = program::PassProgress("preparing " + flags.data.string())});
  info("{} is prepared from {}", flags.data.string(), data.source);
  Console::print("{}", to_string(data.counts));
  return 0;
}

int run_train(const program::Flags& command_line, Flags& flags, const InterruptSignal& interrupt,
              const SaveSignal& save) {
  const dist::World world = program::connect(flags.run);
  const Placement placement{program::device(flags.run, world), flags.run.channels_last};
  const Food11 data = open_food11(flags.run.data);
  if (const std::string scaled = program::scale_by_gpus(flags.run, world); !scaled.empty()) {
    info("{}", scaled);
  }
  auto model = make_model(command_line, flags, data.classes.size());
  const std::size_t limit = program::images_per_class(flags.run);
  DataLoader train{first_per_class(ImageFolder{data.training, augmentation(flags.image_size),
                                               ImageFolderOptions{.class_names = data.classes}},
                                   limit),
                   program::loader_options(flags.run, /*shuffle=*/true)};
  DataLoader val{first_per_class(plain_images(data.validation, data, flags.image_size), limit),
                 program::loader_options(flags.run, /*shuffle=*/false)};
  const ParameterCount parameters = count_parameters(model);
  info("densenet121 with {} parameters, {} of them trained, on {}; BatchNorm: {}", parameters.total,
       parameters.trainable, describe(placement.device), flags.batch_norm);
  info("{} classes, {} training and {} validation images", data.classes.size(), train.samples(), val.samples());
  const std::string network = summary(model, {1, 3, flags.image_size, flags.image_size}).to_string();
  if (!world.is_alone()) {
    info("{}", program::global_batch(flags.run, world));
  }
  info("training the network...");

  const RunFolder folder = program::run_folder(flags.run, world);  // before the first file: no other run writes to it
  if (world.is_main()) {
    command_line.write_config(folder.path());
  }
  optim::Adam optimizer{model->parameters(), {.lr = flags.run.lr}};
  optim::StepLR scheduler{optimizer, {.step_size = 10, .gamma = 0.1}};
  Trainer trainer{model,
                  optimizer,
                  scheduler,
                  program::trainer_options(flags.run, command_line, folder, interrupt, save, world),
                  ProgressBar{},
                  EpochLines{EpochStyle::info},
                  RunLog{folder, program::log_options(command_line), MetricsLog{}, TensorBoard{}},
                  SaveBest{folder},
                  SaveLast{folder},
                  Curves{folder},
                  SaveConfusionMatrix{folder},
                  Report{folder, {.title = report_title, .command = command_line.command(), .summary = network}}};
  const auto start = std::chrono::steady_clock::now();
  const History history = trainer.fit(
      train, val, Classification{CrossEntropyLoss{}, Accuracy{}, ConfusionMatrix{{.classes = data.classes}}});
  if (history.interrupted) {
    return program::tell_interrupted(folder, interrupt);
  }
  if (!world.is_main()) {
    return 0;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  info("total time taken to train the model: {}", core::format_duration(seconds.count()));
  info("best val Acc: {:.4f} in epoch {}", history.best().accuracy, history.best().epoch + 1);
  info("evaluating the best weights...");
  load_weights(*model, folder / "best.pth");
  write_evaluation(folder.path(), model, val,
                   {.title = "validation", .placement = placement, .progress = program::PassProgress("validation")});
  write_report(
      folder.path(),
      {.title = report_title, .state = RunState::complete, .epochs = flags.run.epochs, .watch = history.watch});
  info("the run is in {}: look at report.html there", core::printable(folder.path()));
  return 0;
}

/// The model with the weights that the user names, and the size of the images that it was trained with.
struct Trained {
  models::DenseNet model;
  int image_size = 224;
};

Trained load(const WeightsFlags& flags) {
  core::require(!flags.weights.empty(), "--weights is missing: a file such as runs/food11/best.pth");
  Trained trained{models::densenet121({.num_classes = static_cast<std::int64_t>(food11_classes().size())})};
  load_weights(*trained.model, flags.weights);
  const std::vector<std::string> classes = read_classes(flags.weights);
  core::require(classes.empty() || classes == food11_classes(), "{} has weights of other classes than Food-11's: {}, …",
                core::printable(flags.weights), core::printable(classes.empty() ? "" : classes.front()));
  trained.image_size =
      flags.image_size > 0
          ? flags.image_size
          : static_cast<int>(program::read_config_number(flags.weights.parent_path(), "image_size", 224));
  return trained;
}

/// Where results go: where the flag says, or beside the weights.
std::filesystem::path output_folder(const WeightsFlags& flags, const std::string& name) {
  return flags.output_dir.empty() ? flags.weights.parent_path() / name : flags.output_dir;
}

LoaderOptions loader_options(const WeightsFlags& flags) {
  return {.batch_size = flags.batch_size, .workers = flags.workers};
}

int run_evaluate(const WeightsFlags& flags) {
  const Food11 data = open_food11(flags.data);
  const auto folder = program::choice<std::filesystem::path>(
      "--split", flags.split,
      {{"training", data.training}, {"validation", data.validation}, {"evaluation", data.evaluation}});
  Trained trained = load(flags);
  const Placement placement{parse_device(flags.device)};
  DataLoader loader{plain_images(folder, data, trained.image_size), loader_options(flags)};
  info("evaluating {} on {} images...", flags.weights.string(), loader.samples());
  const std::filesystem::path output = output_folder(flags, flags.split);
  const ClassificationEvaluation evaluation = write_evaluation(output, trained.model, loader,
                                                               {.title = flags.split,
                                                                .pictures = static_cast<std::size_t>(flags.count),
                                                                .seed = flags.seed,
                                                                .placement = placement,
                                                                .progress = program::PassProgress(flags.split)});
  write_report(output, {.title = fmt::format("{}: {}", report_title, flags.split)});
  Console::print("{}", evaluation.to_string());
  info("report.html, with the confusion matrix, the worst mistakes and more, is in {}", core::printable(output));
  return 0;
}

/// Predicts the samples of a dataset whose files `path_of(i)` names, prints each, and writes the sheet and the JSON.
template <class Dataset, class PathOf>
int predict_dataset(const WeightsFlags& flags, Trained& trained, Dataset dataset, const PathOf& path_of) {
  const std::vector<std::string>& classes = food11_classes();
  DataLoader loader{std::move(dataset), loader_options(flags)};
  const Predictions predictions =
      predict(trained.model, loader, Placement{parse_device(flags.device)}, program::PassProgress("predicting"));
  const std::vector<Outcome> all =
      outcomes(predictions, {.top_k = static_cast<std::size_t>(flags.top_k), .classes = classes});
  std::vector<std::filesystem::path> files;
  for (const Outcome& outcome : all) {
    const Prediction& best = outcome.predictions.front();
    files.push_back(path_of(outcome.sample));
    Console::print("{}: {} ({:.1f} %){}\n", core::printable(files.back()), best.name, 100 * best.probability,
                   outcome.has_label() && !outcome.is_right()
                       ? ", but it is " + classes[static_cast<std::size_t>(outcome.label)]
                       : std::string());
  }
  const std::filesystem::path output = output_folder(flags, "predictions");
  program::write_predictions(output / "predictions.json", files, all, classes);
  const std::vector<Outcome> shown = some_of(all, static_cast<std::size_t>(flags.count), flags.seed);
  const std::string title = shown.size() == all.size()
                                ? "predictions"
                                : fmt::format("predictions: {} of {} images", shown.size(), all.size());
  write_png(output / "predictions.png",
            draw_predictions(loader.dataset(), shown, {.title = title, .classes = classes}).view());
  info("predictions.png and predictions.json are in {}", core::printable(output));
  return 0;
}

int run_predict(const WeightsFlags& flags) {
  Trained trained = load(flags);
  if (!flags.files.empty()) {
    const ImageFiles images{find_images(flags.files), plain_transform(trained.image_size)};
    return predict_dataset(flags, trained, images, [&](std::size_t i) { return images.path(i); });
  }
  const Food11 data = open_food11(flags.data);
  const auto images = plain_images(data.evaluation, data, trained.image_size);
  const Subset some{images, some_samples(images.size(), static_cast<std::size_t>(flags.count), flags.seed)};
  return predict_dataset(flags, trained, some, [&](std::size_t i) { return images.path(some.indices()[i]); });
}

void add_weights_flags(program::Flags& command_line, WeightsFlags& flags) {
  command_line.add("--weights", flags.weights, "best.pth or last.pth of a run");
  command_line.add("--data", flags.data, "the folder that `food11 prepare` has made");
  command_line.add("--output-dir", flags.output_dir, "where results are written (none: a folder beside the weights)");
  command_line.add("--image-size", flags.image_size, {0, 8192},
                   "side of the images that the network sees (0: as in the run's config.json, or 224)");
  command_line.add("--batch-size", flags.batch_size, {1, 1'000'000}, "images a batch");
  command_line.add_workers("--workers", flags.workers, "threads that load images");
  command_line.add("--device", flags.device, "auto (CUDA, then MPS, then CPU), cpu, cuda, cuda:N or mps");
  command_line.add("--seed", flags.seed, "of the choice of images");
}

}  // namespace

int main(int argc, char** argv) {
  tune_threads(argv);
  tune_memory();
  const Console console;
  const InterruptSignal interrupt;
  const SaveSignal save;
  program::Commands commands{"food11", "Fine-tunes DenseNet-121 on Food-11, and shows how well it does."};

  PrepareFlags prepare_flags;
  program::Flags& preparing = commands.add("prepare", "makes class folders of Food-11 as it is downloaded",
                                           [&] { return run_prepare(prepare_flags); });
  preparing.add("--source", prepare_flags.source, "food-11.zip, or the folder that it unpacks to");
  preparing.add("--data", prepare_flags.data, "the folder to make");

  Flags flags;
  program::Flags* training = nullptr;
  training = &commands.add("train", "trains, and writes a run's folder with its report",
                           [&] { return run_train(*training, flags, interrupt, save); });
  training->add(flags.run, "the folder that `food11 prepare` has made");
  training->add("--image-size", flags.image_size, {32, 8192}, "side of the square images that the network sees");
  training->add(
      "--pretrained", flags.pretrained,
      "weights to start from: DEFAULT, torchvision's, which are downloaded where they are not there yet; a file, "
      "or the name of one that Python downloaded; none: from nothing");
  training->add("--batch-norm", flags.batch_norm,
                "frozen: weights and statistics stay as they are; affine: only the weights stay; train: nothing does");

  WeightsFlags evaluation;
  program::Flags& evaluating = commands.add("evaluate", "says how well weights do, in figures and pictures",
                                            [&] { return run_evaluate(evaluation); });
  add_weights_flags(evaluating, evaluation);
  evaluating.add("--split", evaluation.split, "training, validation or evaluation");
  evaluating.add("--count", evaluation.count, {1, 1000}, "pictures on a sheet");

  WeightsFlags prediction;
  program::Flags& predicting = commands.add("predict", "says what is on pictures, or on some of the evaluation images",
                                            [&] { return run_predict(prediction); });
  add_weights_flags(predicting, prediction);
  predicting.add("--count", prediction.count, {1, 1000},
                 "pictures on the sheet, at most; and evaluation images, where no files are given");
  predicting.add("--top-k", prediction.top_k, {1, 11}, "classes for each image in predictions.json");
  predicting.add_arguments("FILES", prediction.files, "images, and folders of images");
  return console.finish(commands.run(argc, argv));
}
