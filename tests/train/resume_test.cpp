/// Runs that are saved, stopped and resumed.
#include <hearth/train/session.hpp>

#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <hearth/core/save_request.hpp>
#include <hearth/core/stop.hpp>
#include <hearth/core/value.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/mix_up.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/optim/adam.hpp>
#include <hearth/optim/one_cycle_lr.hpp>
#include <hearth/optim/per_batch.hpp>
#include <hearth/optim/scheduler.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/train/checkpoint_files.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/weights/checkpoint.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "train/small_runs.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

namespace {

/// Where two checkpoints differ in anything but how long something took; empty: nowhere.
std::string differs(const Value& a, const Value& b, const std::string& where = "checkpoint") {
  if (a.is<at::Tensor>() && b.is<at::Tensor>()) {
    return torch::equal(a.as<at::Tensor>(), b.as<at::Tensor>()) ? "" : where;
  }
  if (a.is<double>() && b.is<double>()) {
    const double x = a.as<double>();
    const double y = b.as<double>();
    return x == y || (std::isnan(x) && std::isnan(y)) ? "" : where;
  }
  if (a.is<std::int64_t>() && b.is<std::int64_t>()) {
    return a.as<std::int64_t>() == b.as<std::int64_t>() ? "" : where;
  }
  if (a.is<std::string>() && b.is<std::string>()) {
    return a.as<std::string>() == b.as<std::string>() ? "" : where;
  }
  if (a.is<Value::Dict>() && b.is<Value::Dict>()) {
    if (a.as<Value::Dict>().size() != b.as<Value::Dict>().size()) {
      return where + ": keys";
    }
    for (const auto& [key, value] : a.as<Value::Dict>()) {
      const std::string name = to_string(key);
      const Value* const other = b.find(key);
      const bool is_time = name.ends_with("seconds") || name == "images_per_second" || name == "data_wait_fraction";
      if (const std::string found = other == nullptr ? where + "." + name : differs(value, *other, where + "." + name);
          !is_time && !found.empty()) {
        return found;
      }
    }
    return "";
  }
  if (a.kind() != b.kind()) {
    return where + ": " + a.kind() + ", " + b.kind();
  }
  if (a.is<Value::List>() || a.is<Value::Tuple>()) {
    for (std::size_t i = 0; i < a.items().size(); ++i) {
      if (const std::string found = differs(a.items()[i], b.items()[i], where + "[" + std::to_string(i) + "]");
          !found.empty()) {
        return found;
      }
    }
  }
  return "";
}

struct Place {
  int epoch;
  Phase phase;
  std::size_t batch;
};

/// Ends the run after a batch: as a signal does, or, when it is to crash, by what it throws.
struct EndsAt : Callback {
  StopSource source;
  std::optional<Place> place;
  bool crashes = false;
  std::shared_ptr<std::optional<Value>> last = std::make_shared<std::optional<Value>>();  // of a run that is complete

