/// Training steps that are recorded once and repeated. On the CPU a recorder of the test's own stands for CUDA graphs:
/// it repeats by doing the work again. Expected values are those of the same training without recordings.
#include <hearth/train/step_graph.hpp>

#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/data/data_loader.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/exponential_lr.hpp>
#include <hearth/optim/per_batch.hpp>
#include <hearth/optim/rmsprop.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/trainer.hpp>

#include "catch.hpp"
#include "train/small_runs.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::Contains;

namespace {

using Log = std::vector<std::string>;

void add_tensors(const Value& value, std::vector<at::Tensor>& tensors) {
  value.visit([&](const auto& held) {
    using Held = std::remove_cvref_t<decltype(held)>;
    if constexpr (std::is_same_v<Held, at::Tensor>) {
      tensors.push_back(held);
    } else if constexpr (std::is_same_v<Held, Value::List> || std::is_same_v<Held, Value::Tuple>) {
      for (const Value& item : held) {
        add_tensors(item, tensors);
      }
    } else if constexpr (std::is_same_v<Held, Value::Dict>) {
      for (const auto& [key, item] : held) {
        add_tensors(item, tensors);
      }
    }
  });
}

/// Recording does nothing: what the work changes of the model, its gradients and the optimizer's state, and of the
/// generator, is put back. Repeating does the work again.
class AgainRecorder final : public train::Recorder {
 public:
  AgainRecorder(torch::nn::Module& model, std::function<Value()> state, Log& log)
      : model_(model), state_(std::move(state)), log_(log) {}

  void rehearse(core::FunctionRef<void()> work) override {
    log_.push_back("rehearse");
    work();
  }

  std::unique_ptr<train::Recording> record(std::function<void()> work) override {
    const std::string name(1, static_cast<char>('a' + recordings_++));
    log_.push_back("record " + name);
    const torch::NoGradGuard no_grad;
    std::vector<at::Tensor> memory = model_.parameters();
    for (const at::Tensor& parameter : model_.parameters()) {
      if (parameter.grad().defined()) {
        memory.push_back(parameter.grad());
      }
    }
    for (const at::Tensor& buffer : model_.buffers()) {
      memory.push_back(buffer);
    }
    add_tensors(state_(), memory);
    std::vector<at::Tensor> before;
    for (const at::Tensor& tensor : memory) {
      before.push_back(tensor.detach().clone());
    }
    const at::Tensor generator = train::generator_state(at::kCPU);
    {
      const torch::AutoGradMode with_gradients(true);
      work();
    }
    for (std::size_t i = 0; i < memory.size(); ++i) {
      memory[i].copy_(before[i]);
    }
    train::set_generator_state(at::kCPU, generator);
    return std::make_unique<Again>(std::move(work), name, log_);
  }

 private:
  class Again final : public train::Recording {
   public:
    Again(std::function<void()> work, std::string name, Log& log)
        : work_(std::move(work)), name_(std::move(name)), log_(log) {}
    void replay() override {
      log_.push_back(name_);
      const torch::AutoGradMode with_gradients(true);
      work_();
    }

   private:
    std::function<void()> work_;
    std::string name_;
    Log& log_;
  };

  torch::nn::Module& model_;
  std::function<Value()> state_;
  Log& log_;
  int recordings_ = 0;
};

/// As long as it lives, the trainer records with this.
class Recorders {
 public:
  explicit Recorders(train::MakeRecorder maker) : before_(std::exchange(train::recorder_maker(), std::move(maker))) {}
  Recorders(const Recorders&) = delete;
  Recorders& operator=(const Recorders&) = delete;
  ~Recorders() { train::recorder_maker() = before_; }

