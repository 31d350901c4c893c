/// Logs a run of three epochs to a service, for the scripts that look at what the service has of it:
/// log_program wandb|mlflow FOLDER begin|resume complete|interrupted
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <hearth/core/file.hpp>
#include <hearth/train/log.hpp>
#include <hearth/train/mlflow_log.hpp>
#include <hearth/train/wandb_log.hpp>
#include <string>
#include <string_view>
#include <vector>

using namespace hearth;
using namespace std::chrono_literals;

namespace {

constexpr int steps_of_epoch = 100;

/// Epochs 0 and 1, or, where the run goes on, epoch 2.
template <LogLike Log>
void run(Log log, const RunFolder& folder, bool goes_on, RunState ending) {
  const std::vector<Setting> settings{{"lr", 0.1}, {"arch", "resnet18"}, {"amp", true}, {"epochs", 3}};
  const std::vector<Setting> environment{{"device", "cpu (2 threads)"}};
  const int first = goes_on ? 2 : 0;
  const int last = goes_on ? 3 : 2;
  log.config({folder, settings, environment, {.epoch = first, .steps = first * steps_of_epoch}});
  Image picture(8, 5, 3);
  History history;
  for (int epoch = first; epoch < last; ++epoch) {
    for (int step = epoch * steps_of_epoch + 1; step <= (epoch + 1) * steps_of_epoch; ++step) {
      log.scalars({{{"step_loss", 1.0 / step}, {"step_lr", 0.1}}, step, epoch});
    }
    const int step = (epoch + 1) * steps_of_epoch;
    history.epochs.push_back({.epoch = epoch});
    log.image({"curves", picture.view(), step, epoch});
    log.scalars({{{"train_loss", 0.5 / (epoch + 1)}, {"val_accuracy", 0.25 * epoch}}, step, epoch, &history});
  }
  core::write_file(folder / "weights.pth", "weights");
  log.file({folder / "weights.pth", "weights.pth"});
  log.end({.state = ending});
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  try {
    const RunFolder folder{words.at(2)};
    const bool goes_on = words.at(3) == "resume";
    const RunState ending = words.at(4) == "complete" ? RunState::complete : RunState::interrupted;
    if (words.at(1) == "wandb") {
      run(WandbLog{{.project = "flowers", .name = "first", .tags = {"a", "b"}, .wait = 300s}}, folder, goes_on, ending);
    } else {
      run(MlflowLog{{.experiment = "flowers", .name = "first", .tags = {{"kind", "test"}}, .wait = 300s}}, folder,
          goes_on, ending);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "log_program: {}\n", error.what());
    return 1;
  }
}
