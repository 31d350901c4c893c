#include <hearth/train/graceful_stop.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "catch.hpp"

using namespace hearth;
using namespace std::chrono_literals;

TEST_CASE("a working thread that notices the request answers it itself, once", "[graceful_stop]") {
  StopSource source;
  std::atomic<int> saves{0};
  std::thread::id saver;
  std::thread requester;
  {
    train::GracefulStop stop(
        source.token(),
        [&] {
          ++saves;
          saver = std::this_thread::get_id();
        },
        10s);
    CHECK_FALSE(stop.requested());
    requester = std::thread([&] { source.request_stop(); });
    while (!stop.requested()) {
      std::this_thread::sleep_for(1ms);
    }
    stop.leave();
    stop.leave();
    requester.join();
  }
  CHECK(saves == 1);
  CHECK(saver == std::this_thread::get_id());
}

TEST_CASE("when the working thread is busy the requesting thread answers, and no section runs afterwards",
          "[graceful_stop]") {
  StopSource source;
  std::atomic<int> saves{0};
  int steps = 0;
  train::GracefulStop stop(
      source.token(), [&] { ++saves; }, 5ms);
  stop.exclusively([&] { ++steps; });
  std::thread requester([&] { source.request_stop(); });
  requester.join();  // this thread did nothing meanwhile, as in a long computation
  CHECK(saves == 1);
  stop.exclusively([&] { ++steps; });
  CHECK(steps == 1);
  stop.leave();
  CHECK(saves == 1);
}

TEST_CASE("when the work is done nobody answers a request any more, unless one was answered before",
          "[graceful_stop]") {
  for (const bool is_first : {false, true}) {
    StopSource source;
    int saves = 0;
    int sections = 0;
    train::GracefulStop stop(
        source.token(), [&] { ++saves; }, 5ms);
    if (is_first) {
      std::thread([&] { source.request_stop(); }).join();
    }
    CHECK(stop.complete() == !is_first);
    CHECK_FALSE(stop.complete());
    std::thread([&] { source.request_stop(); }).join();
    stop.leave();
    CHECK(saves == (is_first ? 1 : 0));
    CHECK_FALSE(stop.exclusively([&] { ++sections; }));
    CHECK(sections == 0);
  }
}

TEST_CASE("the answer never falls into an exclusive section", "[graceful_stop]") {
  for (int round = 0; round < 20; ++round) {
    StopSource source;
    int weights = 0;  // a section makes it odd and even again; not atomic: the sections alone protect it
    int saved = -1;
    {
      train::GracefulStop stop(
          source.token(), [&] { saved = weights; }, 0ms);
      std::thread requester([&] { source.request_stop(); });
      for (int step = 0; step < 2000; ++step) {
        stop.exclusively([&] {
          ++weights;
          ++weights;
        });
      }
      requester.join();
    }
    CHECK(saved % 2 == 0);
    CHECK(saved == weights);
  }
}

TEST_CASE("without a request nothing is saved", "[graceful_stop]") {
  int saves = 0;
  {
    train::GracefulStop stop(StopToken{}, [&] { ++saves; });
  }
  CHECK(saves == 0);
}

TEST_CASE("a request of the working thread's own waits for nobody, and is answered by leave", "[graceful_stop]") {
  StopSource source;
  int saves = 0;
  train::GracefulStop stop(
      source.token(), [&] { ++saves; }, 10s);
  const auto start = std::chrono::steady_clock::now();
  stop.exclusively([&] { source.request_stop(); });  // would wait for itself
  CHECK(std::chrono::steady_clock::now() - start < 10s);
  CHECK(saves == 0);
  CHECK(stop.exclusively([] {}));
  stop.leave();
  CHECK(saves == 1);
  CHECK_FALSE(stop.exclusively([] {}));
}

TEST_CASE("a save that fails ends nothing: its error is thrown to the working thread alone", "[graceful_stop]") {
  {
    StopSource source;
    train::GracefulStop stop(
        source.token(), [] { throw std::runtime_error("the disk is full"); }, 0ms);
    std::thread([&] { source.request_stop(); }).join();  // told on stderr
    CHECK_NOTHROW(stop.leave());
  }
  StopSource source;
  train::GracefulStop stop(
      source.token(), [] { throw std::runtime_error("the disk is full"); }, 10s);
  source.request_stop();
  CHECK_THROWS_WITH(stop.leave(), "the disk is full");
}
