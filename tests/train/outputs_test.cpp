/// What a run leaves in its folder for people to look at.
#include <hearth/train/report.hpp>
#include <hearth/train/save_confusion_matrix.hpp>
#include <hearth/train/tensor_board.hpp>

#include <torch/torch.h>
#include <torch/version.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <hearth/core/stop.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/metrics_log.hpp>
#include <hearth/train/run_log.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/version.hpp>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "told_by.hpp"
#include "train/fake_run.hpp"
#include "train/read_events.hpp"
#include "train/small_runs.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int batches = 4;  // in an epoch, of 2 samples each

/// Ends a run in its middle, as a signal does or by an error.
struct EndsIn : Callback {
  StopSource source;
  int epoch = -1;
  bool fails = false;

  void on_batch_end(const BatchEnd& event) {
    if (event.epoch == epoch && event.phase == Phase::train && event.batch == 1) {
      if (fails) {
        throw std::runtime_error("an error");
      }
      source.request_stop();
    }
  }
};

/// Trains the same small network as always, in a folder, and gives its history.
template <class... Callbacks>
History train_in(const RunFolder& folder, int epochs, EndsIn ends, Callbacks... callbacks) {
  const auto data = labelled(2 * batches);
  DataLoader train{data, {.batch_size = 2}};
  DataLoader val{data, {.batch_size = 3}};
  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  TrainerOptions options{.epochs = epochs, .device = at::kCPU};
  options.checkpoints = CheckpointOptions{.folder = folder};
  options.stop = ends.source.token();
  Trainer trainer{model, optimizer, options, std::move(ends), std::move(callbacks)...};
  return trainer.fit(train, val,
                     Classification{CrossEntropyLoss{}, Accuracy{}, ConfusionMatrix{{.classes = {"a,b", "<c>"}}}});
}

/// As read_events.py prints it: ["scalar loss/val": [[0, 0.5], …]].
std::string scalar(const std::string& tag, const History& history, const std::string& figure) {
  std::string steps;
  for (const EpochRecord& record : history.epochs) {
    // The shortest text of the float as a double, which is what Python prints.
    steps += fmt::format("{}[{}, {}]", steps.empty() ? "" : ", ", record.epoch,
                         static_cast<double>(static_cast<float>(record[figure])));
  }
  return fmt::format("\"scalar {}\": [{}]", tag, steps);
}

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[std::filesystem::relative(entry.path(), folder).string()] = read_text(entry.path());
    }
  }
  return files;
}

std::string state_in(const std::string& page) {
  const std::size_t begin = page.find("<p class=\"state\">") + 17;
  return page.substr(begin, page.find("</p>", begin) - begin);
}

}  // namespace

TEST_CASE("TensorBoard finds the figures of every epoch, the losses of steps and the confusion matrix",
          "[tensor_board]") {
  const hearth_test::TemporaryFolder temporary;
  const RunFolder folder{temporary / "run"};
  const LogPicture picture{"sheets/first", [](const EpochEnd& event) { return Image(event.record().epoch + 1, 7, 3); }};
  const History history =
      train_in(folder, 3, {}, RunLog{folder, {.every_steps = 2, .pictures = {picture}}, TensorBoard{}});
  REQUIRE(history.epochs.size() == 3);
  const std::filesystem::path events = folder / "tensorboard";
  const auto epochs = read_events(events);
  const auto steps = read_events(events / "steps");
  if (!epochs || !steps) {
    WARN("skipped: HEARTH_PYTHON names no Python with tensorboard");
    return;
  }
  CHECK_THAT(*epochs, ContainsSubstring(scalar("loss/train", history, "train_loss")) &&
                          ContainsSubstring(scalar("loss/val", history, "val_loss")) &&
                          ContainsSubstring(scalar("accuracy/train", history, "train_accuracy")) &&
                          ContainsSubstring(scalar("accuracy/val", history, "val_accuracy")) &&
                          ContainsSubstring("\"scalar lr\": [[0, 0.10000000149011612],") &&
                          ContainsSubstring("\"scalar images_per_second\": [[0,") &&
                          ContainsSubstring("\"scalar data_wait_fraction\": [[0,") &&
                          ContainsSubstring("\"scalar seconds\": [[0,") &&
                          ContainsSubstring("\"image sheets/first\": [[0, 7, 1], [1, 7, 2], [2, 7, 3]]"));
  const Image matrix = decode_image(core::read_file(events / "confusion_matrix.png"), "confusion_matrix.png");
  CHECK_THAT(*epochs,
             ContainsSubstring(fmt::format("\"image confusion_matrix\": [[0, {0}, {1}], [1, {0}, {1}], [2, {0}, {1}]]",
                                           matrix.width(), matrix.height())));
  CHECK(steps->starts_with("{\"scalar loss/step\": [[2, "));
  for (const int step : {4, 6, 8, 10, 12}) {
    CHECK_THAT(*steps, ContainsSubstring(fmt::format(", [{}, ", step)));
  }
  CHECK_THAT(*steps, ContainsSubstring("\"scalar lr/step\": [[2, 0.10000000149011612], [4, 0.1000"));
  CHECK_THROWS_WITH((RunLog{folder, {.every_steps = -1}, TensorBoard{}}),
                    "RunLog: every_steps must be at least 0, but got -1");
}

