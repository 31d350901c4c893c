/// What callbacks are told, and how they and others end a run.
#include <hearth/train/callback.hpp>

#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <hearth/core/stop.hpp>
#include <hearth/core/value.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/fake_data.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/train/checkpoints.hpp>
#include <hearth/train/early_stopping.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/state_dict.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "train/small_runs.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

namespace {

using Calls = std::vector<std::string>;

/// Writes down every hook, and calls a function of the test's in each.
struct Recorder : Callback {
  std::shared_ptr<Calls> calls = std::make_shared<Calls>();
  std::function<void(const std::string& hook, const Run& run)> act = [](const std::string&, const Run&) {};

  void note(const std::string& hook, const Run& run) {
    calls->push_back(hook);
    act(hook, run);
  }
  void on_fit_begin(const FitBegin& event) { note("fit", event.run); }
  void on_epoch_begin(const EpochBegin& event) { note("epoch " + std::to_string(event.epoch), event.run); }
  void on_step_end(const StepEnd& event) { note("step " + std::to_string(event.step), event.run); }
  void on_batch_end(const BatchEnd& event) {
    note((event.phase == Phase::train ? "train " : "val ") + std::to_string(event.batch), event.run);
  }
  void on_epoch_end(const EpochEnd& event) { note("end " + std::to_string(event.record().epoch), event.run); }
  void on_interrupted(const Interrupted& event) { note("interrupted " + std::to_string(event.steps), event.run); }
  void on_fit_end(const FitEnd& event) { note("done", event.run); }
};

/// Two epochs of four batches, two to a step, and two of validation.
struct Setting {
  DataLoader<TensorDataset> train{labelled(8), {.batch_size = 2}};
  DataLoader<TensorDataset> val{labelled(8), {.batch_size = 4}};
  Net model = net({.norm = true});
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  StopSource source;
  Recorder recorder;
  TrainerOptions options{.epochs = 2, .device = at::kCPU, .stop = source.token(), .accumulate = 2};

  History fit() {
    Trainer trainer{model, optimizer, options, recorder};
    return trainer.fit(train, val);
  }
  const Calls& calls() const { return *recorder.calls; }
};

const Calls whole_run{"fit",    "epoch 0", "train 0", "step 1",  "train 1", "train 2", "step 2",  "train 3",
                      "val 0",  "val 1",   "end 0",   "epoch 1", "train 0", "step 3",  "train 1", "train 2",
                      "step 4", "train 3", "val 0",   "val 1",   "end 1",   "done"};

}  // namespace

TEST_CASE("hooks come in their order, on_step_end after every step and before its batch's end", "[callback]") {
  Setting setting;
  const History history = setting.fit();
  CHECK(setting.calls() == whole_run);
  CHECK_FALSE(history.interrupted);
  CHECK(history.stopped.empty());
}

TEST_CASE("a callback ends a run in any hook: the run is complete, and its history says why", "[callback]") {
  const auto [hook, expected] = GENERATE(table<std::string, Calls>({
      {"fit", {"fit", "done"}},
      {"epoch 0", {"fit", "epoch 0", "done"}},
      {"train 0", {"fit", "epoch 0", "train 0", "done"}},
      {"step 1", {"fit", "epoch 0", "train 0", "step 1", "train 1", "done"}},
      {"train 3", Calls(whole_run.begin(), whole_run.begin() + 8)},
      {"val 0", Calls(whole_run.begin(), whole_run.begin() + 9)},
      {"end 0", Calls(whole_run.begin(), whole_run.begin() + 11)},
      {"end 1", whole_run},
  }));
  INFO(hook);
  Setting setting;
  setting.recorder.act = [&, hook = hook](const std::string& now, const Run& run) {
    if (now == hook) {
      run.stop_training("enough");
      run.stop_training("more than enough");  // the first reason stays
    }
  };
  Calls calls = expected;
  if (calls.back() != "done") {
    calls.push_back("done");
  }
  const History history = setting.fit();
  CHECK(setting.calls() == calls);
  CHECK(history.stopped == "enough");
  CHECK_FALSE(history.interrupted);
  CHECK(history.epochs.size() == (hook == "end 1" ? 2U : hook == "end 0" ? 1U : 0U));
  if (hook == "train 0") {  // of a step of two batches: it is undone, BatchNorm too
    CHECK(equal(state_of(*setting.model), state_of(*net({.norm = true}))));
  }
  setting.recorder.calls->clear();  // another fit begins anew
  setting.recorder.act = [](const std::string&, const Run&) {};
  CHECK(setting.fit().epochs.size() == 2);
}

