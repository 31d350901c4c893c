/// hearth's side of the rows of bench/run.py that train: steps on data in memory, and epochs from the files on.
///
///     bench_training mode=step|mlp|resnet18 NAME=VALUE...
///
/// bench/rows/training.py names the settings and has Python's side. See serve.hpp for what it reads and prints.
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <hearth/hearth.hpp>

#include "images.hpp"
#include "serve.hpp"

using namespace hearth;

namespace {

using Clock = std::chrono::steady_clock;

/// The loss of a first step on this batch, before it.
template <class Model>
std::vector<float> loss_of(Model& model, const at::Tensor& inputs, const at::Tensor& targets) {
  model->train();
  const at::NoGradGuard no_grad;
  return {at::cross_entropy_loss(model->forward(inputs), targets).template item<float>()};
}

/// Rounds of one epoch each, of a model whose first loss is the check.
template <class Model, class Loader, class Check>
void serve_epochs(const bench::Settings& settings, Model model, Loader& loader, Check check) {
  optim::SGD optimizer{model->parameters(), {.lr = 1e-3, .momentum = 0.9, .fused = settings.flag("fused")}};
  const TrainerOptions options{.device = at::kCPU, .channels_last = settings.flag("channels_last")};
  bench::serve(
      [&] {
        const auto start = Clock::now();
        Trainer trainer{model, optimizer, options};
        trainer.fit(loader);
        const std::chrono::duration<double> seconds = Clock::now() - start;
        return bench::Done{static_cast<double>(loader.samples()), seconds.count()};
      },
      [&] { return check(model); });
}

LoaderOptions loader_options(const bench::Settings& settings) {
  return {.batch_size = settings.number("batch"),
          .shuffle = true,
          .workers = settings.number("workers"),
          .layout = settings.flag("channels_last") ? Layout::channels_last : Layout::contiguous};
}

/// Steps on images that are in memory: `steps` batches of them.
void serve_steps(const bench::Settings& settings) {
  at::manual_seed(0);
  auto model = models::make_model(settings.text("model"), {});
  at::manual_seed(1);
  const std::int64_t batch = settings.number("batch"), size = settings.number("size");
  at::Tensor inputs = at::rand({batch * settings.number("steps"), 3, size, size});
  const at::Tensor targets = at::arange(inputs.size(0), at::kLong) % 1000;
  const at::Tensor first = inputs.narrow(0, 0, batch), labels = targets.narrow(0, 0, batch);
  DataLoader loader{
      TensorDataset{inputs, targets},
      {.batch_size = batch, .layout = settings.flag("channels_last") ? Layout::channels_last : Layout::contiguous}};
  serve_epochs(settings, model, loader, [&](auto& checked) { return loss_of(checked, first, labels); });
}

/// The loss of the first images as they are in the files, in their order.
template <class Model, class Dataset>
std::vector<float> first_loss(Model& model, const Dataset& dataset, const bench::Settings& settings) {
  DataLoader loader{bench::some(dataset, static_cast<std::size_t>(settings.number("batch"))),
                    {.batch_size = settings.number("batch")}};
  const Batch batch = *loader.begin();
  return loss_of(model, batch.inputs, batch.targets);
}

void serve_mlp(const bench::Settings& settings) {
  at::manual_seed(0);
  auto model = models::mlp({.in_features = 784, .hidden = {512, 512}, .num_classes = 10});
  const FashionMNIST images{settings.text("data")};
  DataLoader loader{bench::some(images, static_cast<std::size_t>(settings.number("images"))), loader_options(settings)};
  serve_epochs(settings, model, loader, [&](auto& checked) { return first_loss(checked, images, settings); });
}

void serve_resnet18(const bench::Settings& settings) {
  at::manual_seed(0);
  const int size = settings.number("size");
  const ImageFolder images{settings.text("data"), bench::random_crop(size)};
  auto model = models::resnet18({.num_classes = static_cast<std::int64_t>(images.num_classes())});
  DataLoader loader{bench::some(images, static_cast<std::size_t>(settings.number("images"))), loader_options(settings)};
  serve_epochs(settings, model, loader, [&](auto& checked) {
    return first_loss(checked, ImageFolder{settings.text("data"), bench::fixed(size)}, settings);
  });
}

void run(const bench::Settings& settings) {
  const std::string& mode = settings.text("mode");
  if (mode == "step") {
    serve_steps(settings);
  } else if (mode == "mlp") {
    serve_mlp(settings);
  } else if (mode == "resnet18") {
    serve_resnet18(settings);
  } else {
    core::fail("mode={} is none of step, mlp and resnet18", mode);
  }
}

}  // namespace

int main(int argc, char** argv) {
  tune_threads(argv);
  tune_memory();
  return bench::answer([&] { run(bench::Settings(argc, argv)); });
}
