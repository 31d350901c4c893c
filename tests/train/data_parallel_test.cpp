/// Runs of several processes, which are threads here: one run, whatever their number.
#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <hearth/core/random.hpp>
#include <hearth/core/stop.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/distributed_sampler.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/reduce_lr_on_plateau.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/checkpoint_files.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/trainer.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "dist/ranks.hpp"
#include "temporary_folder.hpp"
#include "train/small_runs.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Networks and their generator belong to a process; threads make theirs one after the other.
Net make_net(const NetOptions& options = {}, std::uint64_t seed = 2) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  return net(options, seed);
}

/// What one process has in the end.
struct End {
  History history;
  State state;
  Position position;
  std::vector<std::int64_t> counts;  // the validation's confusion matrix
  std::string error;
};

/// Keeps what an epoch's and a run's end show, in every process.
struct EndWatcher : Callback {
  static constexpr bool on_every_rank = true;
  End* seen;
  explicit EndWatcher(End* seen_by_one) : seen(seen_by_one) {}
  void on_epoch_end(const EpochEnd& event) {
    const ConfusionCounts matrix = event.metric<ConfusionMatrix>()->value();
    seen->counts.assign(matrix.counts().begin(), matrix.counts().end());
  }
  void on_fit_end(const FitEnd& event) { seen->position = event.run.position(); }
};

/// A training that is the same at every number of processes.
struct Recipe {
  TensorDataset train;
  TensorDataset val;
  std::int64_t global_batch = 8;
  int epochs = 3;
  NetOptions net = {};
  TrainerOptions options = {};

  std::vector<End> on(std::size_t processes) const {
    std::vector<End> ends(processes);
    run_ranks(static_cast<int>(processes),
              [&](const dist::World& world) { ends[static_cast<std::size_t>(world.rank())] = run(world); });
    return ends;
  }

  End run(const dist::World& world, std::uint64_t seed = 2) const {
    const LoaderOptions loading{.batch_size = global_batch / world.size(), .shuffle = true, .seed = 7};
    DataLoader train_loader{train, loading};
    DataLoader val_loader{val, {.batch_size = 4}};
    Net model = make_net(net, seed);
    optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
    optim::ReduceLROnPlateau scheduler{optimizer, {.patience = 0}};
    TrainerOptions all = options;
    all.epochs = epochs;
    all.device = at::kCPU;
    all.world = world;
    End end;
    Trainer trainer{model, optimizer, scheduler, all, EndWatcher{&end}};
    end.history =
        trainer.fit(train_loader, val_loader, Classification{CrossEntropyLoss{}, Accuracy{}, ConfusionMatrix{}});
    end.state = state_of(*model);
    return end;
  }
};

double largest_difference(const History& a, const History& b) {
  double largest = a.epochs.size() == b.epochs.size() ? 0 : 1e30;
  for (std::size_t i = 0; i < std::min(a.epochs.size(), b.epochs.size()); ++i) {
    for (const Figure& figure : a.epochs[i].figures) {
      largest = std::max(largest, std::abs(figure.value - b.epochs[i][figure.name]));
    }
    largest = std::max(largest, std::abs(a.epochs[i].lr - b.epochs[i].lr));
  }
  return largest;
}

}  // namespace

TEST_CASE("1, 2, 4 and 8 processes follow one curve, and end with the same weights", "[data_parallel]") {
  const std::int64_t samples = GENERATE(48, 53);  // whole batches, and a last one that some processes have no part in
  CAPTURE(samples);
  const Recipe recipe{labelled(samples, 3), labelled(29, 3), 8, 3, {.outputs = 3}};
  const End alone = recipe.run({});
  REQUIRE(alone.history.epochs.size() == 3);
  for (const std::size_t processes : {2U, 4U, 8U}) {
    CAPTURE(processes);
    const std::vector<End> ends = recipe.on(processes);
    for (const End& end : ends) {
      CHECK(difference(end.state, ends.front().state) == 0);
      CHECK(difference(end.state, alone.state) < 1e-6);
      CHECK(largest_difference(end.history, alone.history) < 1e-6);
      CHECK(end.counts == alone.counts);
      CHECK(end.position.steps == alone.position.steps);
    }
  }
}