  void on_batch_end(const BatchEnd& event) {
    if (place && event.epoch == place->epoch && event.phase == place->phase && event.batch == place->batch) {
      if (crashes) {
        throw std::runtime_error("crash");
      }
      source.request_stop();
    }
  }
  void on_fit_end(const FitEnd& event) { *last = event.run.checkpoint(); }
};

struct Ending {
  std::optional<Value> checkpoint;
  State state;
};

/// A whole run, then the same one stopped at five places, resumed each time by what begins otherwise: both must end
/// alike. `fit(options, ends, seed)` trains a new model made with the seed.
template <class Fit>
void check_that_it_survives(const TrainerOptions& options, Fit fit, bool with_optimizer = true) {
  const Ending whole = fit(options, EndsAt{}, std::uint64_t{2});
  REQUIRE(whole.checkpoint);
  for (const bool crashes : {false, true}) {
    INFO((crashes ? "crashes" : "stops"));
    const hearth_test::TemporaryFolder folder;
    std::uint64_t seed = 2;
    const auto next = [&](std::optional<Place> place) {
      TrainerOptions saved = options;
      saved.checkpoints = CheckpointOptions{
          .folder = RunFolder{folder / "run", seed == 2 ? RunStart::fresh : RunStart::resume}, .every = 0ms};
      saved.checkpoints->every_steps = crashes ? 1 : 0;
      EndsAt ends;
      ends.place = place;
      ends.crashes = crashes;
      return fit(saved, ends, seed++);
    };
    for (const Place& place : {Place{0, Phase::train, 2}, Place{0, Phase::train, 4}, Place{0, Phase::validation, 0},
                               Place{1, Phase::train, 3}, Place{1, Phase::train, 5}}) {
      if (crashes) {
        REQUIRE_THROWS_WITH(next(place), "crash");
      } else {
        REQUIRE_FALSE(next(place).checkpoint);
      }
    }
    const Ending resumed = next(std::nullopt);
    REQUIRE(resumed.checkpoint);
    Value a = *whole.checkpoint;
    Value b = *resumed.checkpoint;
    for (Value* const value : {&a, &b}) {
      (*value)["options"] = Value();  // one has checkpoints, the other has not
      if (!with_optimizer) {
        (*value)["optimizer"] = Value();
      }
    }
    CHECK(differs(a, b) == "");
    CHECK(equal(resumed.state, whole.state));
  }
}

/// `fit` of the above for such an optimizer and scheduler.
template <class Train, class Val, class MakeOptimizer, class MakeScheduler>
auto fit_with(Train& train, Val& val, MakeOptimizer make_optimizer, MakeScheduler make_scheduler) {
  return
      [&train, &val, make_optimizer, make_scheduler](TrainerOptions options, const EndsAt& ends, std::uint64_t seed) {
        auto model = net({.outputs = 3, .norm = true, .dropout = 0.3}, seed);
        auto optimizer = make_optimizer(model->parameters());
        auto scheduler = make_scheduler(optimizer);
        options.stop = ends.source.token();
        Trainer trainer{model, optimizer, scheduler, options, ends};
        const History history = trainer.fit(train, val);
        return Ending{history.interrupted ? std::nullopt : *ends.last, state_of(*model)};
      };
}

const auto no_scheduler = [](auto& optimizer) { return optim::NoScheduler{optimizer}; };

/// 22 points in six batches.
auto points() {
  return DataLoader{labelled(22, 3), {.batch_size = 4, .shuffle = true, .workers = 2, .seed = 3}};
}

}  // namespace

TEST_CASE("a resumed run is the one that never stopped: momentum, accumulation, averages, mixing, dropout, OneCycle",
          "[resume]") {
  auto train = points();
  auto val = points();
  TrainerOptions options{.epochs = 3, .device = at::kCPU, .accumulate = 2, .clip_norm = 0.5};
  options.average = optim::WeightAverageOptions{.decay = 0.7};
  options.mix = MixUp{{.num_classes = 3, .seed = 8}};
  check_that_it_survives(options,
                         fit_with(
                             train, val,
                             [](auto parameters) {
                               return optim::SGD{parameters, {.lr = 0.1, .momentum = 0.9}};
                             },
                             [](auto& optimizer) {
                               return optim::PerBatch{optim::OneCycleLR{optimizer, {.max_lr = 0.5, .total_steps = 9}}};
                             }));
}

TEST_CASE(
    "a resumed run is the one that never stopped: fp16 with its scale, Adam, equal averages, a schedule by epochs",
    "[resume]") {
  auto train = points();
  auto val = points();
  TrainerOptions options{.epochs = 3, .device = at::kCPU, .precision = Precision::fp16};
  options.scaler = {.init_scale = 64, .growth_interval = 4};
  options.average = optim::WeightAverageOptions{.every = 2, .first_step = 3};
  check_that_it_survives(options, fit_with(
                                      train, val,
                                      [](auto parameters) {
                                        return optim::Adam{parameters, {.lr = 0.02}};
                                      },
                                      [](auto& optimizer) {
                                        return optim::StepLR{optimizer, {.step_size = 1, .gamma = 0.5}};
                                      }));
}

