/// The learning-rate range test and the batch-size finder.
#include <hearth/train/batch_size_finder.hpp>
#include <hearth/train/lr_range_test.hpp>

#include <c10/util/Exception.h>
#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#endif
#include <torch/torch.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/data/mix_up.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/optim/adam.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/trainer.hpp>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "catch.hpp"
#include "reference_lines.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The data and the model of make_reference.py.
TensorDataset line() {
  const at::Tensor inputs = (at::arange(32 * 3, at::TensorOptions(at::kFloat)).reshape({32, 3}) * 0.7).sin();
  return {inputs, at::mv(inputs, at::tensor({1.0F, -2.0F, 0.5F})) + 0.25};
}

torch::nn::Linear linear() {
  torch::nn::Linear model(3, 1);
  torch::nn::init::constant_(model->weight, 0.1);
  torch::nn::init::zeros_(model->bias);
  return model;
}

std::vector<double> reference(const std::string& name) {
  for (const ReferenceLine& line : reference_lines("train/reference/lr_range.txt")) {
    if (line.name == name) {
      return line.numbers;
    }
  }
  throw std::runtime_error(name + " is not in the file");
}

void check_close(const std::vector<double>& ours, const std::vector<double>& theirs, double relative) {
  REQUIRE(ours.size() == theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    CAPTURE(i);
    CHECK(ours[i] == Approx(theirs[i]).epsilon(relative).margin(1e-9));
  }
}

void check_sweep(const LrRange& range, const std::string& name) {
  check_close(range.rates, reference(name + "_rates"), 1e-8);
  check_close(range.losses, reference(name + "_losses"), 1e-4);
  check_close(range.smoothed, reference(name + "_smoothed"), 1e-4);
  REQUIRE(range.suggestion);
  CHECK(*range.suggestion == Approx(reference(name + "_suggestion").front()).epsilon(1e-8));
  CHECK(range.diverged == (range.rates.size() < 60));
}

const LrRangeTestOptions as_reference{.start_lr = 1e-4,
                                      .end_lr = 10,
                                      .steps = 60,
                                      .diverge_above = 5,
                                      .smoothing = 0.2,
                                      .training = {.device = at::kCPU}};

/// A network with all that a trial may change: weights, BatchNorm's statistics, draws of dropout.
torch::nn::Sequential small_net() {
  torch::manual_seed(3);
  return torch::nn::Sequential(torch::nn::Linear(3, 8), torch::nn::BatchNorm1d(8), torch::nn::Dropout(0.5),
                               torch::nn::Linear(8, 2));
}

TensorDataset labelled(std::int64_t count = 32) {
  torch::manual_seed(4);
  const at::Tensor inputs = torch::randn({count, 3});
  return {inputs, inputs.select(1, 0).gt(0).to(torch::kLong)};
}

/// Everything of a model that a trial might change, as bytes.
struct Snapshot {
  explicit Snapshot(torch::nn::Module& model) : generator(train::generator_state(at::kCPU).clone()) {
    for (const at::Tensor& tensor : model.parameters()) {
      values.push_back(tensor.detach().clone());
      gradients.push_back(tensor.grad());
      gradient_values.push_back(tensor.grad().defined() ? tensor.grad().clone() : at::Tensor());
      memory.push_back(tensor.data_ptr());
    }
    for (const at::Tensor& tensor : model.buffers()) {
      values.push_back(tensor.clone());
    }
    for (const auto& module : model.modules()) {
      modes.push_back(module->is_training());
    }
  }

  bool holds(torch::nn::Module& model) const {
    const Snapshot now(model);
    bool same = at::equal(now.generator, generator) && now.memory == memory && now.modes == modes;
    for (std::size_t i = 0; i < values.size(); ++i) {
      same = same && at::equal(now.values[i], values[i]);
    }
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      same = same && now.gradients[i].is_same(gradients[i]) &&
             (!gradients[i].defined() || at::equal(now.gradient_values[i], gradient_values[i]));
    }
    return same;
  }

  at::Tensor generator;
  std::vector<at::Tensor> values;
  std::vector<at::Tensor> gradients;
  std::vector<at::Tensor> gradient_values;
  std::vector<void*> memory;
  std::vector<bool> modes;
};

