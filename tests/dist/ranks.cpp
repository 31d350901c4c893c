#include "ranks.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#ifdef HEARTH_WITH_DISTRIBUTED
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#endif

#include <hearth/core/error.hpp>
#include <hearth/dist/process_groups.hpp>

namespace dist = hearth::dist;

#ifdef HEARTH_WITH_DISTRIBUTED

void run_ranks(int count, const std::function<void(const dist::World&)>& body, std::chrono::milliseconds timeout) {
  const auto store = c10::make_intrusive<c10d::HashStore>();
  std::mutex mutex;
  std::exception_ptr first;
  const auto failed = [&] {
    const std::lock_guard lock(mutex);
    if (first == nullptr) {
      first = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  std::vector<std::future<void>> ends;
  for (int rank = 0; rank < count; ++rank) {
    std::packaged_task<void()> task([&, rank] {
      try {
        if (count == 1) {
          body(dist::World());
          return;
        }
        dist::detail::JoinOptions options;
        options.rank = rank;
        options.size = count;
        options.timeout = timeout;
        options.device = at::kCPU;
        options.address = "127.0.0.1";
        options.membership = dist::Membership{.rank = rank, .size = count, .local_rank = rank, .local_size = count};
        const dist::detail::Joined joined =
            dist::detail::join([&] { return c10::intrusive_ptr<c10d::Store>(store); }, options);
        try {
          body(dist::World(joined.communicator, joined.device));
          joined.communicator->leave();
        } catch (const std::exception& error) {
          failed();
          joined.communicator->fail(error.what());
        }
      } catch (const std::exception&) {
        failed();
      }
    });
    ends.push_back(task.get_future());
    threads.emplace_back(std::move(task));
  }
  for (int rank = 0; rank < count; ++rank) {
    if (ends[static_cast<std::size_t>(rank)].wait_for(6 * timeout) != std::future_status::ready) {
      std::fprintf(stderr, "run_ranks: rank %d has not ended within six times the time-out\n", rank);
      std::abort();
    }
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (first != nullptr) {
    std::rethrow_exception(first);
  }
}

#else

void run_ranks(int count, const std::function<void(const dist::World&)>& body, std::chrono::milliseconds) {
  hearth::core::require(count == 1, "run_ranks: this build of hearth has no distributed support");
  body(dist::World());
}

#endif
