#include <hearth/train/placement.hpp>

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/mix_up.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/batch_size_finder.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/lr_range_test.hpp>
#include <hearth/train/predictions.hpp>
#include <hearth/train/trainer.hpp>
#include <memory>
#include <tuple>
#include <vector>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

Batch bytes(at::MemoryFormat format = at::MemoryFormat::Contiguous) {
  torch::manual_seed(3);
  Batch batch;
  batch.inputs = torch::randint(256, {2, 3, 5, 7}, torch::kUInt8).contiguous(format);
  batch.targets = torch::zeros({2}, torch::kLong);
  batch.normalization =
      std::make_shared<const Normalization>(Normalization{{0.0171F, 0.0175F, 0.0174F}, {-2.1179F, -2.0357F, -1.8044F}});
  return batch;
}

struct ConvNetModule : torch::nn::Module {
  ConvNetModule()
      : conv(register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3).padding(1)))),
        norm(register_module("norm", torch::nn::BatchNorm2d(4))),
        head(register_module("head", torch::nn::Linear(4, 2))) {}
  torch::Tensor forward(const torch::Tensor& images) { return head(norm(conv(images)).relu().mean({2, 3})); }
  torch::nn::Conv2d conv;
  torch::nn::BatchNorm2d norm;
  torch::nn::Linear head;
};
struct ConvNet : torch::nn::ModuleHolder<ConvNetModule> {
  ConvNet() : ModuleHolder((torch::manual_seed(5), std::make_shared<ConvNetModule>())) {}
};

/// Images that write whatever type a batch is of: bytes, or the floats that these stand for.
struct Images {
  std::size_t count;
  std::shared_ptr<const Normalization> normalization =
      std::make_shared<const Normalization>(Normalization{{0.0171F, 0.0175F, 0.0174F}, {-2.1179F, -2.0357F, -1.8044F}});

  std::size_t size() const { return count; }
  std::size_t num_classes() const { return 2; }
  std::int64_t read(std::size_t index, RandomStream&, SampleSink& sink) const {
    constexpr std::size_t pixels = 8 * 6;
    const RawPlace place = sink.raw_place({3, 8, 6}, normalization);
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
        const auto byte =
            static_cast<std::uint8_t>((index * 89 + pixel * (c + 5) * 37 + (index * pixel) % 11 * 23) % 256);
        const std::size_t at = place.layout == Layout::contiguous ? c * pixels + pixel : pixel * 3 + c;
        if (place.dtype == Dtype::uint8) {
          static_cast<std::uint8_t*>(place.data)[at] = byte;
        } else {
          REQUIRE(place.dtype == Dtype::float32);
          static_cast<float*>(place.data)[at] = byte * normalization->scale[c] + normalization->shift[c];
        }
      }
    }
    return static_cast<std::int64_t>(index * index / 3 % 2);
  }
};

Images images(std::size_t count) {
  return {count};
}

LoaderOptions of_type(Dtype type, Layout layout = Layout::contiguous) {
  return {.batch_size = 5, .layout = layout, .dtype = type};
}

struct Run {
  Dtype type = Dtype::float32;
  Layout layout = Layout::contiguous;
  BatchMix mix = {};
  at::Device device = at::kCPU;
  bool copy_ahead = true;
};

History trained(const Run& run) {
  LoaderOptions loader = of_type(run.type, run.layout);
  loader.pin_memory = run.device.is_cuda();
  DataLoader train{images(32), loader};
  DataLoader val{images(12), loader};
  ConvNet model;
  optim::SGD optimizer{model->parameters(), {.lr = 0.05, .momentum = 0.9}};
  Trainer trainer{model, optimizer,
                  TrainerOptions{.epochs = 3,
                                 .device = run.device,
                                 .channels_last = run.layout == Layout::channels_last,
                                 .copy_ahead = run.copy_ahead,
                                 .mix = run.mix,
                                 .deterministic = run.device.is_cuda()}};
  return trainer.fit(train, val);
}

void check_alike(const History& a, const History& b) {
  REQUIRE(a.epochs.size() == b.epochs.size());
  for (std::size_t epoch = 0; epoch < a.epochs.size(); ++epoch) {
    for (const Figure& figure : a.epochs[epoch].figures) {
      INFO(figure.name << " of epoch " << epoch);
      CHECK(b.epochs[epoch][figure.name] == Approx(figure.value).epsilon(1e-4));
    }
  }
}

}  // namespace

TEST_CASE("bytes become byte * scale + shift of their channel on the device", "[placement]") {
  for (const bool channels_last : {false, true}) {
    for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      const Batch batch = bytes(format);
      const at::Tensor floats = Placement{at::kCPU, channels_last}.inputs(batch);
      CHECK(floats.scalar_type() == at::kFloat);
      CHECK(floats.sizes() == batch.inputs.sizes());
      CHECK(floats.is_contiguous(channels_last ? at::MemoryFormat::ChannelsLast : format));
      for (std::int64_t n = 0; n < 2; ++n) {
        for (std::int64_t c = 0; c < 3; ++c) {
          const auto channel = static_cast<std::size_t>(c);
          const double scale = batch.normalization->scale[channel];
          const double shift = batch.normalization->shift[channel];
          const at::Tensor expected = batch.inputs[n][c].to(at::kDouble) * scale + shift;
          CHECK((floats[n][c].to(at::kDouble) - expected).abs().max().item<double>() < 1e-6);
        }
      }
    }
  }
}

