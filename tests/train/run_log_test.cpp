/// What RunLog tells logs of a run, and what it does about logs that fail.
#include <hearth/train/run_log.hpp>

#include <torch/torch.h>

#include <fmt/format.h>

#include <filesystem>
#include <hearth/core/stop.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/checkpoints.hpp>
#include <hearth/train/metrics_log.hpp>
#include <hearth/train/trainer.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "told_by.hpp"
#include "train/small_runs.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;

namespace {

/// Writes down what it is told.
struct Notes {
  std::shared_ptr<Words> words = std::make_shared<Words>();
  std::string fails = {};  // in this function

  void add(const std::string& function, const std::string& text) const {
    words->push_back(function + text);
    if (fails == function) {
      throw std::runtime_error(function + " fails");
    }
  }
  void config(const LogConfig& event) const {
    std::string names;
    for (const Setting& setting : event.settings) {
      names += " " + setting.name;
    }
    add("config", fmt::format(" at {} {}{}", event.position.steps, event.goes_on(), names));
    bool has_torch = false;
    for (const Setting& fact : event.environment) {
      has_torch = has_torch || fact.name == "LibTorch";
    }
    CHECK(has_torch);
  }
  void scalars(const LogScalars& event) const {
    std::string names;
    for (const Figure& figure : event.values) {
      names += " " + figure.name;
    }
    CHECK((event.history == nullptr || event.history->epochs.back().epoch == event.epoch));
    add("scalars", fmt::format(" {} {}:{}", event.step, event.epoch, names));
  }
  void image(const LogImage& event) const {
    add("image", fmt::format(" {} {} {} {}", event.step, event.epoch, event.name, event.image.width > 0));
  }
  void file(const LogFile& event) const {
    CHECK(std::filesystem::exists(event.path));
    add("file", " " + event.name);
  }
  void end(const LogEnd& event) const { add("end", fmt::format(" {}{}", static_cast<int>(event.state), event.reason)); }
};

/// The same, but for epochs alone.
struct EpochNotes : Notes {
  static constexpr bool takes_epochs_alone = true;
  void config(const LogConfig& event) const { add("config", fmt::format(" {}", event.environment.size())); }
};

/// Ends a run after an optimizer step.
struct Ends : Callback {
  StopSource source;
  std::int64_t step = -1;
  bool fails = false;
  void on_step_end(const StepEnd& event) {
    if (event.step == step) {
      if (fails) {
        throw std::runtime_error("an error");
      }
      source.request_stop();
    }
  }
};

template <class... Callbacks>
History train_with(const RunFolder& folder, Ends ends, Callbacks... callbacks) {
  const auto data = labelled(4);
  DataLoader train{data, {.batch_size = 2}};
  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  TrainerOptions options{.epochs = 2, .device = at::kCPU, .clip_norm = 1.0};
  options.checkpoints = CheckpointOptions{.folder = folder};
  options.stop = ends.source.token();
  Trainer trainer{model, optimizer, options, std::move(ends), std::move(callbacks)...};
  return trainer.fit(train, Classification{CrossEntropyLoss{}, Accuracy{}, ConfusionMatrix{{.num_classes = 2}}});
}

const LogPicture dot{"dot", [](const EpochEnd&) { return Image(1, 1, 3); }};

}  // namespace

TEST_CASE("a log is told config, steps, pictures, epochs, files and the end, in this order", "[run_log]") {
  const TemporaryFolder temporary;
  const RunFolder folder{temporary / "run"};
  const Notes all;
  const EpochNotes epochs;
  train_with(
      folder, {}, SaveBest{folder, Watch{"train_loss", Goal::lowest}},
      RunLog{folder,
             {.config = {{"lr", 0.1}, {"epochs", 7}}, .every_steps = 3, .pictures = {dot}, .files = {"best.pth", "x"}},
             all,
             std::optional(epochs),
             std::optional<Notes>()});
  const std::string record = " train_loss train_accuracy lr seconds images_per_second data_wait_fraction";
  CHECK(*all.words == Words{"config at 0 false lr epochs train_samples val_samples", "image 2 0 confusion_matrix true",
                            "image 2 0 dot true", "scalars 2 0:" + record,
                            "scalars 3 1: step_loss step_lr step_gradient_norm", "image 4 1 confusion_matrix true",
                            "image 4 1 dot true", "scalars 4 1:" + record, "file best.pth",
                            fmt::format("end {}", static_cast<int>(RunState::complete))});
  CHECK(epochs.words->size() == 4);
  CHECK(epochs.words->at(1) == "scalars 2 0:" + record);
}