 private:
  train::MakeRecorder before_;
};

struct Spy : Callback {
  std::function<void(const StepEnd&)> step = [](const StepEnd&) {};
  void on_step_end(const StepEnd& event) { step(event); }
};

/// What a training gave.
struct Trained {
  State weights;
  std::vector<std::string> figures;  // of the epochs
  std::vector<double> losses, norms;
  Log log;
};

struct Case {
  TensorDataset data;
  NetOptions net = {};
  TrainerOptions options = {};
  CrossEntropyLoss loss = {};
  double gamma = 0.5;
  bool shuffle = true;
  std::function<void(Net&, std::int64_t step)> after_step = [](Net&, std::int64_t) {};
};

/// Batches of 4, with or without recordings.
template <class Optimizer, class Options>
Trained trained(
    const Case& run, Options options, bool records, std::function<void(Optimizer&)> after_step = [](Optimizer&) {}) {
  Trained done;
  DataLoader loader{run.data, {.batch_size = 4, .shuffle = run.shuffle, .seed = 3}};
  Net model = net(run.net);
  model->to(run.options.device);
  Optimizer optimizer{model->parameters(), options};
  optim::PerBatch scheduler{optim::ExponentialLR{optimizer, {.gamma = run.gamma}}};
  std::optional<Recorders> recorders;
  if (run.options.device.is_cpu()) {
    recorders.emplace([&](at::Device) {
      return std::make_unique<AgainRecorder>(
          *model, [&] { return optimizer.state_dict(); }, done.log);
    });
  }
  Spy spy;
  spy.step = [&](const StepEnd& event) {
    done.losses.push_back(event.live.batch_loss());
    done.norms.push_back(event.gradient_norm());
    run.after_step(model, event.step);
    after_step(optimizer);
  };
  TrainerOptions trainer_options = run.options;
  trainer_options.cuda_graph = records;
  torch::manual_seed(5);
  Trainer trainer{model, optimizer, scheduler, trainer_options, spy};
  const History history = trainer.fit(loader, loader, Classification{run.loss, Accuracy{}});
  done.weights = state_of(*model);
  for (const EpochRecord& epoch : history.epochs) {
    std::string line;
    for (const Figure& figure : epoch.figures) {
      line += figure.name + " " + std::to_string(figure.value) + " ";
    }
    done.figures.push_back(line);
  }
  return done;
}

void check_same(const Trained& recorded, const Trained& plain) {
  CHECK(equal(recorded.weights, plain.weights));
  CHECK(recorded.figures == plain.figures);
  CHECK(recorded.losses == plain.losses);
  CHECK(plain.log.empty());
}

TrainerOptions on_cpu(int epochs) {
  return {.epochs = epochs, .device = at::kCPU};
}

}  // namespace

TEST_CASE("a step is recorded once its shape has come three times, and the optimizer's step one later",
          "[step_graph]") {
  Case run{labelled(22), {.norm = true, .dropout = 0.25}, on_cpu(2)};  // five batches of 4, and one of 2
  run.options.clip_norm = 0.5;
  const optim::SGDOptions sgd{.lr = 0.5, .momentum = 0.5, .fused = true};  // rates that are 32-bit floats
  const Trained recorded = trained<optim::SGD>(run, sgd, true);
  CHECK(recorded.log == Log{"rehearse", "rehearse", "rehearse", "record a", "a", "a", "record b", "b", "rehearse",  //
                            "a",        "b",        "a",        "b",        "a", "b", "a",        "b", "a",
                            "b",        "rehearse"});
  const Trained plain = trained<optim::SGD>(run, sgd, false);
  check_same(recorded, plain);
  CHECK(recorded.norms == plain.norms);
  CHECK(difference(plain.weights, state_of(*net(run.net))) > 0.1);  // it has moved
}

TEST_CASE("a recorded AdamW counts its steps and follows its schedule", "[step_graph]") {
  const Case run{labelled(24), {.dropout = 0.5}, on_cpu(3)};
  const optim::AdamWOptions adamw{.lr = 0.125, .weight_decay = 0.1, .fused = true};
  const Trained recorded = trained<optim::AdamW>(run, adamw, true);
  CHECK(std::count(recorded.log.begin(), recorded.log.end(), "b") == 14);
  check_same(recorded, trained<optim::AdamW>(run, adamw, false));
}

TEST_CASE("a batch whose samples are all ignored takes no recorded step", "[step_graph]") {
  Case run{labelled(400), {.norm = true}, on_cpu(1)};
  run.gamma = 1;
  run.data.targets().bernoulli_(0.5).mul_(-101).add_(1);  // 1 or -100: about 6 of the 100 batches have none
  const optim::SGDOptions sgd{.lr = 0.25, .fused = true};
  const Trained recorded = trained<optim::SGD>(run, sgd, true);
  const Trained plain = trained<optim::SGD>(run, sgd, false);
  check_same(recorded, plain);
  CHECK(plain.losses.size() < 100);
  CHECK(std::count(recorded.log.begin(), recorded.log.end(), "a") == static_cast<long>(plain.losses.size()) - 3);
}

TEST_CASE("parameters that are frozen, and modules in another mode, are recorded anew", "[step_graph]") {
  Case run{labelled(40), {.norm = true, .dropout = 0.5}, on_cpu(1)};
  run.gamma = 1;
  run.after_step = [](Net& model, std::int64_t step) {
    if (step == 5) {
      model->first->weight.set_requires_grad(false);
      model->norm->eval();
    }
  };
  const optim::SGDOptions sgd{.lr = 0.25, .momentum = 0.5, .fused = true};
  const Trained recorded = trained<optim::SGD>(run, sgd, true);
  CHECK(recorded.log == Log{"rehearse", "rehearse", "rehearse", "record a", "a", "a", "record b", "b",  //
                            "rehearse", "rehearse", "rehearse", "record c", "c", "c", "record d", "d"});
  check_same(recorded, trained<optim::SGD>(run, sgd, false));
}

