#include <hearth/data/data_loader.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#ifdef __linux__
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::error_of;

namespace {

/// Sample i is [i, i + 1/2, i + 1/4] and its label i % 7. Those of `bad` cannot be read.
struct OneByOne {
  std::size_t count = 0;
  std::set<std::size_t> bad = {};

  std::size_t size() const { return count; }
  std::int64_t read(std::size_t index, RandomStream&, SampleSink& sink) const {
    core::require(!bad.contains(index), "cannot read number {}", index);
    write(index, sink.place({3}).data);
    return static_cast<std::int64_t>(index % 7);
  }
  static void write(std::size_t index, float* out) {
    out[0] = static_cast<float>(index);
    out[1] = out[0] + 0.5F;
    out[2] = out[0] + 0.25F;
  }
};

/// What was called how often.
struct Calls {
  std::atomic<std::size_t> one = 0;
  std::atomic<std::size_t> at_once = 0;
  std::atomic<std::size_t> in_vain = 0;
};

/// The same, which can also write a batch at once.
struct AtOnce : OneByOne {
  std::shared_ptr<Calls> calls = std::make_shared<Calls>();

  explicit AtOnce(std::size_t size, std::set<std::size_t> unreadable = {}) : OneByOne{size, std::move(unreadable)} {}

  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    ++calls->one;
    return OneByOne::read(index, random, sink);
  }
  void read_batch(std::span<const std::size_t> indices, BatchSink& sink) const {
    float* out = sink.place({3}).data;
    std::int64_t* label = sink.labels();
    for (const std::size_t index : indices) {
      if (bad.contains(index)) {
        ++calls->in_vain;
        core::fail("not seen");
      }
      write(index, out);
      out += 3;
      *label++ = static_cast<std::int64_t>(index % 7);
    }
    ++calls->at_once;
  }
};

struct Copy {
  std::vector<float> inputs;
  std::vector<std::int64_t> targets;
  std::vector<std::size_t> samples;
  std::size_t index = 0;
  std::size_t drawn = 0;
  bool counts = true;
  friend bool operator==(const Copy&, const Copy&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Copy& batch) { return out << "batch " << batch.index; }
};

template <class Range>
std::vector<Copy> all(Range&& range) {
  std::vector<Copy> batches;
  for (const Batch& batch : range) {
    const at::Tensor inputs = batch.inputs.to(at::kFloat).contiguous();
    const auto* const targets = batch.targets.const_data_ptr<std::int64_t>();
    batches.push_back({{inputs.const_data_ptr<float>(), inputs.const_data_ptr<float>() + inputs.numel()},
                       {targets, targets + batch.targets.numel()},
                       batch.samples,
                       batch.index,
                       batch.drawn,
                       batch.counts});
  }
  return batches;
}

}  // namespace

static_assert(BatchReadable<AtOnce>);
static_assert(!BatchReadable<OneByOne>);

TEST_CASE("A dataset that reads batches at once gives what it gives sample by sample", "[read_batch]") {
  for (const int workers : {0, 1, 3}) {
    for (const Dtype dtype : {Dtype::float32, Dtype::bfloat16, Dtype::float16}) {
      for (const bool drop_last : {false, true}) {
        const LoaderOptions options{
            .batch_size = 8, .shuffle = true, .workers = workers, .drop_last = drop_last, .seed = 4, .dtype = dtype};
        DataLoader at_once{AtOnce{101}, options};
        DataLoader one_by_one{OneByOne{101}, options};
        for (int epoch = 0; epoch < 2; ++epoch) {
          CHECK(all(at_once) == all(one_by_one));
        }
        CHECK(all(at_once.epoch(5, 19)) == all(one_by_one.epoch(5, 19)));  // from within a batch
        CHECK(at_once.dataset().calls->one == 0);
        CHECK(at_once.dataset().calls->at_once > 20);
      }
    }
  }
}

TEST_CASE("Processes that share an epoch read their parts of the batches at once", "[read_batch]") {
  for (const Remainder remainder : {Remainder::once, Remainder::pad, Remainder::drop}) {
    for (std::size_t rank = 0; rank < 3; ++rank) {
      const Share share{.rank = rank, .size = 3, .remainder = remainder};
      const LoaderOptions options{.batch_size = 4, .shuffle = true, .workers = 1, .seed = 1};
      DataLoader at_once{AtOnce{49}, options};  // 4 global batches of 12, and one sample
      DataLoader one_by_one{OneByOne{49}, options};
      CHECK(all(at_once.epoch(1, 0, share)) == all(one_by_one.epoch(1, 0, share)));
      CHECK(at_once.dataset().calls->at_once >= 4);
    }
  }
}