TEST_CASE("what a resumed run does again takes the place of what TensorBoard had of it", "[tensor_board]") {
  const hearth_test::TemporaryFolder temporary;
  const auto run = [&](RunStart start, int epochs, EndsIn ends) {
    const RunFolder folder{temporary / "run", start};
    return train_in(folder, epochs, std::move(ends), RunLog{folder, {.every_steps = 1}, TensorBoard{}});
  };
  EndsIn fails;
  fails.epoch = 2;
  fails.fails = true;
  CHECK_THROWS_WITH(run(RunStart::fresh, 4, fails), "an error");  // steps 9 and 10 come again: no checkpoint has them
  EndsIn stops;
  stops.epoch = 3;
  CHECK(run(RunStart::resume, 4, stops).interrupted);
  const History history = run(RunStart::resume, 4, {});
  REQUIRE(history.epochs.size() == 4);
  const auto files = files_of(temporary / "run" / "tensorboard");
  CHECK(files.size() == 6);      // three runs, each with a file of epochs and one of steps
  run(RunStart::resume, 4, {});  // which was complete
  CHECK(files_of(temporary / "run" / "tensorboard") == files);
  const auto epochs = read_events(temporary / "run" / "tensorboard");
  const auto steps = read_events(temporary / "run" / "tensorboard" / "steps");
  if (!epochs || !steps) {
    WARN("skipped: HEARTH_PYTHON names no Python with tensorboard");
    return;
  }
  CHECK_THAT(*epochs, ContainsSubstring(scalar("loss/val", history, "val_loss")));
  std::vector<std::string> found;
  for (std::size_t place = steps->find(": ["); (place = steps->find('[', place + 1)) != std::string::npos;) {
    if ((*steps)[place + 1] != '[') {
      found.push_back(steps->substr(place + 1, steps->find(',', place) - place - 1));
    }
  }
  std::vector<std::string> expected;
  for (int step = 1; step <= 4 * batches; ++step) {
    expected.push_back(std::to_string(step));
  }
  const std::vector<std::string> losses = expected;
  expected.insert(expected.end(), losses.begin(), losses.end());  // the losses, and the learning rates
  CHECK(found == expected);
}

TEST_CASE("training goes on where event files cannot be written, and none of their events is lost", "[tensor_board]") {
  const hearth_test::TemporaryFolder temporary;
  const RunFolder folder{temporary / "run"};
  std::ofstream(folder / "tensorboard") << "in the way";
  struct Frees : Callback {
    std::filesystem::path file;
    void on_epoch_begin(const EpochBegin& event) const {
      if (event.epoch == 2) {
        std::filesystem::remove(file);
      }
    }
  };
  Frees frees;
  frees.file = folder / "tensorboard";
  History history;
  const std::string told = told_by([&] { history = train_in(folder, 3, {}, frees, RunLog{folder, TensorBoard{}}); });
  CHECK_THAT(told, ContainsSubstring("training goes on, and it is tried again"));
  CHECK(told.find("training goes on") == told.rfind("training goes on"));  // once
  REQUIRE(history.epochs.size() == 3);
  if (const auto epochs = read_events(folder / "tensorboard")) {
    CHECK_THAT(*epochs, ContainsSubstring(scalar("loss/train", history, "train_loss")));
  } else {
    WARN("skipped in part: HEARTH_PYTHON names no Python with tensorboard");
  }
}

TEST_CASE("the confusion matrix of a run is there as a picture and as a table", "[save_confusion_matrix]") {
  const hearth_test::TemporaryFolder temporary;
  const RunFolder folder{temporary / "run"};
  struct Copies : Callback {
    std::shared_ptr<std::optional<ConfusionCounts>> last = std::make_shared<std::optional<ConfusionCounts>>();
    void on_epoch_end(const EpochEnd& event) { *last = event.metric<ConfusionMatrix>()->value(); }
  };
  const Copies copies;
  train_in(folder, 2, {}, copies, SaveConfusionMatrix{folder});
  const ConfusionCounts& counts = copies.last->value();
  CHECK(counts(0, 0) + counts(0, 1) + counts(1, 0) + counts(1, 1) == 2 * batches);
  CHECK(read_text(folder / "confusion_matrix.csv") == fmt::format("truth,\"a,b\",<c>\n\"a,b\",{},{}\n<c>,{},{}\n",
                                                                  counts(0, 0), counts(0, 1), counts(1, 0),
                                                                  counts(1, 1)));
  CHECK(decode_image(core::read_file(folder / "confusion_matrix.png"), "png").width() > 100);
}

