#include <hearth/train/checkpoint_files.hpp>
#include <hearth/train/run_file.hpp>
#include <hearth/train/run_folder.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <hearth/core/error.hpp>
#include <hearth/train/curves.hpp>
#include <hearth/train/metrics_log.hpp>
#include <string>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// What `body` returns in a process of its own.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(body());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a run's folder takes one process at a time, and names who has it", "[run_folder]") {
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path path = temporary / "run";
  const std::filesystem::path told = temporary / "told.txt";
  const auto other_process = [&] {
    try {
      const Curves log{path};
      return 0;
    } catch (const Error& error) {
      std::ofstream(told) << error.what();
      return 1;
    }
  };
  {
    const RunFolder folder{path};
    CHECK(std::filesystem::is_directory(path));
    CHECK(in_child(other_process) == 1);
    CHECK_THAT(text_of(told), ContainsSubstring("two runs cannot write to one folder") &&
                                  ContainsSubstring(path.string()) && ContainsSubstring(std::to_string(::getpid())));
  }
  CHECK(in_child(other_process) == 0);
}

TEST_CASE("the folder of another process is named, and neither made, locked nor written to", "[run_folder]") {
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path path = temporary / "run";
  const RunFolder named = RunFolder::of_another_process(path, RunStart::resume);
  CHECK(named.path() == path);
  CHECK(named.start() == RunStart::resume);
  train::RunFile file{named, "metrics.csv"};
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_THROWS_WITH(file.write([](const std::filesystem::path& to) { std::ofstream(to) << "x"; }),
                    ContainsSubstring(path.string() + " is another process's"));
  const RunFolder held{path};
  const RunFolder beside = RunFolder::of_another_process(path);
  CHECK(std::filesystem::is_directory(path));
  CHECK_NOTHROW(held.require_held());
  CHECK_THROWS_AS(beside.require_held(), Error);
}

TEST_CASE("what writes into a run's folder in one process shares its lock, under any name of the folder",
          "[run_folder]") {
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path path = temporary / "run";
  auto first = std::make_unique<RunFolder>(path);
  const RunFolder copy = *first;
  const Curves log{(temporary / "." / "run" / "").string()};
  std::filesystem::create_directory_symlink(path, temporary / "link");
  CHECK_NOTHROW(RunFolder{temporary / "link"});
  first.reset();
  CHECK(in_child([&] {
          try {
            const RunFolder folder{path};
            return 0;
          } catch (const Error&) {
            return 1;
          }
        }) == 1);
  CHECK(copy.path() == path);
  CHECK_THROWS_WITH(RunFolder{""}, ContainsSubstring("path of the run's folder is empty"));
}

TEST_CASE("a file that cannot be written is told once, and is an error only at the end", "[run_folder]") {
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path told = temporary / "told.txt";
  CHECK(in_child([&] {
          if (std::freopen(told.c_str(), "w", stderr) == nullptr) {
            return 1;
          }
          train::RunFile file(RunFolder{temporary / "run"}, "metrics.jsonl");
          const auto full = [](const std::filesystem::path& path) { core::fail("no space for {}", path.string()); };
          file.write(full);
          file.write(full);
          try {
            file.finish();
            return 2;
          } catch (const Error& error) {
            if (std::string(error.what()).find("training is complete") == std::string::npos) {
              return 3;
            }
          }
          file.write([](const std::filesystem::path&) {});
          file.finish();
          file.write(full);
          return 0;
        }) == 0);
  const std::string line =
      "no space for " + (temporary / "run" / "metrics.jsonl").string() + "; training goes on, and it is tried again\n";
  CHECK(text_of(told) == line + line);  // the second: after a success
}

TEST_CASE("metrics that could not be written after one epoch are there after the next", "[run_folder]") {
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path folder = temporary / "run";
  CHECK(in_child([&] {
          if (std::freopen("/dev/null", "w", stderr) == nullptr) {
            return 1;
          }
          const RunFolder held{folder};
          MetricsLog log;
          log.config({held, {}, {}});
          std::filesystem::create_directory(folder / "metrics.jsonl");  // in the file's way
          History history;
          history.epochs.push_back({.epoch = 0});
          log.scalars({{}, 0, 0, &history});
          std::filesystem::remove(folder / "metrics.jsonl");
          history.epochs.push_back({.epoch = 1});
          log.scalars({{}, 0, 0, &history});
          log.end({});
          return 0;
        }) == 0);
  const std::string text = text_of(folder / "metrics.jsonl");
  CHECK_THAT(text, ContainsSubstring("{\"epoch\": 0,") && ContainsSubstring("\n{\"epoch\": 1,"));
}