TEST_CASE("options other than the rate that change at every step are not recorded", "[step_graph]") {
  const Case run{labelled(40), {}, on_cpu(1)};
  const std::function<void(optim::SGD&)> change = [](optim::SGD& optimizer) {
    optimizer.param_groups()[0].options.momentum *= 0.5;
  };
  const optim::SGDOptions sgd{.lr = 0.25, .momentum = 0.5, .fused = true};
  const Trained recorded = trained<optim::SGD>(run, sgd, true, change);
  CHECK(std::count(recorded.log.begin(), recorded.log.end(), "record b") == 0);
  CHECK(std::count(recorded.log.begin(), recorded.log.end(), "a") == 7);
  check_same(recorded, trained<optim::SGD>(run, sgd, false, change));
}

TEST_CASE("an optimizer that has no fused kernel steps beside the recording", "[step_graph]") {
  const Case run{labelled(40), {}, on_cpu(1)};
  const auto check = [&](auto options, auto* type) {
    using Optimizer = std::remove_pointer_t<decltype(type)>;
    const Trained recorded = trained<Optimizer>(run, options, true);
    CHECK(recorded.log == Log{"rehearse", "rehearse", "rehearse", "record a", "a", "a", "a", "a", "a", "a", "a"});
    check_same(recorded, trained<Optimizer>(run, options, false));
  };
  check(optim::SGDOptions{.lr = 0.25, .fused = false}, static_cast<optim::SGD*>(nullptr));
  check(optim::RMSpropOptions{.lr = 0.01}, static_cast<optim::RMSprop*>(nullptr));
}

TEST_CASE("a loss that is not finite ends a recorded step before the weights change", "[step_graph]") {
  const auto run_on = [&](bool records) {
    Case run{labelled(40), {.norm = true}, on_cpu(2)};
    run.shuffle = false;
    run.data.inputs()[30] = std::numeric_limits<float>::infinity();
    Net kept = nullptr;
    run.after_step = [&](Net& model, std::int64_t) { kept = model; };
    CHECK_THROWS_WITH(trained<optim::SGD>(run, optim::SGDOptions{.lr = 0.25, .fused = true}, records),
                      Contains("nan in epoch 0, batch 7"));
    return state_of(*kept);
  };
  CHECK(equal(run_on(true), run_on(false)));
}

TEST_CASE("another shape takes a recording's place when it has come often in a row", "[step_graph]") {
  Net model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 0.5, .fused = true}};
  train::OptimizerOf part(optimizer);
  Log log;
  train::StepGraph graph(*model, part,
                         std::make_unique<AgainRecorder>(
                             *model, [&] { return optimizer.state_dict(); }, log));
  const Classification task;
  const train::BatchWorkOf work(model, task, std::optional<std::size_t>(2), std::nullopt);
  const auto takes = [&](std::int64_t size) {
    Batch batch;
    batch.inputs = torch::ones({size, 4});
    batch.targets = torch::zeros({size}, torch::kLong);
    const train::BatchContext context{"Trainer", *model, batch, batch.inputs, batch.targets};
    const bool taken = graph.takes(context);
    if (taken) {
      const auto done = graph.replay(context, work);
      REQUIRE(done);
      CHECK(done->weight == static_cast<double>(size));
      CHECK(torch::equal(done->outputs, model->forward(batch.inputs)));
    }
    return taken;
  };
  for (const std::int64_t size : {4, 2, 4, 2, 4}) {  // the first that has come three times is the one
    CHECK_FALSE(takes(size));
  }
  CHECK(takes(4));
  for (int epoch = 0; epoch < 20; ++epoch) {
    CHECK_FALSE(takes(2));
    CHECK(takes(4));
  }
  int others = 0;
  while (!takes(2)) {
    REQUIRE(++others < 20);
  }
  CHECK(others == 9 + train::StepGraph::rehearsals);
  CHECK(takes(2));
  CHECK_FALSE(takes(4));
  CHECK(std::count_if(log.begin(), log.end(), [](const std::string& line) { return line.starts_with("record"); }) == 2);
}

