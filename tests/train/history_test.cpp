#include <hearth/train/epoch_lines.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/metrics_log.hpp>
#include <hearth/train/progress_bar.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include "catch.hpp"
#include "fake_run.hpp"
#include "temporary_folder.hpp"

using namespace hearth;

namespace {

const hearth_test::FixedFigures wide_figures{{{"loss", 12.25}, {"accuracy", 0.5}}};

/// A batch in the middle of a long run: every figure is as wide as it gets.
const BatchEnd wide{.run = hearth_test::no_run(),
                    .live = wide_figures,
                    .phase = Phase::train,
                    .epoch = 123,
                    .epochs = 200,
                    .batch = 99'999,
                    .batches = 100'000,
                    .samples_done = 12'799'872,
                    .samples = 12'800'000,
                    .seconds = 400,
                    .wait_seconds = 100};

/// How many columns a UTF-8 text of narrow characters takes: as many as it has bytes that begin a character.
std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

/// What `body` prints to stdout.
template <class Body>
std::string printed_by(Body body) {
  const hearth_test::TemporaryFolder temporary;
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen((temporary / "out").c_str(), "w", stdout) != nullptr) {
      body();
    }
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  return hearth_test::read_text(temporary / "out");
}

}  // namespace

TEST_CASE("best is the first epoch of the highest validation accuracy", "[history]") {
  History history;
  CHECK_THROWS_WITH(history.best(), Catch::Matchers::ContainsSubstring("no epoch was completed"));
  const auto epoch = [](int number, double loss, double accuracy) {
    return EpochRecord{.epoch = number, .figures = {{"val_loss", loss}, {"val_accuracy", accuracy}}};
  };
  history.epochs = {epoch(0, 2.0, 0.25), epoch(1, 1.0, 0.75), epoch(2, 0.5, 0.75), epoch(3, 0.1, 0.5)};
  CHECK(history.best().epoch == 1);
  CHECK(history.best().value == 0.75);
  CHECK(history.best().accuracy == 0.75);
  CHECK(history.best().loss == 1.0);
  CHECK(history.best({"val_loss", Goal::lowest}).epoch == 3);
  CHECK_THROWS_WITH(history.best({"val_f1", Goal::highest}),
                    "there is no figure 'val_f1'; there are val_loss, val_accuracy");
}

TEST_CASE("an epoch whose figure is not a number is the best only where all are such", "[history]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  History history{.epochs = {{.epoch = 0, .figures = {{"val_loss", nan}}}}, .watch = {"val_loss", Goal::lowest}};
  CHECK(history.best().epoch == 0);
  history.epochs.push_back({.epoch = 1, .figures = {{"val_loss", 3.0}}});
  history.epochs.push_back({.epoch = 2, .figures = {{"val_loss", nan}}});
  CHECK(history.best().epoch == 1);
  CHECK(std::isnan(history.best().accuracy));
}

TEST_CASE("a record becomes one line of JSON whose numbers read back as they were", "[metrics_log]") {
  const EpochRecord record{
      .epoch = 2,
      .figures = {{"train_loss", 0.1}, {"train_accuracy", 0.5}, {"val_loss", 1.0 / 3}, {"val_accuracy", 1}},
      .lr = 1e-3,
      .seconds = 12.5,
      .images_per_second = 1e6,
      .data_wait_fraction = 0};
  CHECK(train::to_json(record) ==
        R"({"epoch": 2, "train_loss": 0.1, "train_accuracy": 0.5, "val_loss": 0.3333333333333333, "val_accuracy": 1, )"
        R"("lr": 0.001, "seconds": 12.5, "images_per_second": 1000000, "data_wait_fraction": 0})");
}

TEST_CASE("the table of a run has a column for each figure of any epoch, empty where an epoch lacks it",
          "[metrics_log]") {
  const History history{
      .epochs = {{.epoch = 0, .figures = {{"train_loss", 0.1}, {"f1, macro", 0.5}}, .lr = 1e-3, .seconds = 12.5},
                 {.epoch = 1,
                  .figures = {{"train_loss", std::numeric_limits<double>::quiet_NaN()}, {"val_loss", 1.0 / 3}},
                  .lr = 1e-4,
                  .images_per_second = 1e6,
                  .data_wait_fraction = 0.25}}};
  CHECK(train::to_csv(history) ==
        "epoch,train_loss,\"f1, macro\",val_loss,lr,seconds,images_per_second,data_wait_fraction\n"
        "0,0.1,0.5,,0.001,12.5,0,0\n"
        "1,,,0.3333333333333333,0.0001,0,1000000,0.25\n");
  CHECK(train::to_csv({}) == "epoch,lr,seconds,images_per_second,data_wait_fraction\n");
}