TEST_CASE("a folder with an earlier run is refused, resumed or overwritten, as is asked for", "[run_folder]") {
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path path = temporary / "run";
  std::filesystem::create_directories(path / "checkpoints");
  std::ofstream(path / "config.json") << "{}";
  CHECK_NOTHROW(RunFolder{path});  // nothing of a run is there yet
  std::ofstream(path / "best.pth") << "weights";
  CHECK_THROWS_WITH(RunFolder{path}, ContainsSubstring("holds an earlier run (best.pth)"));
  CHECK_THROWS_WITH((RunFolder{path, RunStart::resume}), ContainsSubstring("without a checkpoint to resume from"));
  CHECK(text_of(path / "best.pth") == "weights");

  const std::filesystem::path checkpoint = train::checkpoint_file(path, 3, 1200);
  CHECK(checkpoint == path / "checkpoints" / "0003-001200.pth");
  std::ofstream(checkpoint) << "state";
  std::ofstream(path / "checkpoints" / "notes.txt") << "mine";
  CHECK_THROWS_WITH(RunFolder{path}, ContainsSubstring("earlier run (0003-001200.pth)"));
  CHECK(RunFolder{path, RunStart::resume}.start() == RunStart::resume);
  CHECK(text_of(checkpoint) == "state");

  const std::vector<std::filesystem::path> shown{"report.html", "confusion_matrix.csv", "worst.png",
                                                 "tensorboard/events.out.tfevents.1.host.2",
                                                 "tensorboard/steps/events.out.tfevents.1.host.2"};
  std::filesystem::create_directories(path / "tensorboard" / "steps");
  for (const std::filesystem::path& file : shown) {
    std::ofstream(path / file) << "shown";
  }
  std::ofstream(path / "tensorboard" / "notes.txt") << "mine";

  CHECK_NOTHROW(RunFolder{path, RunStart::overwrite});
  CHECK_FALSE(std::filesystem::exists(checkpoint));
  for (const std::filesystem::path& file : shown) {
    CHECK_FALSE(std::filesystem::exists(path / file));
  }
  CHECK(text_of(path / "tensorboard" / "notes.txt") == "mine");
  CHECK_FALSE(std::filesystem::exists(path / "best.pth"));
  CHECK(text_of(path / "checkpoints" / "notes.txt") == "mine");
  CHECK(std::filesystem::exists(path / "config.json"));
}

TEST_CASE("there are never more checkpoints than are kept, and they come in the order of the run", "[run_folder]") {
  const hearth_test::TemporaryFolder temporary;
  const auto names = [&] {
    std::vector<std::string> all;
    for (const auto& file : train::checkpoint_files(temporary.path())) {
      all.push_back(file.filename());
    }
    return all;
  };
  for (const std::size_t batch : std::array<std::size_t, 4>{5, 10, 999'999, 1'000'000}) {
    train::replace_oldest_checkpoint(temporary.path(), train::checkpoint_file(temporary.path(), 0, batch), 2,
                                     [&](const std::filesystem::path& path) {
                                       CHECK(names().size() <= 2);
                                       std::ofstream(path) << batch;
                                       CHECK(names().size() <= 2);
                                     });
  }
  CHECK(names() == std::vector<std::string>{"0000-999999.pth", "0000-1000000.pth"});
  CHECK(text_of(temporary / "checkpoints" / "0000-1000000.pth") == "1000000");
  train::replace_oldest_checkpoint(temporary.path(), train::checkpoint_file(temporary.path(), 1, 0), 1,
                                   [&](const std::filesystem::path& path) { std::ofstream(path) << "end"; });
  CHECK(names() == std::vector<std::string>{"0001-000000.pth"});
}