/// A linear model without memory for more than `most` samples, in the way that `fail` says. It counts its passes.
struct NarrowImpl : torch::nn::Module {
  NarrowImpl(std::int64_t most_samples, std::function<void()> how)
      : net(register_module("net", small_net())), most(most_samples), fail(std::move(how)) {}

  at::Tensor forward(const at::Tensor& inputs) {
    sizes.push_back(inputs.size(0));
    at::Tensor logits = net->forward(inputs);
    if (inputs.size(0) > most) {
      fail();
    }
    return logits;
  }

  torch::nn::Sequential net;
  std::int64_t most;
  std::function<void()> fail;
  std::vector<std::int64_t> sizes;
};
TORCH_MODULE(Narrow);

void fail_as_cuda() {
  TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate 2.00 GiB");
}

/// What the CPU's allocator does in truth, for more than any computer has.
void fail_as_cpu() {
  static_cast<void>(at::empty({std::int64_t{1} << 60}, at::TensorOptions(at::kByte)));
}

Batch batch_of(std::int64_t size) {
  const TensorDataset data = labelled(size);
  Batch batch;
  batch.inputs = data.inputs();
  batch.targets = data.targets();
  batch.samples.resize(static_cast<std::size_t>(size));
  return batch;
}

const FindBatchSizeOptions on_cpu{.training = {.device = at::kCPU}};

}  // namespace

TEST_CASE("the range test has the losses, the end and the suggestion of Python's", "[lr_range_test]") {
  DataLoader loader{line(), {.batch_size = 8}};
  auto model = linear();
  optim::SGD sgd{model->parameters(), {.lr = 1, .momentum = 0.5}};
  check_sweep(lr_range_test(model, sgd, loader, Regression{}, as_reference), "sgd");
  optim::Adam adam{model->parameters(), {.lr = 1}};
  check_sweep(lr_range_test(model, adam, loader, Regression{}, as_reference), "adam");
  torch::optim::Adam libtorch(model->parameters(), torch::optim::AdamOptions(1));
  check_sweep(lr_range_test(model, libtorch, loader, Regression{}, as_reference), "adam");
  LrRangeTestOptions accumulated = as_reference;
  accumulated.training.accumulate = 2;
  check_sweep(lr_range_test(model, sgd, loader, Regression{}, accumulated), "accumulated");
}

TEST_CASE("the range test leaves model, gradients, modes, optimizer and generator as they were", "[lr_range_test]") {
  DataLoader loader{labelled(), {.batch_size = 8}};
  for (const bool training : {true, false}) {
    auto model = small_net();
    auto twin = small_net();
    optim::Adam optimizer{model->parameters(), {.lr = 0.01}};
    optim::Adam other{twin->parameters(), {.lr = 0.01}};
    const auto step = [&](torch::nn::Sequential& net, optim::Adam& with) {
      torch::manual_seed(9);
      with.zero_grad();
      torch::nn::functional::cross_entropy(net->forward(loader.dataset().inputs()), loader.dataset().targets())
          .backward();
      with.step();
    };
    step(model, optimizer);
    step(twin, other);
    model->train(training);
    model->children()[1]->eval();
    const Snapshot before(*model);

    const LrRange range = lr_range_test(model, optimizer, loader, {.steps = 40, .training = {.device = at::kCPU}});
    CHECK(range.rates.size() > 20);
    CHECK(before.holds(*model));
    CHECK(optimizer.param_groups().front().options.lr == 0.01);

    // The next step is that of an optimizer that was never tried out: its moments are as they were.
    model->train();
    step(model, optimizer);
    step(twin, other);
    CHECK(at::equal(model->parameters().front(), twin->parameters().front()));
  }
}

