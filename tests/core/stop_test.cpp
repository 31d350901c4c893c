#include <hearth/core/stop.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace hearth;

TEST_CASE("a request is seen by every token and source, and made once", "[stop]") {
  StopSource source;
  const StopSource copy = source;
  const StopToken token = source.token();
  CHECK_FALSE(token.stop_requested());
  CHECK(source.request_stop());
  CHECK(token.stop_requested());
  CHECK(copy.stop_requested());
  CHECK(copy.token().stop_requested());
  CHECK_FALSE(source.request_stop());
  CHECK_FALSE(StopSource().stop_requested());
}

TEST_CASE("a token without a source is never stopped, and outlives a source that has one", "[stop]") {
  CHECK_FALSE(StopToken().stop_requested());
  int calls = 0;
  {
    const StopCallback never(StopToken(), [&] { ++calls; });
  }
  CHECK(calls == 0);
  auto source = std::make_unique<StopSource>();
  const StopToken token = source->token();
  source->request_stop();
  source.reset();
  CHECK(token.stop_requested());
}

TEST_CASE("callbacks are called once each, in their order, in the thread of the request", "[stop]") {
  StopSource source;
  std::vector<int> calls;
  std::thread::id thread;
  const StopCallback first(source.token(), [&] {
    calls.push_back(1);
    thread = std::this_thread::get_id();
  });
  {
    const StopCallback gone(source.token(), [&] { calls.push_back(0); });
  }
  const StopCallback second(source.token(), [&] { calls.push_back(2); });
  source.request_stop();
  source.request_stop();
  CHECK(calls == std::vector{1, 2});
  CHECK(thread == std::this_thread::get_id());
}

TEST_CASE("a callback that comes after the request is called at once", "[stop]") {
  StopSource source;
  source.request_stop();
  bool is_called = false;
  const StopCallback late(source.token(), [&] { is_called = true; });
  CHECK(is_called);
}

TEST_CASE("a callback may end itself, and ask for another stop", "[stop]") {
  StopSource source;
  std::optional<StopCallback> callback;
  bool is_first = true;
  callback.emplace(source.token(), [&] {
    is_first = source.request_stop();
    callback.reset();
  });
  source.request_stop();
  CHECK_FALSE(is_first);
  CHECK_FALSE(callback.has_value());
}

TEST_CASE("the end of a callback waits for a call in another thread", "[stop]") {
  for (int round = 0; round < 200; ++round) {
    StopSource source;
    std::thread requester;
    int calls = 0;  // not atomic: when the callback has ended, no other thread touches it
    {
      const StopCallback callback(source.token(), [&] { ++calls; });
      requester = std::thread([source]() mutable { source.request_stop(); });
      if (round % 2 == 0) {
        std::this_thread::yield();
      }
    }
    const int after = calls;
    requester.join();
    CHECK(calls == after);
  }
}
