#include <hearth/data/automatic_workers.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

#include "catch.hpp"

using namespace hearth;

namespace {

/// Seconds that a batch takes from one to the next, and of them those that are waited for, with so many workers.
struct Speed {
  double seconds = 0;
  double waited = 0;
};

/// Tells of a batch. Where the number of workers changes, those that were begun before are not judged.
std::size_t take(data::AutomaticWorkers& workers, const Speed& speed) {
  const std::size_t before = workers.workers();
  const std::size_t now = workers.taken(speed.waited, speed.seconds - speed.waited, speed.waited == 0);
  if (now != before) {
    workers.leave_out(2 * std::max(before, now));
  }
  return now;
}

/// Goes through `batches` of a loop whose speed is a function of the number of workers, and gives that number after
/// each of them.
std::vector<std::size_t> run(data::AutomaticWorkers& workers, std::size_t batches,
                             const std::function<Speed(std::size_t workers)>& speed) {
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < batches; ++i) {
    counts.push_back(take(workers, speed(workers.workers())));
  }
  return counts;
}

/// The step takes `step` seconds alone, and a batch `make` on one worker. There are cores for all.
std::function<Speed(std::size_t)> with_cores(double step, double make) {
  return [=](std::size_t workers) {
    const double seconds = std::max(step, make / static_cast<double>(workers));
    return Speed{seconds, seconds - step};
  };
}

double average_of_last(const std::vector<std::size_t>& counts, std::size_t last) {
  double sum = 0;
  for (std::size_t i = counts.size() - last; i < counts.size(); ++i) {
    sum += static_cast<double>(counts[i]);
  }
  return sum / static_cast<double>(last);
}

}  // namespace

TEST_CASE("Automatic workers become more while batches are waited for, and then are enough", "[automatic_workers]") {
  data::AutomaticWorkers workers(1, 64);
  const std::vector<std::size_t> counts = run(workers, 4000, with_cores(0.02, 0.2));
  CHECK(counts.front() == 1);
  CHECK(counts.back() >= 10);  // a tenth of a batch each: ten workers keep pace
  CHECK(counts.back() <= 14);
  CHECK(*std::max_element(counts.begin(), counts.end()) <= 15);
}

TEST_CASE("Automatic workers find the number within seconds", "[automatic_workers]") {
  data::AutomaticWorkers workers(1, 16);
  double seconds = 0;
  const auto speed = with_cores(0.01, 0.14);
  while (workers.workers() < 13 && seconds < 60) {
    const Speed now = speed(workers.workers());
    seconds += now.seconds;
    take(workers, now);
  }
  CHECK(workers.workers() >= 13);
  CHECK(seconds < 20);
}

TEST_CASE("Automatic workers are never more than may be, nor fewer than one", "[automatic_workers]") {
  data::AutomaticWorkers few(1, 3);
  const std::vector<std::size_t> waiting = run(few, 3000, with_cores(0.01, 10));
  CHECK(*std::max_element(waiting.begin(), waiting.end()) == 3);
  data::AutomaticWorkers many(8, 8);
  const std::vector<std::size_t> idle = run(many, 20000, with_cores(0.1, 0.0001));
  CHECK(idle.back() == 1);
  CHECK(*std::min_element(idle.begin(), idle.end()) == 1);
  CHECK(data::AutomaticWorkers(0, 0).workers() == 1);
  CHECK(data::AutomaticWorkers(9, 4).workers() == 4);
}

TEST_CASE("More workers that bring nothing do not stay, and are tried ever more rarely", "[automatic_workers]") {
  // A disk that gives a batch every 0.1 seconds, whoever asks.
  data::AutomaticWorkers workers(2, 16);
  const std::vector<std::size_t> counts = run(workers, 20000, [](std::size_t) { return Speed{0.1, 0.08}; });
  CHECK(counts.back() == 2);
  CHECK(average_of_last(counts, 10000) < 2.1);
  const auto trials = [&](std::size_t begin, std::size_t end) {
    std::size_t count = 0;
    for (std::size_t i = begin + 1; i < end; ++i) {
      count += counts[i] > counts[i - 1] ? 1 : 0;
    }
    return count;
  };
  CHECK(trials(0, 2000) > trials(10000, 12000));
}

TEST_CASE("Where workers and the step want the same cores, the fewest that keep pace stay", "[automatic_workers]") {
  // Each worker beyond the first, though it has nothing to do, slows the step by a twentieth.
  data::AutomaticWorkers workers(4, 4);
  const std::vector<std::size_t> counts = run(workers, 10000, [](std::size_t count) {
    return Speed{0.05 * (1 + 0.05 * static_cast<double>(count - 1)), 0};
  });
  CHECK(counts.back() == 1);
}

TEST_CASE("One worker fewer that makes the step wait does not stay", "[automatic_workers]") {
  data::AutomaticWorkers workers(3, 8);
  const std::vector<std::size_t> counts = run(workers, 10000, with_cores(0.05, 0.14));  // three are just enough
  CHECK(counts.back() == 3);
  CHECK(average_of_last(counts, 5000) > 2.9);
}

TEST_CASE("Batches that are left out, such as an epoch's first, are not judged", "[automatic_workers]") {
  data::AutomaticWorkers workers(2, 8);
  for (int epoch = 0; epoch < 50; ++epoch) {
    workers.leave_out(5);
    for (int batch = 0; batch < 30; ++batch) {
      const bool is_first = batch < 5;
      CHECK(workers.taken(is_first ? 1 : 0, 0.02, false) == 2);
    }
  }
}

TEST_CASE("The first number of workers is what the step's operators leave of the cores", "[automatic_workers]") {
  CHECK(data::first_workers(2, 2) == 1);
  CHECK(data::first_workers(16, 8) == 8);
  CHECK(data::first_workers(1, 1) == 1);
  CHECK(data::first_workers(4, 64) == 1);
  CHECK(data::first_workers(16, 1) == 15);
}