TEST_CASE("classes that the metric knows by their numbers alone get the dataset's names", "[save_confusion_matrix]") {
  const hearth_test::TemporaryFolder temporary;
  struct WithMatrix final : train::LiveFigures {
    ConfusionMatrix matrix{{.num_classes = 2}};
    double batch_loss() const override { return 0; }
    Figures figures() const override { return {}; }
    double gradient_norm() const override { return 0; }
    const void* find_metric(const std::type_info& type) const noexcept override {
      return type == typeid(ConfusionMatrix) ? &matrix : nullptr;
    }
  };
  WithMatrix live;
  live.matrix.update(torch::tensor({{1.0, 0.0}, {1.0, 0.0}, {0.0, 1.0}}), torch::tensor({0, 1, 1}));
  const History history{.epochs = {{.epoch = 0}}};
  const Run& run = no_run();
  SaveConfusionMatrix save{RunFolder{temporary.path()}};
  const auto table_for = [&](const std::vector<std::string>& classes) {
    save.on_fit_begin({.run = run, .classes = classes});
    save.on_epoch_end({run, history, 1, {}, &live});
    return read_text(temporary / "confusion_matrix.csv");
  };
  CHECK(table_for({"cat", "dog"}) == "truth,cat,dog\ncat,1,0\ndog,1,1\n");
  CHECK(table_for({"cat"}) == "truth,0,1\n0,1,0\n1,1,1\n");
  std::filesystem::remove(temporary / "confusion_matrix.csv");
  save.on_epoch_end({run, history, 1});  // a task without the metric
  CHECK_FALSE(std::filesystem::exists(temporary / "confusion_matrix.csv"));
}

TEST_CASE("a run's report grows with it, and says how it ended", "[report]") {
  const hearth_test::TemporaryFolder temporary;
  struct Pages : Callback {
    std::filesystem::path file;
    std::shared_ptr<std::vector<std::string>> states = std::make_shared<std::vector<std::string>>();
    void on_epoch_begin(const EpochBegin&) const { states->push_back(state_in(read_text(file))); }
  };
  const auto run = [&](RunStart start, EndsIn ends) {
    const RunFolder folder{temporary / "run", start};
    Pages pages;
    pages.file = folder / "report.html";
    std::exception_ptr failure;
    try {
      train_in(folder, 3, std::move(ends), pages, RunLog{folder, MetricsLog{}}, SaveConfusionMatrix{folder},
               Report{folder, {.title = "<Net>", .command = "./net --epochs 3", .summary = "NetModule"}});
    } catch (const std::runtime_error&) {
      pages.states->push_back("failed");
    }
    return *pages.states;
  };
  const auto page = [&] { return read_text(temporary / "run" / "report.html"); };
  using States = std::vector<std::string>;
  EndsIn fails;
  fails.epoch = 1;
  fails.fails = true;
  CHECK(run(RunStart::fresh, fails) ==
        States{"<strong>epoch 1 of 3, running</strong>", "<strong>epoch 2 of 3, running</strong>", "failed"});
  CHECK(state_in(page()) == "<strong class=\"warn\">ended by an error</strong> in epoch 2 of 3");
  EndsIn stops;
  stops.epoch = 2;
  CHECK(run(RunStart::resume, stops).size() == 2);
  CHECK(state_in(page()) == "<strong class=\"warn\">interrupted</strong> in epoch 3 of 3");
  CHECK(run(RunStart::resume, {}) == States{"<strong>epoch 3 of 3, running</strong>"});
  CHECK(state_in(page()) == "<strong>complete</strong> after 3 epochs");
  CHECK_THAT(page(), ContainsSubstring("<h1>&lt;Net&gt;</h1>") && ContainsSubstring("<section id=\"confusion\">") &&
                         ContainsSubstring("./net --epochs 3") && ContainsSubstring("NetModule") &&
                         !ContainsSubstring("refresh"));
  CHECK(read_text(temporary / "run" / "command.txt") == "./net --epochs 3\n");
  CHECK(read_text(temporary / "run" / "summary.txt") == "NetModule\n");
  const std::string environment = read_text(temporary / "run" / "environment.txt");
  for (const char* const fact :
       {"\nhearth          " HEARTH_VERSION "\n", "\nLibTorch        " TORCH_VERSION "\n", "\nCUDA  ",
        "\ndevice          cpu (", "\nprocessor  ", "\ncores  ", "\nthreads  ", "\nsystem  ", "\ncompiler  "}) {
    CHECK_THAT(environment, ContainsSubstring(fact));
  }
  const auto files = files_of(temporary / "run");
  run(RunStart::resume, {});  // which was complete
  CHECK(files_of(temporary / "run") == files);
}

TEST_CASE("training goes on where no report can be written, which is told", "[report]") {
  const hearth_test::TemporaryFolder temporary;
  const RunFolder folder{temporary / "run"};
  std::filesystem::create_directory(folder / "report.html");  // in the file's way
  const std::string told = told_by(
      [&] { CHECK_THROWS_WITH(train_in(folder, 2, {}, Report{folder}), ContainsSubstring("training is complete")); });
  CHECK_THAT(told, ContainsSubstring("report.html") && ContainsSubstring("training goes on"));
  CHECK(std::filesystem::exists(folder / "environment.txt"));
}