TEST_CASE("for logs of epochs alone, nothing is drawn and no step's loss is read", "[run_log]") {
  const TemporaryFolder temporary;
  const RunFolder folder{temporary / "run"};
  const EpochNotes epochs;
  bool is_drawn = false;
  const LogPicture picture{"dot", [&](const EpochEnd&) {
                             is_drawn = true;
                             return Image(1, 1, 3);
                           }};
  train_with(folder, {}, RunLog{folder, {.every_steps = 1, .pictures = {picture}}, epochs});
  CHECK_FALSE(is_drawn);
  CHECK(epochs.words->size() == 4);
  CHECK(epochs.words->front() == "config 0");
}

TEST_CASE("a log learns whether its run was complete, interrupted or ended by an error, and where it goes on",
          "[run_log]") {
  const TemporaryFolder temporary;
  const auto run = [&](RunStart start, std::int64_t stop_at, bool fails) {
    const RunFolder folder{temporary / "run", start};
    const Notes notes;
    Ends ends;
    ends.step = stop_at;
    ends.fails = fails;
    try {
      train_with(folder, ends, RunLog{folder, {.confusion_matrix = false}, notes});
    } catch (const std::runtime_error& error) {
      CHECK(std::string(error.what()) == "an error");
    }
    return *notes.words;
  };
  const auto end = [](RunState state) { return fmt::format("end {}", static_cast<int>(state)); };
  const Words failed = run(RunStart::fresh, 3, true);
  CHECK(failed.size() == 3);
  CHECK(failed.back() == end(RunState::failed));
  const Words stopped = run(RunStart::resume, 3, false);
  CHECK(stopped.front() == "config at 2 true epochs train_samples val_samples");
  CHECK(stopped.back() == end(RunState::interrupted));
  const Words complete = run(RunStart::resume, -1, false);
  CHECK(complete.front() == "config at 3 true epochs train_samples val_samples");
  CHECK(complete.back() == end(RunState::complete));
  CHECK(run(RunStart::resume, -1, false).empty());  // which was complete
}

TEST_CASE("a log that fails is told of once, and neither ends the run nor keeps the others from it", "[run_log]") {
  for (const std::string function : {"config", "scalars", "image", "file", "end"}) {
    const TemporaryFolder temporary;
    const RunFolder folder{temporary / "run"};
    Notes fails;
    fails.fails = function;
    const Notes other;
    History history;
    const std::string told = told_by([&] {
      history = train_with(folder, {},
                           RunLog{folder, {.pictures = {dot}, .files = {"metrics.csv"}}, MetricsLog{}, fails, other});
    });
    CHECK(history.epochs.size() == 2);
    CHECK(*fails.words == *other.words);
    CHECK(other.words->back() == fmt::format("end {}", static_cast<int>(RunState::complete)));
    CHECK(told == fmt::format("RunLog: {} fails{}\n", function, function == "end" ? "" : "; training goes on"));
  }
}

TEST_CASE("a picture that cannot be drawn is told of once", "[run_log]") {
  const TemporaryFolder temporary;
  const RunFolder folder{temporary / "run"};
  const Notes notes;
  const LogPicture bad{"bad", [](const EpochEnd&) -> Image { throw std::runtime_error("no ink"); }};
  const std::string told = told_by([&] {
    train_with(folder, {}, RunLog{folder, {.confusion_matrix = false, .pictures = {bad}}, notes});
  });
  CHECK(told == "RunLog: a picture cannot be drawn: no ink; training goes on\n");
  CHECK(notes.words->size() == 4);
}