TEST_CASE("a stop requested within any hook interrupts the run after it, and nothing waits for itself", "[callback]") {
  const auto [hook, last] = GENERATE(table<std::string, std::string>({
      {"fit", "interrupted 0"},
      {"epoch 0", "interrupted 0"},
      {"train 0", "interrupted 0"},
      {"step 1", "interrupted 1"},
      {"train 1", "interrupted 1"},
      {"val 0", "interrupted 2"},
      {"end 0", "interrupted 2"},
      {"step 3", "interrupted 3"},
      {"end 1", "done"},  // nothing was left to do
      {"done", "done"},
  }));
  INFO(hook);
  Setting setting;
  setting.recorder.act = [&, hook = hook](const std::string& now, const Run&) {
    if (now == hook) {
      setting.source.request_stop();
    }
  };
  const History history = setting.fit();
  CHECK(setting.calls().back() == last);
  CHECK(std::count(setting.calls().begin(), setting.calls().end(), last) == 1);
  CHECK(history.interrupted == (last != "done"));
  CHECK(history.stopped.empty());
}

TEST_CASE("a stop requested in the middle of a step is answered with the weights and buffers of before it",
          "[callback]") {
  const hearth_test::TemporaryFolder folder;
  Setting setting;
  State at_step;
  std::thread::id teller;
  std::atomic<bool> is_told{false};
  setting.recorder.act = [&](const std::string& hook, const Run& run) {
    if (hook == "step 1") {
      at_step = state_of(run.model());
    } else if (hook.starts_with("interrupted")) {
      teller = std::this_thread::get_id();
      is_told = true;
    }
  };
  struct Long {  // in the fourth batch, whose forward pass BatchNorm has seen already
    Setting& setting;
    std::atomic<bool>& is_told;
    std::shared_ptr<std::vector<std::thread>> threads = std::make_shared<std::vector<std::thread>>();
    std::shared_ptr<int> batches = std::make_shared<int>(0);
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& targets) const {
      if (logits.requires_grad() && (*batches)++ == 3) {
        threads->emplace_back([this] { setting.source.request_stop(); });
        while (!is_told) {
          std::this_thread::sleep_for(1ms);
        }
      }
      return torch::nn::functional::cross_entropy(logits, targets);
    }
  };
  const Long loss{setting, is_told};
  Trainer trainer{setting.model, setting.optimizer, setting.options, setting.recorder, SaveLast{folder / "run"}};
  const History history = trainer.fit(setting.train, setting.val, loss);
  REQUIRE(loss.threads->size() == 1);
  CHECK(teller == loss.threads->front().get_id());
  loss.threads->front().join();
  CHECK(history.interrupted);
  CHECK(setting.calls().back() == "interrupted 1");
  CHECK(at_step.at("norm.num_batches_tracked").item<std::int64_t>() == 2);
  CHECK(equal(state_of(*setting.model), at_step));
  auto saved = net({.norm = true}, 9);
  load_weights(*saved, folder / "run" / "last.pth");
  CHECK(equal(state_of(*saved), at_step));
}

TEST_CASE("a callback whose hook does not return is not told of an interruption, and the others are", "[callback]") {
  Setting setting;
  Recorder hangs;
  std::atomic<bool> is_told{false};
  std::thread requester;
  hangs.act = [&](const std::string& hook, const Run&) {
    if (hook == "train 1") {
      requester = std::thread([&] { setting.source.request_stop(); });
      while (!is_told) {
        std::this_thread::sleep_for(1ms);
      }
    }
  };
  setting.recorder.act = [&](const std::string& hook, const Run&) { is_told = is_told || hook == "interrupted 1"; };
  Trainer trainer{setting.model, setting.optimizer, setting.options, hangs, setting.recorder};
  const History history = trainer.fit(setting.train, setting.val);
  requester.join();
  CHECK(history.interrupted);
  CHECK(hangs.calls->back() == "train 1");
  CHECK(setting.calls().back() == "interrupted 1");
}