TEST_CASE("a resumed run is the one that never stopped: with LibTorch's own optimizers", "[resume]") {
  auto train = points();
  auto val = points();
  const TrainerOptions options{.epochs = 3, .device = at::kCPU};
  SECTION("Adam") {
    const auto adam = [](auto parameters) { return torch::optim::Adam(parameters, torch::optim::AdamOptions(0.02)); };
    check_that_it_survives(options, fit_with(train, val, adam, no_scheduler), /*with_optimizer=*/false);
  }
  SECTION("SGD") {
    const auto sgd = [](auto parameters) {
      return torch::optim::SGD(parameters, torch::optim::SGDOptions(0.1).momentum(0.9));
    };
    check_that_it_survives(options, fit_with(train, val, sgd, no_scheduler), /*with_optimizer=*/false);
  }
}

namespace {

const auto plain_sgd = [](auto parameters) { return optim::SGD{parameters, {.lr = 0.1, .momentum = 0.9}}; };

/// A loader that cannot leave out samples.
struct WholeEpochs {
  DataLoader<TensorDataset> loader = points();
  std::size_t size() const { return loader.size(); }
  std::size_t samples() const { return loader.samples(); }
  auto epoch(std::uint64_t number) { return loader.epoch(number); }
  const TensorDataset& dataset() const { return loader.dataset(); }
};

/// Some samples cannot be read.
struct Damaged {
  TensorDataset whole = labelled(24, 3);
  std::size_t size() const { return whole.size(); }
  TargetView read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    core::require(index % 5 != 1, "{}.png is damaged", index);
    return whole.read(index, random, sink);
  }
};

}  // namespace

TEST_CASE("a resumed run is the one that never stopped: a loader that gives whole epochs only", "[resume]") {
  static_assert(LoaderLike<WholeEpochs> && !ResumableLoader<WholeEpochs>);
  WholeEpochs train;
  auto val = points();
  check_that_it_survives({.epochs = 3, .device = at::kCPU, .accumulate = 2},
                         fit_with(train, val, plain_sgd, no_scheduler));
}

TEST_CASE("a resumed run is the one that never stopped: samples that are skipped", "[resume]") {
  DataLoader train{Damaged{}, {.batch_size = 4, .shuffle = true, .seed = 3, .bad_samples = BadSamples::skip}};
  auto val = points();
  check_that_it_survives({.epochs = 3, .device = at::kCPU, .accumulate = 2},
                         fit_with(train, val, plain_sgd, no_scheduler));
}

namespace {

/// While it lives, stderr goes to a file.
class StandardError {
 public:
  StandardError() {
    std::fflush(stderr);
    ::dup2(::fileno(file_.get()), STDERR_FILENO);
  }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;
  ~StandardError() {
    std::fflush(stderr);
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }

  std::string text() const {
    std::fflush(stderr);
    std::string all(4096, ' ');
    all.resize(
        static_cast<std::size_t>(std::max<ssize_t>(::pread(::fileno(file_.get()), all.data(), all.size(), 0), 0)));
    return all;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{std::tmpfile(), &std::fclose};
  int before_ = ::dup(STDERR_FILENO);
};

/// Trains and gives what each batch was; `act` is called after each.
struct Watched {
  hearth_test::TemporaryFolder folder;
  std::vector<std::vector<float>> batches;  // the first number of each sample
  std::function<void(const BatchEnd&)> act = [](const BatchEnd&) {};
  CheckpointOptions when = {.folder = RunFolder{folder / "run"}, .every = 0ms};
  int epochs = 1;
  std::int64_t batch_size = 2;

  struct Act : Callback {
    Watched& owner;
    explicit Act(Watched& watched) : owner(watched) {}
    void on_batch_end(const BatchEnd& event) { owner.act(event); }
  };