TEST_CASE("what cannot be recorded is an error that names the option", "[step_graph]") {
  const auto data = labelled(8);
  const auto with = [&](TrainerOptions options, bool has_recorder = true) {
    auto model = net();
    optim::SGD optimizer{model->parameters(), {.lr = 0.5}};
    Log log;
    std::optional<Recorders> recorders;
    if (has_recorder) {
      recorders.emplace([&](at::Device) {
        return std::make_unique<AgainRecorder>(
            *model, [] { return Value(); }, log);
      });
    }
    options.cuda_graph = true;
    Trainer trainer{model, optimizer, options};
  };
  CHECK_NOTHROW(with({.device = at::kCPU}));
  CHECK_THROWS_WITH(with({.device = at::kCPU, .accumulate = 2}),
                    Contains("TrainerOptions::cuda_graph: a recorded step has one batch, but accumulate is 2"));
  CHECK_THROWS_WITH(with({.device = at::kCPU, .precision = Precision::fp16}),
                    Contains("TrainerOptions::cuda_graph") && Contains("fp16"));
  CHECK_THROWS_WITH(with({.device = at::kCPU}, false),
                    Contains("TrainerOptions::cuda_graph: CUDA graphs are for CUDA devices, but the device is cpu"));
  if (!torch::cuda::is_available()) {
    CHECK_THROWS_WITH(with({.device = at::Device(at::kCUDA, 0)}, false),
                      Contains("link hearth::cuda") || Contains("there is no CUDA device here"));
  }

  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 0.5}};
  Log log;
  const Recorders recorders([&](at::Device) {
    return std::make_unique<AgainRecorder>(
        *model, [] { return Value(); }, log);
  });
  model->first->weight.register_hook([](const torch::Tensor& gradient) { return gradient * 2; });
  DataLoader loader{data, {.batch_size = 4}};
  Trainer trainer{model, optimizer, {.device = at::kCPU, .cuda_graph = true}};
  CHECK_THROWS_WITH(trainer.fit(loader), Contains("TrainerOptions::cuda_graph: a parameter of the model has a hook"));

  CHECK_NOTHROW(train::without_random_numbers_of_cpu([] { torch::ones({2}); }));
  CHECK_THROWS_WITH(train::without_random_numbers_of_cpu([] { torch::rand({2}); }),
                    Contains("TrainerOptions::cuda_graph: the model or the loss draws random numbers from the CPU"));
}

TEST_CASE("on a GPU, recorded steps give the training that others give", "[step_graph]") {
  const at::Device gpu(at::kCUDA, 0);
  if (!torch::cuda::is_available()) {
    WARN("skipped: there is no CUDA device");
    return;
  }
  try {
    train::cuda_recorder(gpu);
  } catch (const Error& error) {
    WARN("skipped: " << error.what());
    return;
  }
  Case run{
      labelled(202), {.norm = true, .dropout = 0.25}, {.epochs = 3, .device = gpu}};  // the last of 51 batches has 2
  run.gamma = 0.98;
  const auto check = [&](auto options, auto* type) {
    using Optimizer = std::remove_pointer_t<decltype(type)>;
    const Trained recorded = trained<Optimizer>(run, options, true);
    const Trained plain = trained<Optimizer>(run, options, false);
    CHECK(difference(recorded.weights, plain.weights) < 1e-4);
    CHECK(difference(plain.weights, state_of(*net(run.net))) > 0.01);
    REQUIRE(recorded.losses.size() == plain.losses.size());
    for (std::size_t i = 0; i < plain.losses.size(); ++i) {
      CHECK(recorded.losses[i] == Approx(plain.losses[i]).margin(1e-4));
      if (run.options.clip_norm) {
        CHECK(recorded.norms[i] == Approx(plain.norms[i]).margin(1e-3));
      }
    }
  };
  check(optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 1e-4}, static_cast<optim::SGD*>(nullptr));
  check(optim::RMSpropOptions{.lr = 0.001}, static_cast<optim::RMSprop*>(nullptr));
  run.options.clip_norm = 0.5;
  check(optim::AdamWOptions{.lr = 0.01}, static_cast<optim::AdamW*>(nullptr));
  run.options.precision = Precision::bf16;
  run.options.average = optim::WeightAverageOptions{};
  const Trained recorded = trained<optim::AdamW>(run, optim::AdamWOptions{.lr = 0.01}, true);
  const Trained plain = trained<optim::AdamW>(run, optim::AdamWOptions{.lr = 0.01}, false);
  CHECK(difference(recorded.weights, plain.weights) < 0.02);

  // A model that waits for the device cannot be recorded: this comes last, for it leaves the device's generator so.
  struct Waits final : torch::nn::Cloneable<Waits> {
    Waits() { reset(); }
    void reset() override { layer = register_module("layer", torch::nn::Linear(4, 2)); }
    torch::Tensor forward(const torch::Tensor& inputs) {
      const torch::Tensor outputs = layer(inputs);
      return outputs.sum().item<float>() > 1e30F ? outputs * 2 : outputs;
    }
    torch::nn::Linear layer{nullptr};
  };
  torch::nn::ModuleHolder<Waits> model(std::make_shared<Waits>());
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  DataLoader loader{run.data, {.batch_size = 4}};
  Trainer trainer{model, optimizer, {.device = gpu, .cuda_graph = true}};
  CHECK_THROWS_WITH(trainer.fit(loader), Contains("TrainerOptions::cuda_graph: the training step cannot be recorded"));
}
