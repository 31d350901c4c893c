/// What reaches the package wandb, and what a run sees of a package that misbehaves. fake_wandb/wandb.py stands in the
/// package's place; wandb_real.py looks at what the real one makes of it.
#include <hearth/train/wandb_log.hpp>

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <hearth/image/encode.hpp>
#include <hearth/train/base64.hpp>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "environment.hpp"
#include "temporary_folder.hpp"
#include "told_by.hpp"

using namespace hearth;
using namespace hearth_test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Lines = std::vector<std::string>;

namespace {

/// A run's folder, and the fake package with its record.
struct Fake {
  explicit Fake(const std::string& behaviour = "") : behaves("FAKE_WANDB", behaviour) {}

  Lines record() const {
    Lines lines;
    if (std::filesystem::exists(temporary / "record")) {
      std::istringstream text(read_text(temporary / "record"));
      for (std::string line; std::getline(text, line);) {
        lines.push_back(line);
      }
    }
    return lines;
  }

  TemporaryFolder temporary;
  Environment path{"PYTHONPATH", HEARTH_TEST_DIR "/train/fake_wandb"};
  Environment python{"HEARTH_PYTHON", "python3"};
  Environment mode{"WANDB_MODE"};
  Environment id{"WANDB_RUN_ID"};
  Environment behaves;
  Environment recorded{"FAKE_WANDB_RECORD", (temporary / "record").string()};
  RunFolder folder{temporary / "run"};
  std::string absolute = std::filesystem::absolute(folder.path()).string();
  std::vector<Setting> settings{{"lr", 0.1}, {"arch", "r\"18\""}, {"amp", true}, {"epochs", 3}};
  std::vector<Setting> environment{{"device", "cpu"}};
};

bool has_python() {
  static const bool has = std::system("python3 -c 'import json' 2> /dev/null") == 0;
  if (!has) {
    WARN("skipped: there is no python3");
  }
  return has;
}

/// The end of a process that another test's timer keeps would be late: none of these lingers.
WandbOptions quick(std::chrono::milliseconds wait = 60s) {
  return {.id = "id1", .wait = wait, .linger = 200ms};
}

const std::string init_line =
    R"({{"call": "init", "config": {{"amp": true, "arch": "r\"18\"", "environment": {{"device": "cpu"}}, "epochs": 3, )"
    R"("lr": 0.1}}, "dir": "{}", "id": "{}"{}}})";

}  // namespace

TEST_CASE("wandb is told config, numbers with their steps, pictures, files and the end, in this order", "[wandb_log]") {
  if (!has_python()) {
    return;
  }
  const Fake fake;
  core::write_file(fake.folder / "best.pth", "weights");
  Image picture(3, 2, 3);
  const std::string png = train::base64(encode_png(picture.view()));
  const History history{.epochs = {{.epoch = 0}}};
  const std::string told = told_by([&] {
    WandbOptions options = quick();
    options.project = "flowers";
    options.name = "first";
    options.tags = {"a", "b"};
    WandbLog log{options};
    log.config({fake.folder, fake.settings, fake.environment});
    log.scalars({{{"step_loss", 0.5}, {"step_lr", 0.1}}, 2, 0});
    log.image({"curves", picture.view(), 4, 0});
    log.scalars({{{"train_loss", 0.25}, {"val_loss", std::numeric_limits<double>::quiet_NaN()}}, 4, 0, &history});
    log.file({fake.folder / "best.pth", "best.pth"});
    log.end({});
  });
  CHECK(fake.record() ==
        Lines{fmt::format(fmt::runtime(init_line), fake.absolute, "id1",
                          R"(, "name": "first", "project": "flowers", "tags": ["a", "b"])"),
              R"({"call": "log", "step": 2, "values": {"epoch": 0, "step_loss": 0.5, "step_lr": 0.1}})",
              fmt::format(R"({{"call": "log", "step": 4, "values": {{"curves": {{"png": "{}"}}}}}})", png),
              R"({"call": "log", "step": 4, "values": {"epoch": 0, "train_loss": 0.25, "val_loss": NaN}})",
              fmt::format(R"({{"base_path": "{0}/", "call": "save", "path": "{0}/best.pth", "policy": "now"}})",
                          fake.absolute),
              R"({"call": "finish", "exit_code": 0})"});
  CHECK_THAT(told, ContainsSubstring("wandb: the run is at https://example.com/run\n"));
}

