/// hearth's side of the rows of bench/run.py that read data: images from folders, digits from memory, folders alone.
///
///     bench_inputs mode=images|mnist|opening NAME=VALUE...
///
/// bench/rows names the settings. See serve.hpp for what it reads and prints.
#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/threads.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/cached_images.hpp>
#include <hearth/datasets/fashion_mnist.hpp>
#include <hearth/datasets/image_folder.hpp>

#include "images.hpp"
#include "serve.hpp"

using namespace hearth;

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <class Loader>
bench::Done epoch(Loader& loader) {
  const auto start = Clock::now();
  std::size_t images = 0;
  for (const Batch& batch : loader) {
    images += batch.size();
  }
  return {static_cast<double>(images), since(start)};
}

/// All inputs, all labels and the size of the data set that they are of.
template <class Dataset>
std::vector<float> contents(const Dataset& dataset, std::size_t whole) {
  std::vector<float> values, labels;
  DataLoader loader{dataset, {.batch_size = 32, .workers = 2}};
  for (const Batch& batch : loader) {
    const float* const first = batch.inputs.const_data_ptr<float>();
    values.insert(values.end(), first, first + batch.inputs.numel());
    for (std::int64_t i = 0; i < batch.targets.size(0); ++i) {
      labels.push_back(static_cast<float>(batch.targets.const_data_ptr<std::int64_t>()[i]));
    }
  }
  values.insert(values.end(), labels.begin(), labels.end());
  values.push_back(static_cast<float>(whole));
  return values;
}

LoaderOptions loader_options(const bench::Settings& settings) {
  return {.batch_size = settings.number("batch"),
          .shuffle = true,
          .workers = settings.number("workers"),
          .dtype = settings.flag("bytes") ? Dtype::uint8 : Dtype::float32};
}

template <class Transform>
ImageFolder<Transform> open_images(const bench::Settings& settings, Transform transform) {
  return ImageFolder{settings.text("data"), std::move(transform), {.exact = !settings.flag("scaled")}};
}

/// `images` is what the rounds go through, `fixed` the same images with a transform that has no chance in it.
template <class Dataset, class Fixed>
void serve_images(const bench::Settings& settings, const Dataset& images, const Fixed& fixed) {
  DataLoader loader{bench::some(images, static_cast<std::size_t>(settings.number("images"))), loader_options(settings)};
  bench::serve([&] { return epoch(loader); },
               [&] {
                 const auto checked = static_cast<std::size_t>(settings.number("checked"));
                 return contents(bench::some(fixed, checked), fixed.size());
               });
}

void serve_images(const bench::Settings& settings) {
  const int size = settings.number("size");
  const auto images = open_images(settings, bench::random_crop(size));
  const auto fixed = open_images(settings, bench::fixed(size));
  if (settings.flag("augment")) {
    serve_images(settings, open_images(settings, bench::augmented(size)), fixed);
  } else if (settings.flag("cached")) {
    serve_images(settings, CachedImages{images}, CachedImages{fixed});
  } else {
    serve_images(settings, images, fixed);
  }
}

void serve_mnist(const bench::Settings& settings) {
  const MNIST digits{settings.text("data"), Split::train, Compose{ToTensor{}, Normalize{{0.1307}, {0.3081}}}};
  DataLoader loader{bench::some(digits, static_cast<std::size_t>(settings.number("images"))), loader_options(settings)};
  bench::serve([&] { return epoch(loader); },
               [&] {
                 const auto checked = static_cast<std::size_t>(settings.number("checked"));
                 return contents(bench::some(digits, checked), digits.size());
               });
}

void serve_opening(const bench::Settings& settings) {
  const auto open = [&] {
    return ImageFolder{settings.text("data"), ToTensor{}, {.index_folder = settings.text("index")}};
  };
  static_cast<void>(open());  // the second time is what is measured
  bench::serve(
      [&] {
        const auto start = Clock::now();
        const auto folder = open();
        return bench::Done{static_cast<double>(folder.size()), since(start)};
      },
      [&] {  // how many, and the labels of some
        const auto folder = open();
        std::vector<float> values{static_cast<float>(folder.size())};
        for (std::size_t i = 0; i < folder.size(); i += 997) {
          values.push_back(static_cast<float>(folder.label(i)));
        }
        return values;
      });
}

void run(const bench::Settings& settings) {
  const std::string& mode = settings.text("mode");
  if (mode == "images") {
    serve_images(settings);
  } else if (mode == "mnist") {
    serve_mnist(settings);
  } else if (mode == "opening") {
    serve_opening(settings);
  } else {
    core::fail("mode={} is none of images, mnist and opening", mode);
  }
}

}  // namespace

int main(int argc, char** argv) {
  tune_threads(argv);
  return bench::answer([&] { run(bench::Settings(argc, argv)); });
}