TEST_CASE("a stop requested when the run is complete is no interruption", "[callback]") {
  Setting setting;
  Recorder first;
  first.act = [&](const std::string& hook, const Run&) {
    if (hook == "done") {
      std::thread([&] { setting.source.request_stop(); }).join();
    }
  };
  Trainer trainer{setting.model, setting.optimizer, setting.options, first, setting.recorder};
  const History history = trainer.fit(setting.train, setting.val);
  CHECK_FALSE(history.interrupted);
  CHECK(*first.calls == whole_run);
  CHECK(setting.calls() == whole_run);
}

TEST_CASE("what a hook throws comes out of fit, and the trainer can be used again", "[callback]") {
  const std::string hook = GENERATE("fit", "epoch 1", "step 2", "train 2", "val 1", "end 0", "done");
  INFO(hook);
  Setting setting;
  bool throws = true;
  setting.recorder.act = [&](const std::string& now, const Run&) {
    if (throws && now == hook) {
      throw std::runtime_error("the hook " + now);
    }
  };
  Trainer trainer{setting.model, setting.optimizer, setting.options, setting.recorder};
  CHECK_THROWS_WITH(trainer.fit(setting.train, setting.val), "the hook " + hook);
  CHECK(setting.calls().back() == hook);
  throws = false;
  setting.recorder.calls->clear();
  CHECK(trainer.fit(setting.train, setting.val).epochs.size() == 2);
  CHECK(setting.calls() == whole_run);
}

TEST_CASE("a callback that throws when it is told of an interruption keeps none of the others from it", "[callback]") {
  Setting setting;
  Recorder throws;
  throws.act = [&](const std::string& hook, const Run&) {
    if (hook == "train 1") {
      setting.source.request_stop();
    } else if (hook == "interrupted 1") {
      throw std::runtime_error("no more room");
    }
  };
  Trainer trainer{setting.model, setting.optimizer, setting.options, throws, setting.recorder};
  CHECK_THROWS_WITH(trainer.fit(setting.train, setting.val), "no more room");
  CHECK(setting.calls().back() == "interrupted 1");
}

TEST_CASE("the trainer's callbacks can be looked at after fit", "[callback]") {
  struct Counter : Callback {
    int steps = 0;
    void on_step_end(const StepEnd&) { ++steps; }
  };
  Setting setting;
  Trainer trainer{setting.model, setting.optimizer, setting.options, setting.recorder, Counter{}};
  trainer.fit(setting.train);
  CHECK(std::get<1>(trainer.callbacks()).steps == 4);
}

TEST_CASE("an epoch's end shows the task's metrics, over the validation or else over the training", "[callback]") {
  struct Sees : Callback {
    std::int64_t samples = 0;
    double accuracy = -1;
    bool has_error = true;
    void on_epoch_end(const EpochEnd& event) {
      const auto* const matrix = event.metric<ConfusionMatrix>();
      REQUIRE(matrix != nullptr);
      const ConfusionCounts counts = matrix->value();
      samples = counts(0, 0) + counts(0, 1) + counts(1, 0) + counts(1, 1);
      accuracy = static_cast<double>(counts(0, 0) + counts(1, 1)) / static_cast<double>(samples);
      has_error = event.metric<MeanAbsoluteError>() != nullptr;
    }
  };
  Setting setting;
  DataLoader val{labelled(6), {.batch_size = 4}};
  Trainer trainer{setting.model, setting.optimizer, setting.options, Sees{}};
  const Classification task{CrossEntropyLoss{}, Accuracy{}, ConfusionMatrix{}};
  const History history = trainer.fit(setting.train, val, task);
  const Sees& with = std::get<0>(trainer.callbacks());
  CHECK(with.samples == 6);
  CHECK(with.accuracy == history.epochs.back()["val_accuracy"]);
  CHECK_FALSE(with.has_error);
  CHECK(history.epochs.back().figures.size() == 4);  // a matrix is no figure
  const History alone = trainer.fit(setting.train, task);
  CHECK(std::get<0>(trainer.callbacks()).samples == 8);
  CHECK(std::get<0>(trainer.callbacks()).accuracy == alone.epochs.back()["train_accuracy"]);
}