TEST_CASE("Accumulated batches, clipping and averages are those of one process", "[data_parallel]") {
  Recipe recipe{labelled(45), labelled(16), 4, 2};
  recipe.options.accumulate = 3;
  recipe.options.clip_norm = 0.05;
  recipe.options.average = optim::WeightAverageOptions{.decay = 0.9};
  const End alone = recipe.run({});
  for (const End& end : recipe.on(2)) {
    CHECK(difference(end.state, alone.state) < 1e-6);
    CHECK(largest_difference(end.history, alone.history) < 1e-6);
    CHECK(end.position.steps == alone.position.steps);
  }
}

TEST_CASE("BatchNorm's statistics are those of rank 0 everywhere, and with sync_batch_norm those of all samples",
          "[data_parallel]") {
  Recipe recipe{labelled(48), labelled(16), 8, 2, {.norm = true}};
  for (const std::vector<End> ends = recipe.on(2); const End& end : ends) {
    CHECK(equal(end.state, ends.front().state));
    CHECK(largest_difference(end.history, ends.front().history) == 0);
  }
  const End alone = recipe.run({});
  recipe.options.data_parallel.sync_batch_norm = true;
  for (const End& end : recipe.on(2)) {
    CHECK(difference(end.state, alone.state) < 1e-5);
    CHECK(largest_difference(end.history, alone.history) < 1e-5);
  }
}

TEST_CASE("An optimizer whose state is shared out gives the same weights, to the bit", "[data_parallel]") {
  Recipe recipe{labelled(48), labelled(16), 8, 2};
  const std::vector<End> whole = recipe.on(3);
  recipe.options.data_parallel.shard_optimizer = true;
  for (const End& end : recipe.on(3)) {
    CHECK(equal(end.state, whole.front().state));
  }
}

TEST_CASE("Rank 0's weights are everybody's", "[data_parallel]") {
  const Recipe recipe{labelled(16), labelled(8), 8, 1};
  const std::vector<End> same = recipe.on(2);
  std::vector<End> ends(2);
  run_ranks(2, [&](const dist::World& world) {
    ends[static_cast<std::size_t>(world.rank())] = recipe.run(world, world.is_main() ? 2 : 77);
  });
  CHECK(equal(ends[1].state, same[0].state));
}

TEST_CASE("An evaluation counts every sample once, at every number of processes", "[data_parallel]") {
  const TensorDataset data = labelled(37, 3);
  struct Result {
    double loss;
    std::vector<std::int64_t> counts;
  };
  const auto evaluate = [&](const dist::World& world) {
    Net model = make_net({.outputs = 3});
    DataLoader loader{data, {.batch_size = 5}};
    Evaluator evaluator{AverageLoss{CrossEntropyLoss{}}, Accuracy{}, ConfusionMatrix{}};
    const auto [loss, accuracy, matrix] = evaluator.run(model, loader, {.device = at::kCPU}, world);
    return Result{loss, {matrix.counts().begin(), matrix.counts().end()}};
  };
  // Of the same batches, added up in double precision.
  const auto added = [&](std::size_t processes) {
    Net model = make_net({.outputs = 3});
    const torch::NoGradGuard no_grad;
    DataLoader loader{data, {.batch_size = 5}};
    double sum = 0;
    for (std::size_t rank = 0; rank < processes; ++rank) {
      for (const Batch& batch : loader.epoch(0, 0, {.rank = rank, .size = processes})) {
        if (batch.counts) {
          const auto loss = torch::nn::functional::cross_entropy(model->forward(batch.inputs), batch.targets);
          sum += loss.item<double>() * static_cast<double>(batch.size());
        }
      }
    }
    return sum / 37;
  };
  const Result alone = evaluate({});
  for (const int processes : {2, 3, 8}) {
    std::vector<Result> results(static_cast<std::size_t>(processes));
    run_ranks(processes,
              [&](const dist::World& world) { results[static_cast<std::size_t>(world.rank())] = evaluate(world); });
    for (const Result& result : results) {
      CHECK(result.counts == alone.counts);
      CHECK(result.loss == Approx(added(static_cast<std::size_t>(processes))).epsilon(1e-12));
      CHECK(result.loss == Approx(alone.loss).epsilon(1e-6));
    }
  }
}

namespace {

struct CountsOnMain : Callback {
  std::atomic<int>& told;
  explicit CountsOnMain(std::atomic<int>& counter) : told(counter) {}
  void on_epoch_end(const EpochEnd&) { ++told; }
};
struct CountsEverywhere : CountsOnMain {
  static constexpr bool on_every_rank = true;
  using CountsOnMain::CountsOnMain;
};

}  // namespace

