/// What waits between a run and a service, and the texts that go there. JSON and base 64 are Python's: json.dumps,
/// base64.b64encode.
#include <hearth/train/log_queue.hpp>

#include <chrono>
#include <cstddef>
#include <hearth/train/base64.hpp>
#include <hearth/train/json_find.hpp>
#include <hearth/train/json_text.hpp>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace hearth;
using namespace hearth::train;

namespace {

std::vector<int> all_of(LogQueue<int>& queue) {
  std::vector<int> all;
  while (const auto entry = queue.take({})) {
    all.push_back(*entry);
  }
  return all;
}

}  // namespace

TEST_CASE("a full queue loses what has waited longest, but nothing that must not be lost", "[log_queue]") {
  LogQueue<int> queue(3, 1000);
  CHECK(queue.push(1, 1, false));
  CHECK(queue.push(2, 1, true));
  CHECK(queue.push(3, 1, true));
  CHECK_FALSE(queue.push(4, 1, true));
  CHECK_FALSE(queue.push(5, 1, false));
  CHECK_FALSE(queue.push(6, 1, false));
  CHECK(queue.push(7, 1, false));  // there is nothing left to lose
  CHECK(queue.lost() == 3);
  CHECK(all_of(queue) == std::vector{1, 5, 6, 7});

  LogQueue<int> heavy(100, 10);
  CHECK(heavy.push(1, 6, true));
  CHECK_FALSE(heavy.push(2, 6, true));
  CHECK_FALSE(heavy.push(3, 11, true));  // which is itself too heavy
  CHECK(all_of(heavy).empty());
  CHECK(heavy.push(4, 10, true));
  CHECK(all_of(heavy) == std::vector{4});
  heavy.push(5, 1, true);
  heavy.close();
  CHECK(heavy.push(6, 1, true));
  CHECK(all_of(heavy).empty());
  CHECK(heavy.lost() == 4);
}

TEST_CASE("one thread takes in their order what several add", "[log_queue]") {
  LogQueue<int> queue(100'000, 100'000);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&queue, thread] {
      for (int i = 0; i < 1000; ++i) {
        queue.push(thread * 1000 + i, 1, true);
      }
    });
  }
  std::vector<int> next(3, 0);
  for (int taken = 0; taken < 3000; ++taken) {
    const auto entry = queue.take(std::chrono::steady_clock::time_point::max());
    REQUIRE(entry.has_value());
    int& expected = next[static_cast<std::size_t>(*entry / 1000)];
    CHECK(*entry % 1000 == expected++);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST_CASE("texts, numbers and settings are JSON as Python writes it", "[json]") {
  CHECK(json_text("a\"b\\c\n\x01 \xC3\xA9") == "\"a\\\"b\\\\c\\u000a\\u0001 \xC3\xA9\"");
  CHECK(json_text("\xFF\xC3") == R"("\ufffd\ufffd")");
  CHECK(json_number(0.1) == "0.1");
  CHECK(json_number(std::numeric_limits<double>::infinity()) == "null");
  CHECK(json_object({{"lr", 0.5}, {"n", 3}, {"amp", false}, {"arch", "x"}}) ==
        R"({"lr": 0.5, "n": 3, "amp": false, "arch": "x"})");
  CHECK(json_object({}) == "{}");
}

TEST_CASE("bytes in base 64 are as Python writes them", "[json]") {
  const auto of = [](std::string_view text) { return base64(std::as_bytes(std::span(text.data(), text.size()))); };
  CHECK(of("").empty());
  CHECK(of("f") == "Zg==");  // the examples of RFC 4648
  CHECK(of("fo") == "Zm8=");
  CHECK(of("foo") == "Zm9v");
  CHECK(of("foobar") == "Zm9vYmFy");
  CHECK(of("\xFF\xFE\xFD") == "//79");
}

TEST_CASE("a text is found in a JSON document by its names, and in nothing else", "[json]") {
  const std::string answer =
      R"({"tags": [{"run": {"id": "no"}}, [1, -2.5e3, null, true], "}"], "run" : {"data": {}, "info":)"
      "\n\t"
      R"({"id": "a\"\\\/\n\u0041\u20ac", "n": 7}}})";
  CHECK(json_find(answer, {"run", "info", "id"}) == "a\"\\/\nA?");
  CHECK(json_find(answer, {"run", "info", "n"}).empty());  // which is no text
  CHECK(json_find(answer, {"run", "id"}).empty());
  CHECK(json_find(answer, {"run"}).empty());
  CHECK(json_find("<html>", {"run"}).empty());
  CHECK(json_find("", {"run"}).empty());
  for (std::size_t size = 0; size < answer.find("n\": 7"); ++size) {  // cut anywhere before its end
    CHECK(json_find(answer.substr(0, size), {"run", "info", "n"}).empty());
  }
  CHECK(json_find(R"({"a": )" + std::string(100'000, '['), {"run"}).empty());
  CHECK(json_find(R"({"run": "\u00g0"})", {"run"}).empty());
}