TEST_CASE("without a validation loader the figures are those of training, and one of them is watched", "[callback]") {
  const hearth_test::TemporaryFolder folder;
  Setting setting;
  struct Sees : Callback {
    std::size_t val_samples = 99;
    std::vector<std::string> figures;
    void on_fit_begin(const FitBegin& event) {
      val_samples = event.val_samples;
      figures = event.figures;
    }
  };
  Trainer trainer{setting.model, setting.optimizer, setting.options, Sees{}, SaveBest{folder / "run"}};
  const History history = trainer.fit(setting.train);
  CHECK(std::get<0>(trainer.callbacks()).val_samples == 0);
  CHECK(std::get<0>(trainer.callbacks()).figures == std::vector<std::string>{"train_loss", "train_accuracy"});
  CHECK(history.watch.figure == "train_accuracy");
  CHECK(history.best().accuracy == history.epochs[static_cast<std::size_t>(history.best().epoch)]["train_accuracy"]);
  CHECK(history.epochs.front().figures.size() == 2);
  CHECK(std::filesystem::exists(folder / "run" / "best.pth"));
}

TEST_CASE("a batch's loss is its own, in training and in validation", "[callback]") {
  const auto data = labelled(10);
  DataLoader loader{data, {.batch_size = 4}};
  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 0}};
  struct Losses : Callback {
    std::vector<double> seen;
    void on_batch_end(const BatchEnd& event) { seen.push_back(event.batch_loss()); }
  };
  Trainer trainer{model, optimizer, {.device = at::kCPU}, Losses{}};
  trainer.fit(loader, loader);
  const auto& seen = std::get<0>(trainer.callbacks()).seen;
  REQUIRE(seen.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto begin = static_cast<std::int64_t>(i % 3 * 4);
    const torch::Tensor loss = torch::nn::functional::cross_entropy(
        model->forward(data.inputs().slice(0, begin, begin + 4)), data.targets().slice(0, begin, begin + 4));
    CHECK(seen[i] == Approx(loss.item<double>()).epsilon(1e-6));
  }
}

namespace {

/// Points with the names of their classes.
struct Named {
  std::vector<std::string> names;
  TensorDataset points = labelled(4);
  std::size_t size() const { return points.size(); }
  TargetView read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return points.read(index, random, sink);
  }
  std::vector<std::string> classes() const { return names; }
};

}  // namespace

TEST_CASE("the classes of both datasets are compared before anything happens", "[callback]") {
  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  Recorder recorder;
  Trainer trainer{model, optimizer, {.device = at::kCPU}, recorder};
  const auto fit = [&](std::vector<std::string> train_names, std::vector<std::string> val_names) {
    DataLoader train{Named{std::move(train_names)}, {.batch_size = 4}};
    DataLoader val{Named{std::move(val_names)}, {.batch_size = 4}};
    trainer.fit(train, val);
  };
  CHECK_THROWS_WITH(fit({"cat", "dog"}, {"cat", "fox"}),
                    ContainsSubstring("class 1 is 'dog' in training and 'fox' in validation"));
  CHECK_THROWS_WITH(fit({"cat", "dog"}, {"cat"}), ContainsSubstring("in training and '(none)' in validation"));
  CHECK(recorder.calls->empty());
  CHECK_NOTHROW(fit({"cat", "dog"}, {"cat", "dog"}));
  recorder.calls->clear();

  DataLoader two{FakeData{{.size = 4, .height = 2, .width = 2, .num_classes = 2}}, {.batch_size = 2}};
  DataLoader three{FakeData{{.size = 4, .height = 2, .width = 2, .num_classes = 3}}, {.batch_size = 2}};
  CHECK_THROWS_WITH(trainer.fit(two, three),
                    ContainsSubstring("the training dataset has 2 classes, but the validation dataset has 3"));
  CHECK(recorder.calls->empty());
}