  History fit(StopSource stop = {}) {
    DataLoader train{labelled(12), {.batch_size = batch_size, .shuffle = true, .seed = 4}};
    auto model = net();
    optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
    TrainerOptions options{.epochs = epochs, .device = at::kCPU, .stop = stop.token()};
    options.checkpoints = when;
    options.mix = [this](const at::Tensor& inputs, const at::Tensor& targets, std::uint64_t, std::size_t) {
      const at::Tensor first = inputs.select(1, 0).contiguous();
      batches.emplace_back(first.const_data_ptr<float>(), first.const_data_ptr<float>() + first.numel());
      return std::pair{inputs, targets};
    };
    Trainer trainer{model, optimizer, options, Act{*this}};
    return trainer.fit(train);
  }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& file : train::checkpoint_files(folder / "run")) {
      names.push_back(file.filename());
    }
    return names;
  }

  std::vector<float> samples() const {
    std::vector<float> all;
    for (const auto& batch : batches) {
      all.insert(all.end(), batch.begin(), batch.end());
    }
    return all;
  }
};

}  // namespace

TEST_CASE("a run goes on at the right sample with batches of another size", "[resume]") {
  Watched whole;
  whole.fit();
  Watched run;
  run.batch_size = GENERATE(2, 4);
  StopSource stop;
  run.act = [&](const BatchEnd& event) {
    if (event.samples_done == 8) {
      stop.request_stop();
    }
  };
  CHECK(run.fit(stop).interrupted);
  const auto first = run.files();
  run.act = [&](const BatchEnd& event) { CHECK((event.epoch == 1 || event.samples_done > 8)); };
  run.when.folder = RunFolder{run.folder / "elsewhere"};  // lets go of the run's
  run.when.folder = RunFolder{run.folder / "run", RunStart::resume};
  run.batch_size = 3;
  run.when.every_steps = 1;
  run.epochs = 2;
  run.when.keep = 1000;
  CHECK(run.fit().epochs.size() == 2);
  const std::vector<float> samples = run.samples();
  REQUIRE(samples.size() == 24);
  const std::vector<float> expected = whole.samples();
  CHECK(std::equal(expected.begin(), expected.end(), samples.begin()));
  const auto files = run.files();  // oldest first: what was saved before the change comes before all of after
  REQUIRE(files.size() > 1);
  CHECK(files.front() == first.front());
  CHECK(read_checkpoint(train::checkpoint_files(run.folder / "run").back()).as<int>("position", "epoch") == 2);
}

TEST_CASE("checkpoints are written every so many steps, and the last ones are kept", "[resume]") {
  Watched run;
  run.epochs = 2;
  run.when.every_steps = 2;
  run.when.keep = 3;
  std::vector<std::vector<std::string>> seen;
  run.act = [&](const BatchEnd&) { seen.push_back(run.files()); };
  run.fit();
  using Names = std::vector<std::string>;
  REQUIRE(seen.size() == 12);
  CHECK(seen[1].empty());  // a hook comes before the save that follows its batch
  CHECK(seen[2] == Names{"0000-000002.pth"});
  CHECK(seen[5] == Names{"0000-000002.pth", "0000-000004.pth"});
  CHECK(seen[6] == Names{"0000-000004.pth", "0000-000006.pth", "0001-000006.pth"});
  CHECK(run.files() == Names{"0001-000010.pth", "0001-000012.pth", "0002-000012.pth"});
  for (const auto& names : seen) {
    CHECK(names.size() <= 3);
  }
}

TEST_CASE("checkpoints are written by time, when one is asked for, and at each epoch's end", "[resume]") {
  Watched run;
  std::vector<std::size_t> counts;
  SECTION("by time") {
    run.when.every = 1ms;
    run.act = [&](const BatchEnd&) {
      counts.push_back(run.files().size());
      std::this_thread::sleep_for(2ms);
    };
    run.fit();
    CHECK(counts == std::vector<std::size_t>{0, 1, 2, 2, 2, 2});
  }
  SECTION("when asked for") {
    run.when.request = SaveRequest::make();
    run.act = [&](const BatchEnd& event) {
      counts.push_back(run.files().size());
      if (event.batch == 2) {
        run.when.request.ask();
      }
    };
    run.fit();
    CHECK(counts == std::vector<std::size_t>{0, 0, 0, 1, 1, 1});
  }
  SECTION("at the end alone") {
    run.act = [&](const BatchEnd&) { counts.push_back(run.files().size()); };
    run.fit();
    CHECK(counts == std::vector<std::size_t>(6, 0));
  }
  CHECK(run.files().back() == "0001-000006.pth");
}