TEST_CASE("Callbacks hear of a run on rank 0 alone, unless they ask for more", "[data_parallel]") {
  std::atomic<int> main{0};
  std::atomic<int> all{0};
  const TensorDataset data = labelled(12);
  run_ranks(3, [&](const dist::World& world) {
    Net model = make_net();
    optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
    DataLoader loader{data, {.batch_size = 2}};
    Trainer trainer{
        model, optimizer, {.epochs = 2, .device = at::kCPU, .world = world}, CountsOnMain{main}, CountsEverywhere{all}};
    trainer.fit(loader);
  });
  CHECK(main == 2);
  CHECK(all == 6);
}

namespace {

/// Runs a training of three processes in which `bother(world, options)` and the callback do something, and gives how
/// each ended.
template <class Made>
std::vector<End> ends_of(const TensorDataset& data, Made make_callback, TrainerOptions options = {}) {
  std::vector<End> ends(3);
  run_ranks(3, [&](const dist::World& world) {
    End& end = ends[static_cast<std::size_t>(world.rank())];
    Net model = make_net({.norm = true});
    optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
    DataLoader loader{data, {.batch_size = 2}};
    TrainerOptions own = options;
    own.epochs = 4;
    own.device = at::kCPU;
    own.world = world;
    StopSource source;
    own.stop = source.token();
    try {
      Trainer trainer{model, optimizer, own, make_callback(world, source, end)};
      end.history = trainer.fit(loader, loader);
    } catch (const Error& error) {
      end.error = error.what();
    }
    end.state = state_of(*model);
  });
  return ends;
}

/// Does something after a batch of an epoch.
struct AtBatch : Callback {
  static constexpr bool on_every_rank = true;
  Phase phase = Phase::train;
  int epoch = 1;
  std::size_t batch = 2;
  std::function<void(const BatchEnd&)> act = {};
  Position* position = nullptr;

  void on_batch_end(const BatchEnd& event) {
    if (act && event.phase == phase && event.epoch == epoch && event.batch == batch) {
      act(event);
    }
  }
  void on_fit_end(const FitEnd& event) { *position = event.run.position(); }
  void on_interrupted(const Interrupted& event) { *position = event.run.position(); }
};

}  // namespace

TEST_CASE("A stop that is requested in one process ends all after the same step", "[data_parallel]") {
  const Phase phase = GENERATE(Phase::train, Phase::validation);
  const auto ends = ends_of(labelled(30), [&](const dist::World& world, StopSource& source, End& end) {
    AtBatch callback;
    callback.phase = phase;
    callback.position = &end.position;
    if (world.rank() == 1) {
      callback.act = [&source](const BatchEnd&) { source.request_stop(); };
    }
    return callback;
  });
  for (const End& end : ends) {
    CHECK(end.error.empty());
    CHECK(end.history.interrupted);
    CHECK(end.history.epochs.size() == 1);
    CHECK(end.position.steps == ends[0].position.steps);
    CHECK(end.position.batch == ends[0].position.batch);
    CHECK(end.position.epoch == 1);
    CHECK(equal(end.state, ends[0].state));
  }
  CHECK(ends[0].position.steps >= 5 + 3);
}

TEST_CASE("A callback of any process ends the run of all", "[data_parallel]") {
  const int rank = GENERATE(0, 2);
  const auto ends = ends_of(labelled(30), [&](const dist::World& world, StopSource&, End& end) {
    AtBatch callback;
    callback.position = &end.position;
    if (world.rank() == rank) {
      callback.act = [](const BatchEnd& event) { event.run.stop_training("it is enough"); };
    }
    return callback;
  });
  for (const End& end : ends) {
    CHECK(end.error.empty());
    CHECK(end.history.stopped == "it is enough");
    CHECK(end.position.steps == ends[0].position.steps);
    CHECK(equal(end.state, ends[0].state));
  }
}

TEST_CASE("A loss that is not finite in one process is the error of all", "[data_parallel]") {
  torch::Tensor inputs = labelled(30).inputs().clone();
  inputs[7].fill_(std::nan(""));  // rank 1's, in the second batch
  const auto ends = ends_of({inputs, labelled(30).targets()}, [](const dist::World&, StopSource&, End& end) {
    AtBatch callback;
    callback.position = &end.position;
    return callback;
  });
  for (const End& end : ends) {
    CHECK_THAT(end.error, ContainsSubstring("rank 1: Trainer: the loss is nan in epoch 0, batch 1"));
    for (const auto& [name, tensor] : end.state) {
      CHECK(tensor.isfinite().all().item<bool>());
    }
  }
}