TEST_CASE("a figure that is watched but not measured is refused before the first batch", "[callback]") {
  const hearth_test::TemporaryFolder folder;
  Setting setting;
  const Watch unknown{"val_f1", Goal::highest};
  const std::string sentence =
      ": there is no figure 'val_f1'; there are train_loss, train_accuracy, val_loss, val_accuracy";
  SECTION("by the options") {
    setting.options.watch = unknown;
    CHECK_THROWS_WITH(setting.fit(), "Trainer: the watched figure" + sentence);
  }
  SECTION("by SaveBest") {
    Trainer trainer{setting.model, setting.optimizer, setting.options, SaveBest{folder / "run", unknown},
                    setting.recorder};
    CHECK_THROWS_WITH(trainer.fit(setting.train, setting.val), "SaveBest" + sentence);
  }
  SECTION("by EarlyStopping") {
    Trainer trainer{setting.model, setting.optimizer, setting.options, EarlyStopping{{.watch = unknown}},
                    setting.recorder};
    CHECK_THROWS_WITH(trainer.fit(setting.train, setting.val), "EarlyStopping" + sentence);
  }
  CHECK(setting.calls().empty());
}

TEST_CASE("the figure of TrainerOptions or of SaveBest says which epoch is best", "[callback]") {
  const hearth_test::TemporaryFolder folder;
  Setting setting;
  setting.options.watch = Watch{"train_loss", Goal::highest};  // the first epoch, then
  setting.options.epochs = 4;
  std::vector<State> states;
  setting.recorder.act = [&](const std::string& hook, const Run& run) {
    if (hook.starts_with("end")) {
      states.push_back(state_of(run.model()));
    }
  };
  Trainer trainer{
      setting.model,    setting.optimizer,          setting.options,
      setting.recorder, SaveBest{folder / "worst"}, SaveBest{folder / "best", Watch{"train_loss", Goal::lowest}}};
  const History history = trainer.fit(setting.train, setting.val);
  REQUIRE(history.epochs[3]["train_loss"] < history.epochs[0]["train_loss"]);
  CHECK(history.best().epoch == 0);
  CHECK(history.best({"train_loss", Goal::lowest}).epoch == 3);
  auto saved = net({.norm = true}, 9);
  load_weights(*saved, folder / "worst" / "best.pth");
  CHECK(equal(state_of(*saved), states[0]));
  load_weights(*saved, folder / "best" / "best.pth");
  CHECK(equal(state_of(*saved), states[3]));
}

namespace {

/// A run of which only the wish to end it is looked at.
struct FakeRun final : Run {
  mutable std::string stopped;
  History epochs_so_far;
  const torch::nn::Module& model() const override { throw std::logic_error("not asked for"); }
  StateDict weights() const override { throw std::logic_error("not asked for"); }
  Value optimizer_state() const override { return {}; }
  Value scheduler_state() const override { return {}; }
  std::vector<double> learning_rates() const override { return {}; }
  const Position& position() const noexcept override { return where; }
  const History& history() const noexcept override { return epochs_so_far; }
  int epochs() const noexcept override { return 100; }
  Value checkpoint() const override { return {}; }
  void stop_training(const std::string& reason) const override { stopped = reason; }
  Position where;
};

/// After which of these epochs, counted from 0, the run is ended; -1: it goes on.
int ends_after(const EarlyStoppingOptions& options, const std::vector<double>& values, Goal goal = Goal::lowest) {
  EarlyStopping early{options};
  FakeRun run;
  run.epochs_so_far.watch = {"val_loss", goal};
  for (std::size_t epoch = 0; epoch < values.size(); ++epoch) {
    run.epochs_so_far.epochs.push_back(
        {.epoch = static_cast<int>(epoch), .figures = {{"val_loss", values[epoch]}, {"val_accuracy", -values[epoch]}}});
    early.on_epoch_end({run, run.epochs_so_far, 100});
    if (!run.stopped.empty()) {
      return static_cast<int>(epoch);
    }
  }
  return -1;
}

}  // namespace

TEST_CASE("early stopping waits `patience` epochs for one that is better by min_delta", "[callback]") {
  const double nan = std::nan("");
  CHECK(ends_after({.patience = 2}, {3, 2, 2, 1, 1, 1.5}) == 5);
  CHECK(ends_after({.patience = 2}, {3, 2, 2, 1, 1, 0.5}) == -1);
  CHECK(ends_after({.patience = 1}, {3, 3}) == 1);
  CHECK(ends_after({.patience = 2, .min_delta = 0.5}, {3, 2.75, 2.5, 2.25}) == 2);  // by 0.5 is not by more than that
  CHECK(ends_after({.patience = 2, .min_delta = 0.5}, {3, 2.75, 2.25, 2, 1.75}) == 4);
  CHECK(ends_after({.patience = 2}, {1, 2, 3, 3, 3}, Goal::highest) == 4);
  CHECK(ends_after({.patience = 2, .watch = Watch{"val_accuracy", Goal::highest}}, {3, 2, 2, 2}) == 3);
  CHECK(ends_after({.patience = 3}, {nan, nan, 5, 4, 3}) == -1);  // any number is better than none
  CHECK(ends_after({.patience = 2}, {1, nan, nan}) == 2);
  CHECK_THROWS_WITH(EarlyStopping{{.patience = 0}}, "EarlyStopping: patience must be at least 1, but got 0");
  CHECK_THROWS_WITH((EarlyStopping{{.min_delta = -1}}), "EarlyStopping: min_delta must be at least 0, but got -1");
}

