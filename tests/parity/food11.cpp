/// The C++ side of food11.py: parity_food11 prepare SOURCE FOLDER makes class folders of Food-11's download;
/// parity_food11 train FOLDER trains as FOLDER/settings.json says, from the weights in initial.pth, and leaves what it
/// noted in hearth.json, what was drawn for each sample in draws.jsonl, and the first samples themselves in inputs.pth.
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/file.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/food11.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/models/densenet.hpp>
#include <hearth/models/freeze.hpp>
#include <hearth/optim/adam.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/rotation.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/save.hpp>

#include "parity/notes.hpp"

using namespace hearth;
namespace fs = std::filesystem;

namespace {

/// What was drawn, a line a sample in the order of their reading, and the first samples.
struct Record {
  std::string draws = {};
  std::vector<float> inputs = {};
  std::size_t wanted = 0;  // samples
  std::size_t kept = 0;
};

/// A dataset of the recipe's samples that writes down what the stages draw: from a copy of the sample's stream, in
/// their order. It is read by one thread.
class RecordedFood {
 public:
  RecordedFood(const fs::path& folder, int size, Record& record)
      : crop_(size),
        images_(folder, Augment{crop_, RandomHorizontalFlip{}, rotation_, ToTensor{},
                                Normalize{imagenet::mean, imagenet::std}}),
        record_(&record) {}

  std::size_t size() const noexcept { return images_.size(); }

  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    RandomStream copy = random;
    const fs::path path = images_.path(index);
    const Image image = read_image(path);
    const image::Rect rect = crop_.draw({image.height(), image.width()}, copy);
    const bool flip = copy.bernoulli(0.5);
    const double angle = rotation_.draw(copy);
    record_->draws += nlohmann::json{{"file", fs::relative(path, images_.root()).string()},
                                     {"rect", {rect.top, rect.left, rect.height, rect.width}},
                                     {"flip", flip},
                                     {"angle", angle}}
                          .dump() +
                      '\n';
    Watched watched(sink);
    const std::int64_t label = images_.read(index, random, watched);
    if (record_->kept < record_->wanted) {
      ++record_->kept;
      const float* const data = watched.written.data;
      record_->inputs.insert(record_->inputs.end(), data, data + watched.written.shape.numel());
    }
    return label;
  }

 private:
  using Augment = Compose<RandomResizedCrop, RandomHorizontalFlip, RandomRotation, ToTensor, Normalize>;

  /// Remembers where the sample went.
  struct Watched final : SampleSink {
    explicit Watched(SampleSink& sink) : to(&sink) {}
    SamplePlace place(const Shape& shape) override { return written = to->place(shape); }
    SampleSink* to;
    SamplePlace written;
  };

  RandomResizedCrop crop_;
  RandomRotation rotation_{90};
  ImageFolder<Augment> images_;
  Record* record_;
};

void train_as_told(const fs::path& folder) {
  std::ifstream file(folder / "settings.json");
  const auto settings = nlohmann::json::parse(file);
  const int size = settings.at("image_size");
  const Food11 data = open_food11(settings.at("data").get<std::string>());
  Record record{.wanted = settings.at("recorded")};
  const LoaderOptions options{.batch_size = settings.at("batch_size")};
  LoaderOptions shuffled = options;
  shuffled.shuffle = true;
  shuffled.seed = settings.at("seed");
  DataLoader loader{RecordedFood(data.training, size, record), shuffled};
  DataLoader val{ImageFolder{data.validation, Compose{Resize{image::Size{size, size}}, ToTensor{},
                                                      Normalize{imagenet::mean, imagenet::std}}},
                 options};

  auto model = models::densenet121({.num_classes = 11});
  load_weights(*model, folder / "initial.pth");
  model->train();
  models::freeze_batch_norm(model);
  optim::Adam optimizer{model->parameters(), {.lr = settings.at("lr")}};
  optim::StepLR scheduler{optimizer, {.step_size = settings.at("step_size"), .gamma = 0.1}};
  Trainer trainer{model, optimizer, scheduler, TrainerOptions{.epochs = settings.at("epochs"), .device = at::kCPU},
                  hearth_test::Notes{folder / "hearth.json"}};
  trainer.fit(loader, val);

  core::write_file(folder / "draws.jsonl", record.draws);
  StateDict inputs;
#ifdef HEARTH_WITH_LIBJPEG_TURBO
  inputs.add("libjpeg-turbo", at::ones({}));
#endif
  inputs.add("inputs", torch::tensor(record.inputs).reshape({-1, 3, size, size}));
  save_weights(inputs, folder / "inputs.pth");
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() == 3 && arguments[0] == "prepare") {
      fmt::print("{}", to_string(prepare_food11(arguments[1], arguments[2]).counts));
    } else if (arguments.size() == 2 && arguments[0] == "train") {
      train_as_told(arguments[1]);
    } else {
      fmt::print(stderr, "usage: parity_food11 prepare SOURCE FOLDER | train FOLDER\n");
      return 2;
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