TEST_CASE("An exception in one process ends all, which say whose it was", "[data_parallel]") {
  const auto ends = ends_of(labelled(30), [](const dist::World& world, StopSource&, End& end) {
    AtBatch callback;
    callback.position = &end.position;
    if (world.rank() == 2) {
      callback.act = [](const BatchEnd&) { throw Error("the disk is gone"); };
    }
    return callback;
  });
  CHECK(ends[2].error == "the disk is gone");
  CHECK_THAT(ends[0].error, ContainsSubstring("rank 2") && ContainsSubstring("the disk is gone"));
  CHECK_THAT(ends[1].error, ContainsSubstring("rank 2") && ContainsSubstring("the disk is gone"));
}

namespace {

/// The error of a run in which each process has its own data and options.
std::string error_of(const std::function<TensorDataset(int rank)>& data,
                     const std::function<TrainerOptions(int rank)>& options, std::int64_t outputs_of_last = 2,
                     std::uint64_t seed_of_last = 0) {
  std::vector<std::string> errors(2);
  run_ranks(2, [&](const dist::World& world) {
    Net model = make_net({.outputs = world.rank() == 1 ? outputs_of_last : 2});
    optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
    DataLoader loader{data(world.rank()),
                      {.batch_size = 2, .shuffle = true, .seed = world.rank() == 1 ? seed_of_last : 0}};
    TrainerOptions own = options(world.rank());
    own.device = at::kCPU;
    own.world = world;
    try {
      Trainer trainer{model, optimizer, own};
      trainer.fit(loader);
    } catch (const Error& error) {
      errors[static_cast<std::size_t>(world.rank())] = error.what();
    }
  });
  CHECK(errors[0] == errors[1]);
  return errors[0];
}

}  // namespace

TEST_CASE("Processes that would train something else are told what and which", "[data_parallel]") {
  const TensorDataset twelve = labelled(12);
  const TensorDataset thirteen = labelled(13);
  const auto same_data = [&](int) { return twelve; };
  const auto same_options = [](int) { return TrainerOptions{}; };
  CHECK_THAT(error_of([&](int rank) { return rank == 0 ? twelve : thirteen; }, same_options),
             ContainsSubstring("rank 1: its training samples is 13, but that of rank 0 is 12"));
  CHECK_THAT(error_of(same_data, [](int rank) { return TrainerOptions{.epochs = 1 + rank}; }),
             ContainsSubstring("rank 1: its epochs is 2, but that of rank 0 is 1"));
  CHECK_THAT(error_of(same_data, same_options, /*outputs_of_last=*/3),
             ContainsSubstring("rank 1: its tensor last.weight is [3, 8] of float, but that of rank 0 is [2, 8]"));
  CHECK_THAT(error_of(same_data,
                      [](int rank) {
                        TrainerOptions options;
                        options.data_parallel.shard_optimizer = rank == 1;
                        return options;
                      }),
             ContainsSubstring("rank 1: its shard_optimizer is true, but that of rank 0 is false"));
  const TemporaryFolder folder;
  CHECK_THAT(error_of(same_data,
                      [&](int rank) {
                        TrainerOptions options;
                        if (rank == 0) {
                          options.checkpoints = CheckpointOptions{.folder = {folder.path()}};
                        }
                        return options;
                      }),
             ContainsSubstring("rank 1: its TrainerOptions::checkpoints is false, but that of rank 0 is true"));
  CHECK_THAT(error_of(same_data, same_options, 2, /*seed_of_last=*/1),
             ContainsSubstring("rank 1: its order of the training samples is one with seed 1"));
}