TEST_CASE("an optimizer of LibTorch's that had no state has none after the range test", "[lr_range_test]") {
  DataLoader loader{labelled(), {.batch_size = 8}};
  auto model = small_net();
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(0.01));
  static_cast<void>(lr_range_test(model, optimizer, loader, {.steps = 10, .training = {.device = at::kCPU}}));
  CHECK(optimizer.state().empty());
  CHECK(optimizer.param_groups().front().options().get_lr() == 0.01);
}

TEST_CASE("the rates of the range test grow by one factor, and groups keep their ratio", "[lr_range_test]") {
  DataLoader loader{line(), {.batch_size = 8}};
  auto model = linear();
  // What a step with one sample of x = 0 changes is the bias alone, by 2 lr of the second group for each unit of error.
  const at::Tensor zeros = at::zeros({1, 3});
  DataLoader single{TensorDataset{zeros, at::ones({1})}, {.batch_size = 1}};
  optim::SGD optimizer{
      {{.params = {model->weight}, .options = {.lr = 1}}, {.params = {model->bias}, .options = {.lr = 0.5}}}};
  const LrRange range = lr_range_test(
      model, optimizer, single, Regression{},
      {.start_lr = 0.001, .end_lr = 0.1, .steps = 5, .diverge_above = 0, .training = {.device = at::kCPU}});
  check_close(range.rates, {0.001, 0.0031622776601683794, 0.01, 0.031622776601683794, 0.1}, 1e-12);
  double error = 1;
  for (std::size_t i = 0; i < range.rates.size(); ++i) {
    CHECK(range.losses[i] == Approx(error * error).epsilon(1e-5));
    error *= 1 - 2 * 0.5 * range.rates[i];
  }
}

TEST_CASE("a loss that is not finite ends the range test and leaves the model as it was", "[lr_range_test]") {
  DataLoader loader{line(), {.batch_size = 8}};
  auto model = linear();
  const Snapshot before(*model);
  optim::SGD optimizer{model->parameters(), {.lr = 1}};
  const LrRange range = lr_range_test(
      model, optimizer, loader, Regression{},
      {.start_lr = 1e10, .end_lr = 1e30, .steps = 50, .diverge_above = 0, .training = {.device = at::kCPU}});
  CHECK(range.diverged);
  CHECK(range.losses.size() < 50);
  for (const double loss : range.losses) {
    CHECK(std::isfinite(loss));
  }
  CHECK(before.holds(*model));
  CHECK_FALSE(range.suggestion);
  CHECK_THAT(range.to_string(), ContainsSubstring("the loss never fell"));
}

TEST_CASE("what the range test says and draws names the suggestion", "[lr_range_test]") {
  const LrRange range{.rates = {1e-4, 1e-3, 1e-2, 1e-1, 1},
                      .losses = {5, 4, 2, 3, 9},
                      .smoothed = {5, 4, 2, 3, 9},
                      .diverged = true,
                      .suggestion = 1e-3};
  CHECK(range.to_string() ==
        "5 steps with rates from 0.0001 to 1: the loss fell fastest at 0.001, was lowest at 0.01 and diverged at 1");
  const Image image = range.plot({300, 400});
  CHECK(image.height() == 300);
  CHECK(image.width() == 400);
  LrRange without = range;
  without.suggestion.reset();
  CHECK(without.plot({300, 400}).pixels() != image.pixels());
}

TEST_CASE("the range test refuses options that make no sense", "[lr_range_test]") {
  DataLoader loader{line(), {.batch_size = 8}};
  auto model = linear();
  optim::SGD optimizer{model->parameters(), {.lr = 1}};
  const auto refuses = [&](const LrRangeTestOptions& options, const std::string& words) {
    CHECK_THROWS_WITH(lr_range_test(model, optimizer, loader, Regression{}, options), ContainsSubstring(words));
  };
  refuses({.start_lr = 0, .training = {.device = at::kCPU}}, "start_lr must be above 0 and below end_lr");
  refuses({.start_lr = 1, .end_lr = 1, .training = {.device = at::kCPU}}, "start_lr must be above 0 and below end_lr");
  refuses({.steps = 1, .training = {.device = at::kCPU}}, "steps must be at least 2");
  refuses({.diverge_above = 1, .training = {.device = at::kCPU}}, "diverge_above must be above 1");
  refuses({.smoothing = 0, .training = {.device = at::kCPU}}, "smoothing must be above 0");
  refuses({.training = {.device = at::kCPU, .accumulate = 0}}, "accumulate must be at least 1");
}