TEST_CASE("a checkpoint that cannot be written ends no run; that the last one is missing is told at its end",
          "[resume]") {
  const bool is_mended = GENERATE(false, true);
  Watched run;
  run.epochs = 2;
  std::ofstream(run.folder / "run" / "checkpoints") << "a file where the folder should be";
  std::size_t batches = 0;
  run.act = [&](const BatchEnd& event) {
    ++batches;
    if (is_mended && event.epoch == 1) {
      std::filesystem::remove(run.folder / "run" / "checkpoints");
    }
  };
  const StandardError standard_error;
  if (is_mended) {
    CHECK_NOTHROW(run.fit());
    CHECK(run.files().back() == "0002-000012.pth");
  } else {
    CHECK_THROWS_WITH(run.fit(), ContainsSubstring("checkpoints") &&
                                     ContainsSubstring("training is complete, and the model has its last weights"));
  }
  CHECK(batches == 12);
  CHECK_THAT(standard_error.text(), ContainsSubstring("training goes on, and it is tried again"));
}

TEST_CASE("what a resumed run was started with otherwise is shown, and what that does", "[resume]") {
  using Effect = RunOption::Effect;
  Watched run;
  StopSource stop;
  run.act = [&](const BatchEnd&) { stop.request_stop(); };
  run.when.options = {{"lr", "0.1", Effect::restored}, {"workers", "4", Effect::none}, {"seed", "1"}};
  CHECK(run.fit(stop).interrupted);
  run.act = [](const BatchEnd&) {};
  run.when.folder = RunFolder{run.folder / "elsewhere"};
  run.when.folder = RunFolder{run.folder / "run", RunStart::resume};
  run.when.options = {{"lr", "0.5", Effect::restored}, {"workers", "2", Effect::none}, {"seed", "2"}};
  const StandardError standard_error;
  run.fit();
  CHECK(standard_error.text() ==
        "resumed: lr is 0.5 now and was 0.1: the checkpoint's stays in force\n"
        "resumed: workers is 2 now and was 4: the result stays the same\n"
        "resumed: seed is 2 now and was 1: from here on it is another run than the one that was begun\n");
}

TEST_CASE("that an optimizer has no state to save is told at the start", "[resume]") {
  struct Plain {  // an optimizer of a user's own
    optim::SGD inner;
    void step() { inner.step(); }
    void zero_grad() { inner.zero_grad(); }
    auto& param_groups() { return inner.param_groups(); }
    const auto& param_groups() const { return inner.param_groups(); }
  };
  const hearth_test::TemporaryFolder folder;
  auto model = net();
  Plain optimizer{optim::SGD{model->parameters(), {.lr = 0.1}}};
  TrainerOptions options{.device = at::kCPU};
  options.checkpoints = CheckpointOptions{.folder = RunFolder{folder / "run"}};
  DataLoader train{labelled(4), {.batch_size = 4}};
  Trainer trainer{model, optimizer, options};
  const StandardError standard_error;
  trainer.fit(train);
  CHECK(standard_error.text() ==
        "the optimizer has no state_dict(): checkpoints are without it, and a resumed run is another\n");
}

TEST_CASE("a run that a callback ended stays ended when it is resumed", "[resume]") {
  Watched run;
  run.act = [&](const BatchEnd& event) {
    if (event.batch == 3) {
      event.run.stop_training("it was enough");
    }
  };
  CHECK(run.fit().stopped == "it was enough");
  CHECK(run.batches.size() == 4);
  run.when.folder = RunFolder{run.folder / "elsewhere"};
  run.when.folder = RunFolder{run.folder / "run", RunStart::resume};
  const History history = run.fit();
  CHECK(history.stopped == "it was enough");
  CHECK_FALSE(history.interrupted);
  CHECK(run.batches.size() == 4);
}

