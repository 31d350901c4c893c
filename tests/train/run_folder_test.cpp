#include <hearth/train/run_file.hpp>
#include <hearth/train/run_folder.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <hearth/core/error.hpp>
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
      const MetricsLog log{path};
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

TEST_CASE("what writes into a run's folder in one process shares its lock, under any name of the folder",
          "[run_folder]") {
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path path = temporary / "run";
  auto first = std::make_unique<RunFolder>(path);
  const RunFolder copy = *first;
  const MetricsLog log{(temporary / "." / "run" / "").string()};
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
          MetricsLog log{folder};
          std::filesystem::create_directory(folder / "metrics.jsonl");  // in the file's way
          History history;
          alignas(16) static char no_model[1];
          const auto& model = reinterpret_cast<const torch::nn::Module&>(no_model);  // is not looked at
          history.epochs.push_back({.epoch = 0});
          log.on_epoch_end({model, history, 2});
          std::filesystem::remove(folder / "metrics.jsonl");
          history.epochs.push_back({.epoch = 1});
          log.on_epoch_end({model, history, 2});
          log.on_fit_end({model, history});
          return 0;
        }) == 0);
  const std::string text = text_of(folder / "metrics.jsonl");
  CHECK_THAT(text, ContainsSubstring("{\"epoch\": 0,") && ContainsSubstring("\n{\"epoch\": 1,"));
}