TEST_CASE("a run that goes on is the same one for wandb; one that begins anew is another", "[wandb_log]") {
  if (!has_python()) {
    return;
  }
  const Fake fake;
  const auto run = [&](Position position, WandbOptions options) {
    options.linger = 200ms;
    WandbLog log{options};
    log.config({fake.folder, fake.settings, fake.environment, position});
    log.end({});
    std::string id = read_text(fake.folder / "wandb-id.txt");
    id.pop_back();
    return id;
  };
  told_by([&] {
    const std::string id = run({}, {});
    CHECK(id.size() == 8);
    CHECK(id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string::npos);
    CHECK(run({.epoch = 1, .steps = 5}, {}) == id);
    CHECK(fake.record().at(2) == fmt::format(fmt::runtime(init_line), fake.absolute, id, R"(, "resume": "allow")"));
    CHECK(run({}, {}) != id);
    CHECK(run({.epoch = 1}, {.id = "mine"}) == "mine");
    const Environment variable("WANDB_RUN_ID", "variable");
    CHECK(run({}, {}) == "variable");
  });
}

TEST_CASE("wandb learns how a run ended", "[wandb_log]") {
  if (!has_python()) {
    return;
  }
  for (const auto& [state, code] :
       {std::pair(RunState::complete, 0), std::pair(RunState::interrupted, 130), std::pair(RunState::failed, 1)}) {
    const Fake fake;
    told_by([&] {
      WandbOptions options = quick();
      options.linger = 60s;  // the run does not wait, and the package still writes its end
      WandbLog log{options};
      log.config({fake.folder, fake.settings, fake.environment});
      log.scalars({{{"step_loss", 0.5}}, 1, 0});
      log.end({.state = state});
    });
    const std::string end = fmt::format(R"({{"call": "finish", "exit_code": {}}})", code);
    while (fake.record().empty() || fake.record().back() != end) {  // a test that never ends has failed
      std::this_thread::sleep_for(5ms);
    }
    CHECK(fake.record().size() == 3);
  }
}

TEST_CASE("a package that hangs neither stops the run nor outlives it", "[wandb_log]") {
  if (!has_python()) {
    return;
  }
  const Fake fake("hangs");
  const std::string told = told_by([&] {
    WandbOptions options = quick(50ms);
    options.queue = 100;
    WandbLog log{options};
    log.config({fake.folder, fake.settings, fake.environment});
    while (fake.record().empty()) {
      std::this_thread::sleep_for(5ms);
    }
    for (int step = 1; step <= 50'000; ++step) {  // more than a pipe holds
      log.scalars({{{"step_loss", 0.5}}, step, 0});
    }
    log.end({});
  });
  const std::string lost = "wandb: it takes less than the run has to log; what has waited longest is lost\n";
  CHECK_THAT(told, ContainsSubstring(lost));
  CHECK(told.find(lost) == told.rfind(lost));
  CHECK_THAT(told, ContainsSubstring("wandb: the package did not take all within 0.1 s, and is left to itself\n") &&
                       ContainsSubstring(" entries were lost\n"));
}