TEST_CASE("an error in the middle of the range test leaves the model as it was", "[lr_range_test]") {
  DataLoader loader{labelled(), {.batch_size = 8}};
  Narrow model(8, fail_as_cpu);
  optim::SGD optimizer{model->parameters(), {.lr = 1}};
  const Snapshot before(*model);
  int calls = 0;
  const auto loss = [&](const at::Tensor& logits, const at::Tensor& targets) {
    if (++calls == 5) {
      throw std::runtime_error("enough");
    }
    return CrossEntropyLoss{}(logits, targets);
  };
  CHECK_THROWS_WITH(lr_range_test(model, optimizer, loader, loss, {.training = {.device = at::kCPU}}), "enough");
  CHECK(before.holds(*model));
  CHECK(optimizer.param_groups().front().options.lr == 1);
}

TEST_CASE("the finder doubles, then halves what is left, whatever way memory ends", "[find_batch_size]") {
  const std::function<void()> ways[] = {fail_as_cuda, fail_as_cpu, [] { throw std::bad_alloc(); }};
  const std::string reasons[] = {"CUDA out of memory. Tried to allocate 2.00 GiB", "DefaultCPUAllocator",
                                 "the computer's memory has come to its end"};
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(reasons[i]);
    Narrow model(100, ways[i]);
    const Snapshot before(*model);
    const FoundBatchSize found = find_batch_size(model, batch_of, Classification{}, on_cpu);
    CHECK(found.size == 100);
    CHECK(found.smallest_failed == 101);
    CHECK(found.tried == std::vector<std::int64_t>{2, 4, 8, 16, 32, 64, 128, 96, 112, 104, 100, 102, 101});
    CHECK_THAT(found.explanation,
               ContainsSubstring("100 fits on cpu, 101 does not: ") && ContainsSubstring(reasons[i]));
    CHECK(before.holds(*model));
  }
}

#ifdef __linux__
/// The process may have no more memory than this while it lives.
class AddressSpace {
 public:
  explicit AddressSpace(std::int64_t bytes) {
    REQUIRE(getrlimit(RLIMIT_AS, &former_) == 0);
    rlimit narrow = former_;
    narrow.rlim_cur = static_cast<rlim_t>(bytes);
    REQUIRE(setrlimit(RLIMIT_AS, &narrow) == 0);
  }
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;
  ~AddressSpace() { setrlimit(RLIMIT_AS, &former_); }

 private:
  rlimit former_{};
};

TEST_CASE("the finder survives the end of the memory that the process may have", "[find_batch_size]") {
  constexpr std::int64_t width = 20000;  // 80 kB a sample
  torch::manual_seed(5);
  torch::nn::Linear model(width, 2);
  const auto make_batch = [](std::int64_t size) {
    Batch batch;
    batch.inputs = at::ones({size, width});
    batch.targets = at::zeros({size}, at::TensorOptions(at::kLong));
    batch.samples.resize(static_cast<std::size_t>(size));
    return batch;
  };
  FindBatchSizeOptions options = on_cpu;
  options.limit = 64;
  CHECK(find_batch_size(model, make_batch, options).size == 64);  // threads and their stacks are there now
  const Snapshot before(*model);

  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  constexpr std::int64_t room = std::int64_t{256} << 20;
  options.limit = 65536;
  options.multiple_of = 256;
  const FoundBatchSize found = [&] {
    const AddressSpace narrow(pages * sysconf(_SC_PAGESIZE) + room);
    return find_batch_size(model, make_batch, options);
  }();

  CAPTURE(found.explanation);
  CHECK(found.size >= 256);
  CHECK(found.size < 2 * room / (width * 4));  // what is free in the process already adds to the room
  REQUIRE(found.smallest_failed);
  CHECK(*found.smallest_failed - found.size <= 256);
  CHECK_THAT(found.explanation, ContainsSubstring("can't allocate memory"));
  CHECK(before.holds(*model));
}
#endif