TEST_CASE("a stop before the first step saves nothing, and one after it all that is complete", "[resume]") {
  Watched run;
  StopSource stop;
  SECTION("before") {
    stop.request_stop();
    CHECK(run.fit(stop).interrupted);
    CHECK(run.batches.empty());
    CHECK(run.files().empty());
  }
  SECTION("after") {
    run.act = [&](const BatchEnd&) { stop.request_stop(); };
    CHECK(run.fit(stop).interrupted);
    CHECK(run.batches.size() == 1);
    CHECK(run.files() == std::vector<std::string>{"0000-000001.pth"});
  }
}

namespace {

struct Named {
  std::vector<std::string> names = {"cat", "dog"};
  TensorDataset points = labelled(8);
  std::size_t size() const { return points.size(); }
  TargetView read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return points.read(index, random, sink);
  }
  std::vector<std::string> classes() const { return names; }
};

}  // namespace

TEST_CASE("a checkpoint of another run is refused by a sentence, before anything is changed", "[resume]") {
  const hearth_test::TemporaryFolder folder;
  const std::filesystem::path run = folder / "run";
  const auto options = [&](RunStart start) {
    TrainerOptions all{.epochs = 2, .device = at::kCPU};
    all.checkpoints = CheckpointOptions{.folder = RunFolder{run, start}, .every = 0ms, .every_steps = 1};
    return all;
  };
  DataLoader train{Named{}, {.batch_size = 2}};
  DataLoader val{Named{}, {.batch_size = 8}};
  {
    auto model = net();
    optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
    EndsAt ends;
    ends.place = Place{1, Phase::train, 2};
    ends.crashes = true;
    Trainer trainer{model, optimizer, options(RunStart::fresh), ends};
    CHECK_THROWS_WITH(trainer.fit(train, val), "crash");
  }
  const std::filesystem::path file = train::checkpoint_files(run).back();
  auto model = net({}, 9);
  const State before = state_of(*model);
  optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
  const std::string sentence = "Trainer: the run cannot go on from " + file.string() + ": ";
  SECTION("other classes") {
    DataLoader other{Named{{"cat", "fox"}}, {.batch_size = 2}};
    Trainer trainer{model, optimizer, options(RunStart::resume)};
    CHECK_THROWS_WITH(trainer.fit(other, other),
                      sentence + "it was trained on other classes than the training dataset has");
  }
  SECTION("other metrics") {
    Trainer trainer{model, optimizer, options(RunStart::resume)};
    CHECK_THROWS_WITH(trainer.fit(train, val, Classification{CrossEntropyLoss{}, Accuracy{{.top_k = 2}}}),
                      sentence +
                          "its epochs have the figures train_loss, train_accuracy, val_loss, val_accuracy, but "
                          "those of this run train_loss, train_top2_accuracy, val_loss, val_top2_accuracy: "
                          "task, metrics and validation must be the same");
  }
  SECTION("no validation") {
    Trainer trainer{model, optimizer, options(RunStart::resume)};
    CHECK_THROWS_WITH(trainer.fit(train), ContainsSubstring("those of this run train_loss, train_accuracy: "));
  }
  SECTION("metrics without figures") {
    Trainer trainer{model, optimizer, options(RunStart::resume)};
    CHECK_THROWS_WITH(
        trainer.fit(train, val, Classification{CrossEntropyLoss{}, Accuracy{}, ConfusionMatrix{{.num_classes = 2}}}),
        sentence + "it has the sums of 1 metrics, but the task has 2: they must be the same");
  }
  SECTION("fewer samples") {
    DataLoader fewer{Named{.points = labelled(3)}, {.batch_size = 2}};
    Trainer trainer{model, optimizer, options(RunStart::resume)};
    CHECK_THROWS_WITH(trainer.fit(fewer, val),
                      sentence + "its epoch 1 has done 4 samples, but the training loader has 3");
  }
  SECTION("no run's") {
    save_checkpoint(Value::Dict{{"epoch", 3}}, file);
    Trainer trainer{model, optimizer, options(RunStart::resume)};
    CHECK_THROWS_WITH(trainer.fit(train, val),
                      Catch::Matchers::StartsWith(sentence + "it is no checkpoint: neither of a run, nor"));
  }
  SECTION("a later version's") {
    save_checkpoint(Value::Dict{{"hearth_run", 2}, {"options", Value::Dict{}}}, file);
    Trainer trainer{model, optimizer, options(RunStart::resume)};
    CHECK_THROWS_WITH(trainer.fit(train, val), sentence + "it was written by a later version of hearth");
  }
  SECTION("damaged") {
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    Trainer trainer{model, optimizer, options(RunStart::resume)};
    CHECK_THROWS_WITH(trainer.fit(train, val), ContainsSubstring(file.string()));
  }
  SECTION("another optimizer's") {
    optim::Adam adam{model->parameters(), {.lr = 0.1}};
    Trainer trainer{model, adam, options(RunStart::resume)};
    CHECK_THROWS_WITH(trainer.fit(train, val), ContainsSubstring(sentence));
    torch::optim::Adam torchs(model->parameters(), torch::optim::AdamOptions(0.1));
    Trainer with_torchs{model, torchs, options(RunStart::resume)};
    CHECK_THROWS_WITH(with_torchs.fit(train, val), ContainsSubstring(sentence));
  }
  CHECK(equal(state_of(*model), before));
}