TEST_CASE("a package that is slow gets the newest numbers, and the end", "[wandb_log]") {
  if (!has_python()) {
    return;
  }
  const Fake fake("slow");
  told_by([&] {
    WandbOptions options = quick();
    options.queue = 10;
    WandbLog log{options};
    log.config({fake.folder, fake.settings, fake.environment});
    while (fake.record().empty()) {
      std::this_thread::sleep_for(5ms);
    }
    for (int step = 1; step <= 5'000; ++step) {
      log.scalars({{{std::string(1000, 'x'), 0.5}}, step, 0});  // which fill the pipe soon
    }
    log.end({});
  });
  const Lines record = fake.record();
  REQUIRE(record.size() > 11);
  CHECK(record.size() < 2'000);
  CHECK_THAT(record[record.size() - 2], ContainsSubstring("\"step\": 5000,"));
  CHECK_THAT(record[record.size() - 10], ContainsSubstring("\"step\": 4992,"));
  CHECK(record.back() == R"({"call": "finish", "exit_code": 0})");
}

TEST_CASE("a package that dies, cannot be imported or refuses a run is told of once, and the run goes on",
          "[wandb_log]") {
  if (!has_python()) {
    return;
  }
  const auto told_of = [](const std::string& behaviour, const std::string& python = "python3") {
    const Fake fake(behaviour);
    return told_by([&] {
      WandbOptions options = quick();
      options.python = python;
      WandbLog log{options};
      log.config({fake.folder, fake.settings, fake.environment});
      for (int step = 1; step <= 2'000; ++step) {
        log.scalars({{{"step_loss", 0.5}}, step, 0});
      }
      log.end({});
      log.scalars({{{"step_loss", 0.5}}, 1, 0});  // after the end: nothing
    });
  };
  CHECK_THAT(told_of("dies"),
             ContainsSubstring("wandb: the Python process has ended with exit code 3; the run goes on without it\n"));
  CHECK_THAT(told_of("broken"), ContainsSubstring("wandb: RuntimeError: this package is broken. The run goes on "
                                                  "without it\n"));
  CHECK_THAT(told_of("absent"), ContainsSubstring("has no package wandb: python3") &&
                                    ContainsSubstring(" -m pip install wandb installs it. The run goes on"));
  CHECK_THAT(told_of("no init"), ContainsSubstring("wandb: ValueError: no key. The run goes on without it\n"));
  const std::string refused = told_of("refuses");
  CHECK_THAT(refused,
             ContainsSubstring("wandb: ValueError: step 2 is none; the run goes on\n") && !ContainsSubstring("step 3"));
  CHECK_THAT(told_of("", "/nowhere/python3"),
             ContainsSubstring("wandb: /nowhere/python3 cannot be started: No such file or directory; install Python "
                               "and `pip install wandb`"));
}

TEST_CASE("where wandb is disabled, no process is started", "[wandb_log]") {
  const Fake fake;
  const Environment disabled("WANDB_MODE", "disabled");
  CHECK(told_by([&] {
          WandbLog log{{.python = "/nowhere/python3"}};
          log.config({fake.folder, fake.settings, fake.environment});
          log.scalars({{{"step_loss", 0.5}}, 1, 0});
          log.end({});
        }).empty());
  CHECK_FALSE(std::filesystem::exists(fake.folder / "wandb-id.txt"));
}

#ifndef __SANITIZE_THREAD__  // which lets no process that was forked off start threads
TEST_CASE("Ctrl-C is not for the package, and a run that is killed ends its run", "[wandb_log]") {
  if (!has_python()) {
    return;
  }
  const Fake fake;
  const ::pid_t run = ::fork();
  if (run == 0) {
    ::setpgid(0, 0);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) {
      ::_exit(1);
    }
    ::signal(SIGINT, SIG_IGN);  // and the package's process does not inherit that
    WandbOptions options = quick();
    options.linger = 60s;
    WandbLog log{options};
    log.config({fake.folder, fake.settings, fake.environment});
    log.scalars({{{"step_loss", 0.5}}, 1, 0});
    while (fake.record().size() < 2) {
      std::this_thread::sleep_for(5ms);
    }
    ::kill(0, SIGINT);  // as a terminal sends it, to all of the group
    log.scalars({{{"step_loss", 0.5}}, 2, 0});
    while (fake.record().size() < 3) {
      std::this_thread::sleep_for(5ms);
    }
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(run, &status, 0) == run);
  REQUIRE(WTERMSIG(status) == SIGKILL);
  const std::string end = R"({"call": "finish", "exit_code": 1})";
  while (fake.record().back() != end) {
    std::this_thread::sleep_for(5ms);
  }
  CHECK(fake.record().size() == 4);
}
#endif

TEST_CASE("options of WandbLog that make no sense are errors", "[wandb_log]") {
  CHECK_THROWS_WITH(WandbLog({.wait = -1ms}),
                    "WandbLog: wait and linger must be at least 0, but are -1 ms and 600000 ms");
  CHECK_THROWS_WITH(WandbLog({.queue = 0}), "WandbLog: queue must be at least 1, but got 0");
}