TEST_CASE("bytes of several crops become floats, too", "[placement]") {
  Batch batch = bytes();
  const at::Tensor crops = torch::stack({batch.inputs, batch.inputs.flip(3)}, 1);  // [2, 2, 3, 5, 7]
  const at::Tensor expected = Placement{at::kCPU}.inputs(batch);
  batch.inputs = crops;
  const at::Tensor floats = Placement{at::kCPU}.inputs(batch);
  CHECK(torch::equal(floats.select(1, 0), expected));
  CHECK(torch::equal(floats.select(1, 1), expected.flip(3)));
}

TEST_CASE("inputs without a normalization stay as they are", "[placement]") {
  Batch batch = bytes();
  batch.normalization.reset();
  CHECK(Placement{at::kCPU}.inputs(batch).is_same(batch.inputs));
  CHECK(Placement{at::kCPU}.targets(batch.targets).is_same(batch.targets));
}

TEST_CASE("a normalization of other channels, or of no bytes, is refused", "[placement]") {
  Batch batch = bytes();
  batch.normalization = std::make_shared<const Normalization>(Normalization{{1}, {0}});
  CHECK_THROWS_WITH(Placement{at::kCPU}.inputs(batch),
                    ContainsSubstring("its normalization is of 1 channels") && ContainsSubstring("[2, 3, 5, 7]"));
  batch = bytes();
  batch.inputs = batch.inputs.to(at::kFloat);
  CHECK_THROWS_WITH(Placement{at::kCPU}.inputs(batch), ContainsSubstring("must be bytes"));
}

TEST_CASE("a training on bytes has the history of one on floats", "[placement]") {
  check_alike(trained({}), trained({.type = Dtype::uint8}));
  check_alike(trained({.layout = Layout::channels_last}),
              trained({.type = Dtype::uint8, .layout = Layout::channels_last}));
}

TEST_CASE("a training on mixtures of bytes has the history of one on mixtures of floats", "[placement]") {
  const MixUp mix{{.alpha = 0.4, .num_classes = 2}};
  check_alike(trained({.mix = mix}), trained({.type = Dtype::uint8, .mix = mix}));
}

TEST_CASE("evaluation, predictions and finders take bytes as floats", "[placement]") {
  DataLoader floats{images(12), of_type(Dtype::float32)};
  DataLoader with_bytes{images(12), of_type(Dtype::uint8)};
  ConvNet model;
  Evaluator evaluate{AverageLoss{CrossEntropyLoss{}}, Accuracy{}};
  const auto expected = evaluate.run(model, floats, Placement{at::kCPU});
  const auto found = evaluate.run(model, with_bytes, Placement{at::kCPU});
  CHECK(std::get<0>(found) == Approx(std::get<0>(expected)).epsilon(1e-5));
  CHECK(std::get<1>(found) == std::get<1>(expected));

  const Predictions logits = predict(model, floats, Placement{at::kCPU});
  CHECK(torch::allclose(predict(model, with_bytes, Placement{at::kCPU}).logits, logits.logits, 1e-5, 1e-6));

  const auto rates = [&](auto& loader) {
    ConvNet fresh;
    optim::SGD optimizer{fresh->parameters(), {.lr = 0.05}};
    return lr_range_test(fresh, optimizer, loader, Classification{},
                         {.start_lr = 1e-3, .end_lr = 0.1, .steps = 6, .training = {.device = at::kCPU}});
  };
  const LrRange range = rates(floats);
  const LrRange range_of_bytes = rates(with_bytes);
  REQUIRE(range.losses.size() == range_of_bytes.losses.size());
  for (std::size_t i = 0; i < range.losses.size(); ++i) {
    CHECK(range_of_bytes.losses[i] == Approx(range.losses[i]).epsilon(1e-4));
  }

  const auto batch_of = [](std::int64_t size) {
    Batch batch;
    batch.inputs = torch::randint(256, {size, 3, 8, 6}, torch::kUInt8);
    batch.targets = torch::zeros({size}, torch::kLong);
    batch.normalization = std::make_shared<const Normalization>(Normalization{{1, 1, 1}, {0, 0, 0}});
    batch.samples.resize(static_cast<std::size_t>(size));
    return batch;
  };
  CHECK(find_batch_size(model, batch_of, {.limit = 4, .training = {.device = at::kCPU}}).size == 4);
}

TEST_CASE("on a GPU, batches that are copied ahead give the training that others give", "[placement]") {
  if (!torch::cuda::is_available()) {
    WARN("skipped: there is no CUDA device");
    return;
  }
  const at::Device gpu(at::kCUDA, 0);
  for (const Dtype type : {Dtype::float32, Dtype::uint8}) {
    const History ahead = trained({.type = type, .device = gpu});
    const History alone = trained({.type = type, .device = gpu, .copy_ahead = false});
    check_alike(alone, ahead);
    check_alike(trained({}), ahead);
  }
}
