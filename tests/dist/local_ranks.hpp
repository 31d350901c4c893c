/// Processes that train together, as threads of one process that share its memory: for tests of what is said between
/// them, whatever carries it.
#pragma once

#include <hearth/core/error.hpp>
#include <hearth/dist/world.hpp>

#include <ATen/core/grad_mode.h>

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "dist/ranks.hpp"

namespace hearth_test {

/// What the ranks have in common. When one fails, the others' waiting ends with an Error.
class Meeting {
 public:
  explicit Meeting(int size) : places_(static_cast<std::size_t>(size)) {}

  std::size_t size() const noexcept { return places_.size(); }

  void wait() {
    std::unique_lock lock(mutex_);
    const std::size_t round = round_;
    if (++waiting_ == places_.size()) {
      waiting_ = 0;
      ++round_;
      arrived_.notify_all();
    }
    arrived_.wait(lock, [&] { return round_ != round || failed_; });
    hearth::core::require(round_ != round, "LocalCommunicator: another rank has failed");
  }

  void fail() {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    arrived_.notify_all();
  }

  /// Calls `read` with what every rank has brought, while all of them stand still.
  template <class T, class Read>
  void share(int rank, const T& mine, const Read& read) {
    places_[static_cast<std::size_t>(rank)] = &mine;
    wait();
    std::vector<const T*> all;
    for (const void* const place : places_) {
      all.push_back(static_cast<const T*>(place));
    }
    read(all);
    wait();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<const void*> places_;
  std::size_t waiting_ = 0;
  std::size_t round_ = 0;
  bool failed_ = false;
};

class LocalCommunicator final : public hearth::dist::Communicator {
 public:
  LocalCommunicator(std::shared_ptr<Meeting> meeting, int rank) : meeting_(std::move(meeting)) {
    const auto size = static_cast<int>(meeting_->size());
    membership_ = {.rank = rank, .size = size, .local_rank = rank, .local_size = size};
  }

  /// How many messages this rank has had a part in.
  std::size_t messages() const noexcept { return messages_; }

  const hearth::dist::Membership& membership() const noexcept override { return membership_; }

  void broadcast(const std::vector<at::Tensor>& tensors, int from) override {
    ++messages_;
    const at::NoGradGuard no_grad;
    meeting_->share(membership_.rank, tensors, [&](const auto& all) {
      const std::vector<at::Tensor>& source = *all[static_cast<std::size_t>(from)];
      hearth::core::require(source.size() == tensors.size(), "LocalCommunicator: the ranks bring unlike tensors");
      for (std::size_t i = 0; i < tensors.size() && from != membership_.rank; ++i) {
        hearth::core::require(source[i].sizes() == tensors[i].sizes() && source[i].dtype() == tensors[i].dtype(),
                              "LocalCommunicator: the ranks bring unlike tensors");
        tensors[i].copy_(source[i]);
      }
    });
  }

  void all_reduce(at::Tensor& tensor) override {
    const at::NoGradGuard no_grad;
    const std::vector<at::Tensor> all = all_gather(tensor);
    tensor.copy_(all.front());
    for (std::size_t i = 1; i < all.size(); ++i) {
      tensor.add_(all[i]);
    }
  }

  std::vector<at::Tensor> all_gather(const at::Tensor& tensor) override {
    ++messages_;
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> gathered;
    meeting_->share(membership_.rank, tensor, [&](const auto& all) {
      for (const at::Tensor* const other : all) {
        hearth::core::require(other->sizes() == tensor.sizes(), "LocalCommunicator: the ranks bring unlike tensors");
        gathered.push_back(other->clone());
      }
    });
    return gathered;
  }

  std::unique_ptr<hearth::dist::PendingSum> begin_sum(std::vector<double> numbers) override {
    struct Done : hearth::dist::PendingSum {
      std::vector<double> sum;
      std::vector<double> wait() override { return sum; }
    };
    ++messages_;
    auto done = std::make_unique<Done>();
    done->sum.resize(numbers.size());
    meeting_->share(membership_.rank, numbers, [&](const auto& all) {
      for (const std::vector<double>* const other : all) {
        for (std::size_t i = 0; i < numbers.size(); ++i) {
          done->sum[i] += other->at(i);
        }
      }
    });
    return done;
  }

  std::vector<std::string> gather(const std::string& bytes) override {
    ++messages_;
    std::vector<std::string> gathered;
    meeting_->share(membership_.rank, bytes, [&](const auto& all) {
      for (const std::string* const other : all) {
        gathered.push_back(*other);
      }
    });
    return gathered;
  }

  std::string broadcast_bytes(const std::string& bytes, int from) override {
    return gather(bytes)[static_cast<std::size_t>(from)];
  }

  void barrier(std::chrono::milliseconds) override { meeting_->wait(); }

  std::unique_ptr<hearth::dist::GradientReducer> make_reducer(std::vector<std::pair<std::string, at::Tensor>>,
                                                              const hearth::dist::DataParallelOptions&) override {
    hearth::core::fail("LocalCommunicator: it reduces no gradients");
  }

  void fail(const std::string&) noexcept override { meeting_->fail(); }
  void leave() noexcept override {}
  void set_activity(const std::string&) override {}

 private:
  std::shared_ptr<Meeting> meeting_;
  hearth::dist::Membership membership_;
  std::size_t messages_ = 0;
};

/// What `body(world)` returns in each of `count` ranks; what it throws in one is thrown here. With one rank the world
/// is alone. `body` makes no Catch assertions: it returns what is to be looked at.
template <class Body>
auto on_ranks(int count, const Body& body) {
  using Result = std::invoke_result_t<const Body&, const hearth::dist::World&>;
  std::vector<Result> results(static_cast<std::size_t>(count));
  if (count == 1) {
    results[0] = body(hearth::dist::World());
    return results;
  }
  const auto meeting = std::make_shared<Meeting>(count);
  std::vector<std::exception_ptr> errors;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < count; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        const hearth::dist::World world(std::make_shared<LocalCommunicator>(meeting, rank), at::Device(at::kCPU));
        results[static_cast<std::size_t>(rank)] = body(world);
      } catch (...) {
        const std::lock_guard lock(mutex);
        errors.push_back(std::current_exception());  // the first is the cause of the others
        meeting->fail();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (!errors.empty()) {
    std::rethrow_exception(errors.front());
  }
  return results;
}

/// The same over Gloo, with ranks.hpp.
template <class Body>
auto on_gloo_ranks(int count, const Body& body) {
  std::vector<std::invoke_result_t<const Body&, const hearth::dist::World&>> results(static_cast<std::size_t>(count));
  run_ranks(count,
            [&](const hearth::dist::World& world) { results[static_cast<std::size_t>(world.rank())] = body(world); });
  return results;
}

}  // namespace hearth_test