TEST_CASE("A batch that cannot be read at once is read sample by sample: the same errors, and the same skipped",
          "[read_batch]") {
  const std::set<std::size_t> bad{0, 6, 8, 9, 10, 11, 19};
  for (const int workers : {0, 2}) {
    const LoaderOptions skip{.batch_size = 4, .workers = workers, .bad_samples = BadSamples::skip};
    DataLoader at_once{AtOnce{40, bad}, skip};
    DataLoader one_by_one{OneByOne{40, bad}, skip};
    CHECK(all(at_once) == all(one_by_one));
    CHECK(at_once.skipped() == 7);
    CHECK(at_once.skipped_samples().summary(40) == one_by_one.skipped_samples().summary(40));
    CHECK(at_once.dataset().calls->in_vain == 4);
    CHECK(at_once.dataset().calls->one == 16);
    CHECK(at_once.dataset().calls->at_once == 6);
    DataLoader stopping{AtOnce{40, {21}}, {.batch_size = 4, .workers = workers}};
    CHECK(error_of([&] { all(stopping); }) == "cannot read number 21");
  }
}

TEST_CASE("A dataset that leaves out a part of the batch is read sample by sample", "[read_batch]") {
  struct NoLabels : OneByOne {
    void read_batch(std::span<const std::size_t>, BatchSink& sink) const { sink.place({3}).data[0] = -1; }
  };
  struct NoSamples : OneByOne {
    void read_batch(std::span<const std::size_t>, BatchSink& sink) const { sink.labels()[0] = 6; }
  };
  struct Nothing : OneByOne {
    void read_batch(std::span<const std::size_t>, BatchSink&) const {}
  };
  const LoaderOptions options{.batch_size = 4};
  DataLoader plain{OneByOne{10}, options};
  const std::vector<Copy> expected = all(plain);
  DataLoader no_labels{NoLabels{{10}}, options};
  CHECK(all(no_labels) == expected);
  DataLoader no_samples{NoSamples{{10}}, options};
  CHECK(all(no_samples) == expected);
  DataLoader nothing{Nothing{{10}}, options};
  CHECK(all(nothing) == expected);
}

TEST_CASE("A batch that could not be read at once may have other targets sample by sample", "[read_batch]") {
  struct Changing : OneByOne {
    void read_batch(std::span<const std::size_t>, BatchSink& sink) const {
      sink.place({1, 3});
      sink.targets(TargetView::Type::float32, {2});
      core::fail("not seen");
    }
  };
  for (const int workers : {0, 2}) {
    DataLoader plain{OneByOne{10}, {.batch_size = 4}};
    DataLoader changing{Changing{{10}}, {.batch_size = 4, .workers = workers}};
    CHECK(all(changing) == all(plain));
  }
}

TEST_CASE("Batches that were read at once may be kept, and changed", "[read_batch]") {
  DataLoader loader{AtOnce{64}, {.batch_size = 4, .workers = 1}};
  std::vector<Batch> kept;
  for (Batch& batch : loader) {
    if (batch.index % 2 == 0) {
      kept.push_back(std::move(batch));
    } else {
      batch.inputs.fill_(-1);
      batch.inputs.requires_grad_(true);
      batch.inputs = batch.inputs.reshape({-1});
    }
  }
  const std::vector<Copy> again = all(loader);
  CHECK(again.size() == 16);
  for (const Copy& batch : again) {
    CHECK(batch.inputs[3] == static_cast<float>(batch.index * 4 + 1));
  }
  for (const Batch& batch : kept) {
    CHECK(batch.inputs.sizes() == at::IntArrayRef({4, 3}));
    CHECK(batch.inputs[3][0].item<float>() == static_cast<float>(batch.index * 4 + 3));
    CHECK_FALSE(batch.inputs.requires_grad());
  }
}