TEST_CASE("the finder takes multiples where it is told so, and passes as often as it is told", "[find_batch_size]") {
  Narrow model(100, fail_as_cuda);
  FindBatchSizeOptions options = on_cpu;
  options.first = 8;
  options.multiple_of = 8;
  options.passes = 3;
  const FoundBatchSize found = find_batch_size(model, batch_of, Classification{}, options);
  CHECK(found.size == 96);
  CHECK(found.smallest_failed == 104);
  CHECK(model->sizes ==
        std::vector<std::int64_t>{8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64, 128, 96, 96, 96, 112, 104});
}

TEST_CASE("the finder ends at its limit, and at the dataset's size", "[find_batch_size]") {
  Narrow model(1000, fail_as_cuda);
  FindBatchSizeOptions options = on_cpu;
  options.limit = 50;
  const FoundBatchSize limited = find_batch_size(model, batch_of, Classification{}, options);
  CHECK(limited.size == 50);
  CHECK_FALSE(limited.smallest_failed);
  CHECK(limited.tried == std::vector<std::int64_t>{2, 4, 8, 16, 32, 50});
  CHECK_THAT(limited.explanation, ContainsSubstring("that is the limit"));

  const FoundBatchSize whole = find_batch_size(model, labelled(80), on_cpu);
  CHECK(whole.size == 80);
  DataLoader loader{labelled(80), {.batch_size = 3}};
  CHECK(find_batch_size(model, loader, on_cpu).size == 80);
  CHECK(find_batch_size(model, loader, CrossEntropyLoss{}, on_cpu).size == 80);
  CHECK_THAT(whole.explanation, ContainsSubstring("the whole dataset"));
}

TEST_CASE("the finder puts gradients, statistics, modes and generator back", "[find_batch_size]") {
  const TensorDataset data = labelled(24);
  auto model = small_net();
  torch::nn::functional::cross_entropy(model->forward(data.inputs()), data.targets()).backward();
  model->parameters()[0].mutable_grad() = at::Tensor();
  model->eval();
  const Snapshot before(*model);
  CHECK(find_batch_size(model, data, CrossEntropyLoss{}, on_cpu).size == 24);
  CHECK(before.holds(*model));
}

TEST_CASE("what is no lack of memory comes through the finder, and the model is as it was", "[find_batch_size]") {
  Narrow model(20, [] { TORCH_CHECK(false, "a stone in the way"); });
  const Snapshot before(*model);
  CHECK_THROWS_WITH(find_batch_size(model, batch_of, Classification{}, on_cpu),
                    ContainsSubstring("find_batch_size: the model cannot take the batch 0") &&
                        ContainsSubstring("a stone in the way"));
  CHECK(before.holds(*model));

  Narrow tiny(1, fail_as_cuda);
  const Snapshot before_tiny(*tiny);
  CHECK_THROWS_WITH(find_batch_size(tiny, batch_of, Classification{}, on_cpu),
                    ContainsSubstring("find_batch_size: not even a batch of 2 fits on cpu: CUDA out of memory"));
  CHECK(before_tiny.holds(*tiny));
}