TEST_CASE("a run prints the lines of PyTorch's tutorial, or of PyImageSearch's", "[epoch_lines]") {
  const Run& run = hearth_test::no_run();
  const History history{.epochs = {{.epoch = 1,
                                    .figures = {{"train_loss", 0.63125},
                                                {"train_accuracy", 2.0 / 3},
                                                {"val_loss", 0.5},
                                                {"val_accuracy", 0.75},
                                                {"val_f1", 0.125}}}}};
  const History regression{.epochs = {{.epoch = 0, .figures = {{"train_loss", 0.5}}}}};
  const auto printed = [&](EpochStyle style, const History& shown) {
    const EpochLines lines{style};
    return printed_by([&] {
      lines.on_epoch_begin({run, shown.epochs.back().epoch, 25});
      lines.on_epoch_end({run, shown, 25});
    });
  };
  CHECK(printed(EpochStyle::pytorch, history) ==
        "Epoch 1/24\n----------\ntrain Loss: 0.6312 Acc: 0.6667\nval Loss: 0.5000 Acc: 0.7500 f1: 0.1250\n\n");
  CHECK(printed(EpochStyle::pytorch_from_one, history) ==
        "Epoch 2/25\n----------\ntrain Loss: 0.6312 Acc: 0.6667\nval Loss: 0.5000 Acc: 0.7500 f1: 0.1250\n\n");
  CHECK(printed(EpochStyle::info, history) ==
        "[INFO] EPOCH: 2/25\nTrain loss: 0.631250, Train accuracy: 0.6667\n"
        "Val loss: 0.500000, Val accuracy: 0.7500, Val f1: 0.1250\n\n");
  CHECK(printed(EpochStyle::pytorch, regression) == "Epoch 0/24\n----------\ntrain Loss: 0.5000\n\n");
  CHECK(printed(EpochStyle::info, regression) == "[INFO] EPOCH: 1/25\nTrain loss: 0.500000\n\n");
}

TEST_CASE("the progress line gives rate, time left, means and the share of waiting", "[progress_bar]") {
  const hearth_test::FixedFigures figures{{{"loss", 1.25}, {"accuracy", 0.5}}};
  const BatchEnd done{.run = hearth_test::no_run(),
                      .live = figures,
                      .phase = Phase::train,
                      .epoch = 2,
                      .epochs = 25,
                      .batch = 9,
                      .batches = 40,
                      .samples_done = 320,
                      .samples = 1280,
                      .seconds = 4,
                      .wait_seconds = 1};
  CHECK(train::progress_line(done) ==
        "epoch 2/24 train 10/40  80 img/s  eta 0:12  loss 1.2500  acc 0.5000  data wait 25%");
  CHECK(core::format_duration(3599.4) == "59:59");
  CHECK(core::format_duration(3661) == "1:01:01");
}

TEST_CASE("the progress line fits every terminal, and gives up its bar first and its loss last", "[progress_bar]") {
  const std::string figures = train::progress_line(wide);
  REQUIRE(figures ==
          "epoch 123/199 train 100000/100000  32000 img/s  eta 0:00  loss 12.2500  acc 0.5000  data wait 25%");
  for (std::size_t width = 20; width <= 200; ++width) {
    const std::string line = train::progress_line(wide, width);
    INFO(width << ": " << line);
    CHECK(columns(line) <= width);
    // The bar has what the figures leave, 5 to 20 columns; without room for 5, the figures stand alone.
    const std::size_t room = width > figures.size() ? width - figures.size() - 1 : 0;
    const std::size_t bar = room < 5 ? 0 : std::min<std::size_t>(room, 20);
    CHECK(columns(line) - std::min(columns(line), figures.size()) == (bar == 0 ? 0 : bar + 1));
    CHECK((line.find(figures) != std::string::npos) == (width >= figures.size()));
    CHECK((line.find("loss 12.2500") != std::string::npos) == (width >= std::string("loss 12.2500").size()));
  }
  CHECK(train::progress_line(wide, figures.size() - 1) ==
        "epoch 123/199 train 100000/100000  32000 img/s  eta 0:00  loss 12.2500  acc 0.5000");
  CHECK(train::progress_line(wide, 80) == "epoch 123/199 train 100000/100000  eta 0:00  loss 12.2500  acc 0.5000");
  CHECK(train::progress_line(wide, 60) == "epoch 123/199 train 100000/100000  eta 0:00  loss 12.2500");
  CHECK(train::progress_line(wide, 50) == "epoch 123/199 train 100000/100000  loss 12.2500");
  CHECK(train::progress_line(wide, 40) == "train 100000/100000  loss 12.2500");
  CHECK(train::progress_line(wide, 20) == "loss 12.2500");
  CHECK(train::progress_line(wide, 4) == "loss");
}