TEST_CASE("Python reads a checkpoint and goes on with what is in it", "[resume]") {
  const char* const python = std::getenv("HEARTH_PYTHON");
  if (python == nullptr) {
    WARN("skipped: HEARTH_PYTHON names no Python with torch");
    return;
  }
  const hearth_test::TemporaryFolder folder;
  TrainerOptions options{.epochs = 2, .device = at::kCPU, .accumulate = 2};
  options.average = optim::WeightAverageOptions{.decay = 0.9};
  options.checkpoints = CheckpointOptions{.folder = RunFolder{folder / "run"}};
  const auto data = labelled(8);
  DataLoader train{data, {.batch_size = 2}};
  auto model = net({.norm = true});
  optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
  EndsAt ends;
  ends.place = Place{1, Phase::train, 2};
  options.stop = ends.source.token();
  Trainer trainer{model, optimizer, options, ends};
  CHECK(trainer.fit(train).interrupted);
  // The step that Python takes on all samples, from the checkpoint, is taken here by hand.
  const std::filesystem::path file = train::checkpoint_files(folder / "run").back();
  const Value saved = read_checkpoint(file);
  auto next = net({.norm = true}, 5);
  const torch::NoGradGuard no_grad;
  for (auto& item : next->named_parameters()) {
    item.value().copy_(saved.as<at::Tensor>("model", item.key()));
  }
  for (auto& item : next->named_buffers()) {
    item.value().copy_(saved.as<at::Tensor>("model", item.key()));
  }
  optim::SGD its{next->parameters(), {.lr = 0.1, .momentum = 0.9}};
  its.load_state_dict(saved["optimizer"]);
  {
    const torch::AutoGradMode with_gradients(true);
    torch::nn::functional::cross_entropy(next->forward(data.inputs()), data.targets()).backward();
  }
  its.step();
  Value::Dict expected{{"inputs", data.inputs()}, {"targets", data.targets()}};
  for (const auto& [name, tensor] : state_of(*next)) {
    expected.set("next." + name, tensor);
  }
  save_checkpoint(expected, folder / "expected.pth");
  const std::string command = std::string(python) + " " HEARTH_TEST_DIR "/train/read_checkpoint.py '" + file.string() +
                              "' '" + (folder / "expected.pth").string() + "'";
  CHECK(std::system(command.c_str()) == 0);
}