TEST_CASE("Workers read the samples of one batch together", "[data_loader]") {
  struct Together : OneByOne {
    std::shared_ptr<std::atomic<int>> reading = std::make_shared<std::atomic<int>>(0);
    std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
      if (index > 0) {                     // the first sample is read before the others
        for (++*reading; *reading < 3;) {  // ends only if three samples are read at the same time
          std::this_thread::yield();
        }
      }
      return OneByOne::read(index, random, sink);
    }
  };
  DataLoader loader{Together{{4}}, {.batch_size = 4, .workers = 3, .prefetch = 1}};
  const std::vector<Copy> batches = all(loader);
  REQUIRE(batches.size() == 1);
  CHECK(batches[0].samples == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("The memory of large batches does not grow with the number of workers, and many small ones are ahead",
          "[data_loader]") {
  struct Sized : OneByOne {
    std::int64_t numbers = 0;
    std::shared_ptr<std::atomic<std::size_t>> most = std::make_shared<std::atomic<std::size_t>>(0);
    std::int64_t read(std::size_t index, RandomStream&, SampleSink& sink) const {
      sink.place({numbers}).data[0] = 0;
      for (std::size_t before = *most; index > before && !most->compare_exchange_weak(before, index);) {
      }
      return 0;
    }
  };
  const auto check = [](std::int64_t numbers, int workers, std::size_t expected) {
    Sized dataset{{1600}, numbers};
    DataLoader loader{dataset, {.batch_size = 40, .workers = workers}};
    std::set<const void*> places;
    std::size_t ahead = 0;
    for (const Batch& batch : loader) {
      places.insert(batch.inputs.const_data_ptr());
      if (batch.index == 2) {  // here the workers have time to get as far as they may
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (ahead < expected && std::chrono::steady_clock::now() < end) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          ahead = *dataset.most / 40 - batch.index;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ahead = *dataset.most / 40 - batch.index;
      }
    }
    INFO(numbers << " numbers, " << workers << " workers");
    CHECK(ahead == expected);
    CHECK(places.size() <= 1 + expected);
  };
  for (const int workers : {1, 3, 16}) {
    check(50'000, workers, 2);  // 8 MB a batch: `prefetch`
    check(3, workers, 2 * static_cast<std::size_t>(workers));
  }
  check(25'000, 16, 4);  // 4 MB
}

TEST_CASE("What is bad in a batch is the same for any number of workers", "[data_loader]") {
  const std::set<std::size_t> bad{0, 3, 32, 33, 34, 40, 63, 64, 66, 95};
  const auto options = [](int workers, BadSamples policy) {
    return LoaderOptions{.batch_size = 32, .workers = workers, .bad_samples = policy};
  };
  DataLoader expected{OneByOne{100, bad}, options(0, BadSamples::skip)};
  const std::vector<Copy> batches = all(expected);
  for (const int workers : {1, 4, 8}) {
    for (int round = 0; round < 10; ++round) {
      DataLoader skipping{OneByOne{100, bad}, options(workers, BadSamples::skip)};
      CHECK(all(skipping) == batches);
      CHECK(skipping.skipped_samples().summary(100) == expected.skipped_samples().summary(100));
      DataLoader stopping{OneByOne{100, {70, 71, 85}}, options(workers, BadSamples::stop)};
      CHECK(error_of([&] { all(stopping); }) == "cannot read number 70");
    }
  }
}

TEST_CASE("A loader that chooses its workers gives the batches that any number gives", "[automatic_workers]") {
  DataLoader plain{OneByOne{997}, {.batch_size = 4, .shuffle = true, .seed = 2}};
  DataLoader automatic{OneByOne{997},
                       {.batch_size = 4, .shuffle = true, .workers = LoaderOptions::automatic, .seed = 2}};
  CHECK(automatic.workers_in_use() >= 1);
  for (int epoch = 0; epoch < 3; ++epoch) {
    CHECK(all(automatic) == all(plain));
  }
  CHECK(automatic.workers_in_use() >= 1);
}

TEST_CASE("A loader says how many workers it uses", "[automatic_workers]") {
  CHECK(DataLoader{OneByOne{10}, {.batch_size = 4, .workers = 2}}.workers_in_use() == 2);
  CHECK(DataLoader{OneByOne{10}, {.batch_size = 4, .workers = 90}}.workers_in_use() == 10);
  CHECK(DataLoader{AtOnce{10}, {.batch_size = 4, .workers = 9}}.workers_in_use() == 3);
  CHECK(DataLoader{OneByOne{10}, {.batch_size = 4}}.workers_in_use() == 0);
  DataLoader one{OneByOne{10}, {.batch_size = 10, .workers = LoaderOptions::automatic}};
  CHECK(one.workers_in_use() == 1);
  CHECK(all(one).size() == 1);
  CHECK(DataLoader{OneByOne{10}, {.batch_size = 4, .workers = 90, .drop_last = true}}.workers_in_use() == 8);
}

#ifdef __linux__

TEST_CASE("Workers have names and a lower priority, and the thread that takes the batches keeps its own",
          "[automatic_workers]") {
  struct Seen {
    std::mutex mutex;
    std::set<std::pair<std::string, int>> threads;
  };
  struct Looking : OneByOne {
    std::shared_ptr<Seen> seen = std::make_shared<Seen>();
    explicit Looking(std::size_t size) : OneByOne{size} {}
    std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
      std::array<char, 16> name{};
      ::pthread_getname_np(::pthread_self(), name.data(), name.size());
      const int nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)));
      {
        const std::lock_guard lock(seen->mutex);
        seen->threads.emplace(name.data(), nice);
      }
      return OneByOne::read(index, random, sink);
    }
  };
  const int own = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)));
  for (const int nice : {0, 7}) {
    DataLoader loader{Looking{400}, {.batch_size = 2, .workers = 2, .nice = nice}};
    all(loader);
    const auto& threads = loader.dataset().seen->threads;
    CHECK_FALSE(threads.empty());
    for (const auto& [name, priority] : threads) {
      CHECK((name == "hearth-load-0" || name == "hearth-load-1"));
      CHECK(priority == std::min(own + nice, 19));
    }
  }
  CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid))) == own);
}

#endif

TEST_CASE("Priorities and cores that make no sense are errors at once", "[automatic_workers]") {
  const auto error = [](LoaderOptions options) { return error_of([&] { DataLoader{OneByOne{3}, options}; }); };
  CHECK_THAT(error({.nice = 20}), ContainsSubstring("DataLoader: nice must be between 0 and 19, but got 20"));
  CHECK_THAT(error({.worker_cores = {-5}}), ContainsSubstring("DataLoader: core"));
  CHECK_THAT(error({.workers = -2}),
             ContainsSubstring("workers must be at least 0, or LoaderOptions::automatic, but got -2"));
}