TEST_CASE("the finder refuses options that make no sense", "[find_batch_size]") {
  auto model = small_net();
  const auto refuses = [&](const FindBatchSizeOptions& options, const std::string& words) {
    CHECK_THROWS_WITH(find_batch_size(model, labelled(8), Classification{}, options), ContainsSubstring(words));
  };
  refuses({.first = 0, .training = {.device = at::kCPU}}, "first must be at least 1");
  refuses({.first = 4, .limit = 3, .training = {.device = at::kCPU}}, "limit must be at least first");
  refuses({.first = 9, .training = {.device = at::kCPU}}, "the dataset has 8 samples");
  refuses({.multiple_of = 0, .training = {.device = at::kCPU}}, "multiple_of must be at least 1");
  refuses({.passes = 0, .training = {.device = at::kCPU}}, "passes must be at least 1");
  refuses({.optimizer_numbers = -1, .training = {.device = at::kCPU}}, "optimizer_numbers must be at least 0");
}

TEST_CASE("the finder trains as the run does: in its precision, with its mixing", "[find_batch_size]") {
  auto model = small_net();
  at::ScalarType type = at::kFloat;
  bool are_shares = false;
  const auto loss = [&](const at::Tensor& logits, const at::Tensor& targets) {
    type = logits.scalar_type();
    are_shares = targets.is_floating_point() && targets.dim() == 2;
    return CrossEntropyLoss{}(logits, targets);
  };
  FindBatchSizeOptions options{.limit = 8,
                               .training = {.device = at::kCPU,
                                            .precision = Precision::bf16,
                                            .average = optim::WeightAverageOptions{.decay = 0.9},
                                            .mix = MixUp{{.num_classes = 2}}}};
  CHECK(find_batch_size(model, labelled(), loss, options).size == 8);
  CHECK(type == at::kBFloat16);
  CHECK(are_shares);
}

TEST_CASE("a batch without memory says so in Trainer's words", "[find_batch_size]") {
  DataLoader loader{labelled(), {.batch_size = 8}};
  Narrow model(4, fail_as_cpu);
  optim::SGD optimizer{model->parameters(), {.lr = 1}};
  Trainer trainer{model, optimizer, {.device = at::kCPU}};
  CHECK_THROWS_AS(trainer.fit(loader), train::OutOfMemory);
  CHECK_THROWS_WITH(trainer.fit(loader),
                    ContainsSubstring("the device cpu has no memory left: try a smaller batch_size"));
}

TEST_CASE("steps_per_epoch counts the last step of fewer batches", "[loader_like]") {
  DataLoader loader{labelled(32), {.batch_size = 5}};  // 7 batches
  CHECK(steps_per_epoch(loader) == 7);
  CHECK(steps_per_epoch(loader, 3) == 3);
  CHECK(steps_per_epoch(loader, 7) == 1);
  CHECK(steps_per_epoch(loader, 8) == 1);
  CHECK_THROWS_WITH(steps_per_epoch(loader, 0), ContainsSubstring("accumulate must be at least 1"));

  auto model = linear();
  DataLoader numbers{line(), {.batch_size = 5}};
  optim::SGD optimizer{model->parameters(), {.lr = 0.01}};
  struct Count : Callback {
    std::int64_t steps = 0;
    void on_step_end(const StepEnd& event) { steps = event.step; }
  };
  Trainer trainer{model, optimizer, {.epochs = 2, .device = at::kCPU, .accumulate = 3}, Count{}};
  trainer.fit(numbers, Regression{});
  CHECK(std::get<0>(trainer.callbacks()).steps == 2 * steps_per_epoch(numbers, 3));
}

TEST_CASE("an Evaluator shows its metrics as the run left them", "[evaluator]") {
  torch::nn::Identity model;
  DataLoader loader{TensorDataset{at::eye(4), at::tensor({0, 1, 2, 0}, at::TensorOptions(at::kLong))}, {}};
  Evaluator evaluator{Accuracy{}};
  const auto [accuracy] = evaluator.run(model, loader, {.device = at::kCPU});
  CHECK(accuracy == 0.75);
  CHECK(std::get<0>(evaluator.metrics()).sums()[0] == 3);
  CHECK(std::get<0>(evaluator.metrics()).sums()[1] == 4);
}