TEST_CASE("the progress bar is as wide as its terminal, also after that has changed", "[progress_bar]") {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) {
    WARN("skipped: there is no pseudo terminal");
    return;
  }
  std::FILE* const terminal = std::fopen(::ptsname(master), "w");
  REQUIRE(terminal != nullptr);
  BatchEnd done = wide;
  done.batch = 49'999;  // a complete phase has no bar
  for (const unsigned short width : std::array<unsigned short, 3>{150, 80, 40}) {
    winsize size{};
    size.ws_col = width;
    size.ws_row = 24;
    REQUIRE(::ioctl(master, TIOCSWINSZ, &size) == 0);
    ProgressBar bar(terminal);
    bar.on_epoch_begin({hearth_test::no_run()});
    while (true) {  // shown once a tenth of a second has gone
      bar.on_batch_end(done);
      int waiting = 0;
      REQUIRE(::ioctl(master, FIONREAD, &waiting) == 0);
      if (waiting > 0) {
        break;
      }
    }
    std::string text(1000, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(master, text.data(), text.size()), 0)));
    INFO(text);
    REQUIRE(text.size() > 4);
    CHECK(text.front() == '\r');
    CHECK(text.substr(text.size() - 3) == "\033[K");
    CHECK(columns(text) - 4 < width);
    CHECK(columns(text) - 4 > width - 20u - (width == 150 ? 30u : 0u));
  }
  std::fclose(terminal);
  ::close(master);
}

TEST_CASE("a run goes on when nobody can see its progress any more", "[progress_bar]") {
  for (const char* const output : {"closed", "/dev/full", "a terminal that is gone"}) {
    INFO(output);
    const pid_t child = ::fork();
    if (child == 0) {
      std::FILE* stream = stderr;
      if (output == std::string_view("closed")) {
        ::close(STDERR_FILENO);
      } else if (output == std::string_view("/dev/full")) {
        ::dup2(::open("/dev/full", O_WRONLY), STDERR_FILENO);
      } else {
        const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
        ::grantpt(master);
        ::unlockpt(master);
        stream = std::fopen(::ptsname(master), "w");
        ::close(master);
      }
      ProgressBar bar(stream, std::chrono::milliseconds(0));
      for (std::size_t batch = 0; batch < 3; ++batch) {
        BatchEnd done = wide;
        done.batch = batch;
        done.batches = 3;
        bar.on_batch_end(done);
      }
      ::_exit(7);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7);
  }
}

TEST_CASE("the progress bar names the samples that an epoch skipped, when they are others than before",
          "[progress_bar]") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  ProgressBar bar(file);
  const Run& run = hearth_test::no_run();
  const History history;
  bar.on_epoch_end({run, history, 3});
  bar.on_epoch_end({run, history, 3, {"train: 3 of 20,000 samples were skipped: sample 17 (a.png: damaged)"}});
  bar.on_epoch_end({run, history, 3, {"train: 3 of 20,000 samples were skipped: sample 17 (a.png: damaged)"}});
  std::rewind(file);
  std::string text(1000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  CHECK(text == "train: 3 of 20,000 samples were skipped: sample 17 (a.png: damaged)\n");
}

TEST_CASE("into a file the progress bar writes plain lines, one for each phase that was quick", "[progress_bar]") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  ProgressBar bar(file);
  const hearth_test::FixedFigures figures{{{"loss", 0.5}, {"accuracy", 1}}};
  bar.on_epoch_begin({hearth_test::no_run(), 0, 1});
  for (const Phase phase : {Phase::train, Phase::validation}) {
    for (std::size_t batch = 0; batch < 3; ++batch) {
      bar.on_batch_end({.run = hearth_test::no_run(),
                        .live = figures,
                        .phase = phase,
                        .epochs = 1,
                        .batch = batch,
                        .batches = 3,
                        .samples_done = 2 * (batch + 1),
                        .samples = 6,
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
