#include <hearth/train/history.hpp>
#include <hearth/train/metrics_log.hpp>
#include <hearth/train/progress_bar.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include "catch.hpp"

using namespace hearth;

TEST_CASE("best is the first epoch of the highest validation accuracy", "[history]") {
  History history;
  CHECK_THROWS_WITH(history.best(), Catch::Matchers::ContainsSubstring("no epoch was completed"));
  history.epochs = {{.epoch = 0, .val_loss = 2.0, .val_accuracy = 0.25},
                    {.epoch = 1, .val_loss = 1.0, .val_accuracy = 0.75},
                    {.epoch = 2, .val_loss = 0.5, .val_accuracy = 0.75},
                    {.epoch = 3, .val_loss = 0.1, .val_accuracy = 0.5}};
  CHECK(history.best().epoch == 1);
  CHECK(history.best().accuracy == 0.75);
  CHECK(history.best().loss == 1.0);
}

TEST_CASE("a record becomes one line of JSON whose numbers read back as they were", "[metrics_log]") {
  const EpochRecord record{.epoch = 2,
                           .train_loss = 0.1,
                           .train_accuracy = 0.5,
                           .val_loss = 1.0 / 3,
                           .val_accuracy = 1,
                           .lr = 1e-3,
                           .seconds = 12.5,
                           .images_per_second = 1e6,
                           .data_wait_fraction = 0};
  CHECK(train::to_json(record) ==
        R"({"epoch": 2, "train_loss": 0.1, "train_accuracy": 0.5, "val_loss": 0.3333333333333333, "val_accuracy": 1, )"
        R"("lr": 0.001, "seconds": 12.5, "images_per_second": 1000000, "data_wait_fraction": 0})");
}

TEST_CASE("the progress line gives rate, time left, means and the share of waiting", "[progress_bar]") {
  const BatchEnd done{.phase = Phase::train,
                      .epoch = 2,
                      .epochs = 25,
                      .batch = 9,
                      .batches = 40,
                      .samples_done = 320,
                      .samples = 1280,
                      .batch_loss = 9,
                      .mean_loss = 1.25,
                      .accuracy = 0.5,
                      .seconds = 4,
                      .wait_seconds = 1};
  CHECK(train::progress_line(done) ==
        "epoch 2/24 train 10/40  80 img/s  eta 0:12  loss 1.2500  acc 0.5000  data wait 25%");
  CHECK(core::format_duration(3599.4) == "59:59");
  CHECK(core::format_duration(3661) == "1:01:01");
}

TEST_CASE("into a file the progress bar writes plain lines, one for each phase that was quick", "[progress_bar]") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  ProgressBar bar(file);
  bar.on_epoch_begin({.epoch = 0, .epochs = 1});
  for (const Phase phase : {Phase::train, Phase::validation}) {
    for (std::size_t batch = 0; batch < 3; ++batch) {
      bar.on_batch_end({.phase = phase,
                        .epochs = 1,
                        .batch = batch,
                        .batches = 3,
                        .samples_done = 2 * (batch + 1),
                        .samples = 6,
                        .mean_loss = 0.5,
                        .accuracy = 1,
                        .seconds = 1});
    }
  }
  std::rewind(file);
  std::string text(1000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  CHECK(text ==
        "epoch 0/0 train 3/3  6 img/s  eta 0:00  loss 0.5000  acc 1.0000  data wait 0%\n"
        "epoch 0/0 val 3/3  6 img/s  eta 0:00  loss 0.5000  acc 1.0000\n");
}