TEST_CASE("early stopping ends a run, complete, and says in its history why", "[callback]") {
  Setting setting;
  setting.options.epochs = 50;
  optim::SGD still{setting.model->parameters(), {.lr = 0}};
  setting.options.accumulate = 4;  // one step an epoch
  Trainer trainer{setting.model, still, setting.options, EarlyStopping{{.patience = 3}}, setting.recorder};
  const History history = trainer.fit(setting.train);
  CHECK(history.epochs.size() == 4);
  CHECK_THAT(history.stopped,
             ContainsSubstring("train_accuracy has not become better than ") && ContainsSubstring(" for 3 epochs"));
  CHECK(setting.calls().back() == "done");
}

TEST_CASE("in the middle of a step, a run's position, weights and figures are those of the last complete one",
          "[callback]") {
  Setting setting;
  struct Middle : Callback {
    std::vector<std::string> seen;
    void on_batch_end(const BatchEnd& event) {
      if (event.phase == Phase::train && event.epoch == 0) {
        const auto count = [](const at::Tensor& tracked) { return std::to_string(tracked.item<std::int64_t>()); };
        const Position& position = event.run.position();
        const auto model = state_of(event.run.model());
        seen.push_back(std::to_string(position.batch) + "/" + std::to_string(position.drawn) + "/" +
                       std::to_string(position.steps) + " weights " +
                       count(*event.run.weights().find("norm.num_batches_tracked")) + ", model " +
                       count(model.at("norm.num_batches_tracked")) +
                       (std::isnan(event.figures()["loss"]) ? ", no loss" : ", loss"));
      }
    }
  };
  Trainer trainer{setting.model, setting.optimizer, setting.options, Middle{}};
  trainer.fit(setting.train, setting.val);
  CHECK(std::get<0>(trainer.callbacks()).seen ==
        std::vector<std::string>{"0/0/0 weights 0, model 1, no loss", "2/4/1 weights 2, model 2, loss",
                                 "2/4/1 weights 2, model 3, loss", "4/8/2 weights 4, model 4, loss"});
}

TEST_CASE("a run shows its optimizer, scheduler, rates and epochs, and asks for deterministic algorithms when told to",
          "[callback]") {
  Setting setting;
  setting.options.deterministic = GENERATE(false, true);
  optim::StepLR scheduler{setting.optimizer, {.step_size = 1, .gamma = 0.5}};
  struct Sees : Callback {
    bool is_deterministic = false;
    std::vector<double> rates;
    double lr = 0;
    double epochs_of_schedule = 0;
    int epochs = 0;
    void on_epoch_end(const EpochEnd& event) {
      is_deterministic = at::globalContext().deterministicAlgorithms();
      rates.push_back(event.run.learning_rates().front());
      lr = event.run.optimizer_state().as<double>("param_groups", 0, "lr");
      epochs_of_schedule = event.run.scheduler_state().as<double>("last_epoch");
      epochs = event.run.epochs();
    }
  };
  Trainer trainer{setting.model, setting.optimizer, scheduler, setting.options, Sees{}};
  trainer.fit(setting.train);
  const Sees& sees = std::get<0>(trainer.callbacks());
  CHECK(sees.is_deterministic == setting.options.deterministic);
  CHECK_FALSE(at::globalContext().deterministicAlgorithms());
  CHECK(sees.rates == std::vector<double>{0.1, 0.05});
  CHECK(sees.lr == 0.05);
  CHECK(sees.epochs_of_schedule == 1);
  CHECK(sees.epochs == 2);
}