TEST_CASE("A checkpoint that rank 0 cannot write keeps no process from going on", "[data_parallel]") {
  const TemporaryFolder folder;
  const TensorDataset data = labelled(24);
  std::vector<State> states(2);
  std::vector<std::string> errors(2);
  run_ranks(2, [&](const dist::World& world) {
    Net model = make_net();
    optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
    DataLoader loader{data, {.batch_size = 2}};
    TrainerOptions options{.epochs = 3, .device = at::kCPU, .world = world};
    options.checkpoints =
        CheckpointOptions{.folder = world.is_main() ? RunFolder{folder.path(), RunStart::fresh}
                                                    : RunFolder::of_another_process(folder.path(), RunStart::fresh)};
    if (world.is_main()) {
      std::ofstream(folder.path() / "checkpoints") << "a file where a folder should be";
    }
    try {
      Trainer trainer{model, optimizer, options};
      trainer.fit(loader);
    } catch (const Error& error) {
      errors[static_cast<std::size_t>(world.rank())] = error.what();
    }
    states[static_cast<std::size_t>(world.rank())] = state_of(*model);
  });
  CHECK_FALSE(errors[0].empty());  // it could not be saved to the end
  CHECK(equal(states[0], states[1]));
}

namespace {

/// Changes a weight in one process, at an epoch's end.
struct Meddles : Callback {
  static constexpr bool on_every_rank = true;
  torch::Tensor weight;  // undefined: leaves it alone
  void on_epoch_end(const EpochEnd&) {
    if (weight.defined()) {
      const torch::NoGradGuard no_grad;
      weight.add_(1);
    }
  }
};

}  // namespace

TEST_CASE("Weights that differ at an epoch's end are rank 0's again", "[data_parallel]") {
  const TensorDataset data = labelled(24);
  std::vector<State> states(2);
  run_ranks(2, [&](const dist::World& world) {
    Net model = make_net();
    optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
    DataLoader loader{data, {.batch_size = 2}};
    Meddles meddles;
    if (world.rank() == 1) {
      meddles.weight = model->parameters()[0];
    }
    Trainer trainer{model, optimizer, {.epochs = 2, .device = at::kCPU, .world = world}, meddles};
    trainer.fit(loader);
    states[static_cast<std::size_t>(world.rank())] = state_of(*model);
  });
  CHECK(equal(states[0], states[1]));
}

TEST_CASE("An evaluation that fails in one process fails in all", "[data_parallel]") {
  const TensorDataset good = labelled(12);
  torch::Tensor labels = good.targets().clone();
  labels[1] = 7;  // rank 1's first sample
  const TensorDataset bad{good.inputs(), labels};
  std::vector<std::string> errors(2);
  run_ranks(2, [&](const dist::World& world) {
    Net model = make_net();
    DataLoader loader{bad, {.batch_size = 2}};
    Evaluator evaluator{Accuracy{}};
    try {
      static_cast<void>(evaluator.run(model, loader, {.device = at::kCPU}, world));
    } catch (const Error& error) {
      errors[static_cast<std::size_t>(world.rank())] = error.what();
    }
  });
  CHECK_THAT(errors[0], ContainsSubstring("rank 1") && ContainsSubstring("7"));
  CHECK_THAT(errors[1], ContainsSubstring("7"));
}

TEST_CASE("Loaders that share an epoch themselves are refused", "[data_parallel]") {
  const TensorDataset data = labelled(12);
  run_ranks(2, [&](const dist::World& world) {
    Net model = make_net();
    optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
    DataLoader loader{data, DistributedSampler{12, {.rank = world.rank(), .world_size = 2}}, {.batch_size = 2}};
    Trainer trainer{model, optimizer, {.device = at::kCPU, .world = world}};
    CHECK_THROWS_WITH(trainer.fit(loader), ContainsSubstring("Sampler"));
  });
}

namespace {

/// Sample i has the label i: the confusion matrix of the training counts how often each was seen.
constexpr std::int64_t elastic_samples = 59;

struct Part {
  int processes;
  std::int64_t batch_size;
  std::optional<std::size_t> stop_after;  // batches
};

struct Seen {
  std::vector<std::vector<std::int64_t>> epochs;  // how often each sample
  State state;
  std::vector<double> losses;
};

struct SeenWatcher : Callback {
  Seen* seen;
  const Part* part;
  StopSource* source;
  std::size_t batches = 0;
  SeenWatcher(Seen* all, const Part* this_part, StopSource* stop) : seen(all), part(this_part), source(stop) {}
  void on_batch_end(const BatchEnd&) {
    if (part->stop_after && ++batches == *part->stop_after) {
      source->request_stop();
    }
  }
  void on_epoch_end(const EpochEnd& event) {
    const ConfusionCounts counts = event.metric<ConfusionMatrix>()->value();
    std::vector<std::int64_t> of_sample(static_cast<std::size_t>(elastic_samples));
    for (std::size_t i = 0; i < counts.counts().size(); ++i) {
      of_sample[i / static_cast<std::size_t>(elastic_samples)] += counts.counts()[i];
    }
    seen->epochs.push_back(of_sample);
    seen->losses.push_back(event.record()["train_loss"]);
  }
};

struct StopsAfter : Callback {
  StopSource* source;
  std::optional<std::size_t> after;
  StopsAfter(StopSource* stop, std::optional<std::size_t> batches) : source(stop), after(batches) {}
  void on_batch_end(const BatchEnd&) {
    if (after && (*after)-- == 1) {
      source->request_stop();
    }
  }
};

RunFolder folder_of(const dist::World& world, const std::filesystem::path& path) {
  return world.is_main() ? RunFolder{path, RunStart::resume} : RunFolder::of_another_process(path, RunStart::resume);
}

}  // namespace

TEST_CASE("A run that was saved by four processes goes on with two or three, and sees every sample once",
          "[data_parallel]") {
  torch::manual_seed(4);
  const TensorDataset data{torch::randn({elastic_samples, 4}), torch::arange(elastic_samples)};
  const TemporaryFolder folder;
  const auto run_parts = [&](const std::filesystem::path& path, const std::vector<Part>& parts) {
    Seen seen;
    for (const Part& part : parts) {
      run_ranks(part.processes, [&](const dist::World& world) {
        Net model = make_net({.outputs = elastic_samples});
        optim::AdamW optimizer{model->parameters(), {.lr = 0.01}};
        DataLoader loader{data, {.batch_size = part.batch_size, .shuffle = true, .seed = 3}};
        StopSource source;
        TrainerOptions options{.epochs = 3, .device = at::kCPU, .stop = source.token(), .world = world};
        options.checkpoints = CheckpointOptions{.folder = folder_of(world, path)};
        Trainer trainer{model, optimizer, options, SeenWatcher{&seen, &part, &source}};
        trainer.fit(loader, Classification{CrossEntropyLoss{}, Accuracy{}, ConfusionMatrix{}});
        if (world.is_main()) {
          seen.state = state_of(*model);
        }
      });
    }
    return seen;
  };
  const Seen whole = run_parts(folder.path() / "whole", {{1, 12, {}}});
  const Seen same = run_parts(folder.path() / "same", {{4, 3, 2}, {2, 6, 5}, {3, 4, {}}});
  const Seen other = run_parts(folder.path() / "other", {{4, 3, 2}, {2, 5, 3}, {3, 2, {}}});
  for (const Seen* const seen : {&whole, &same, &other}) {
    REQUIRE(seen->epochs.size() == 3);
    for (const auto& epoch : seen->epochs) {
      CHECK(epoch == std::vector<std::int64_t>(static_cast<std::size_t>(elastic_samples), 1));
    }
  }
  CHECK(difference(same.state, whole.state) < 1e-5);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(same.losses[i] == Approx(whole.losses[i]).epsilon(1e-6));
  }
}

TEST_CASE("A run of several processes that is interrupted and resumed ends as one that was not, to the bit",
          "[data_parallel]") {
  const bool shards = GENERATE(false, true);
  const TemporaryFolder folder;
  const TensorDataset data = labelled(42);
  const auto run = [&](const std::filesystem::path& path, std::optional<std::size_t> stop_after) {
    State state;
    run_ranks(3, [&](const dist::World& world) {
      Net model = make_net({.norm = true});
      optim::AdamW optimizer{model->parameters(), {.lr = 0.01}};
      DataLoader loader{data, {.batch_size = 2, .shuffle = true}};
      StopSource source;
      TrainerOptions options{.epochs = 2, .device = at::kCPU, .stop = source.token(), .world = world};
      options.data_parallel.shard_optimizer = shards;
      options.checkpoints = CheckpointOptions{.folder = folder_of(world, path)};
      Trainer trainer{model, optimizer, options, StopsAfter{&source, stop_after}};
      trainer.fit(loader);
      if (world.is_main()) {
        state = state_of(*model);
      }
    });
    return state;
  };
  const State whole = run(folder.path() / "whole", {});
  run(folder.path() / "parts", 4);
  CHECK(equal(run(folder.path() / "parts", {}), whole));
}
