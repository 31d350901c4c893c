/// Telling a trainer's callbacks what happens.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <tuple>

#include <hearth/train/callback.hpp>

namespace hearth::train {

/// Calls the hook of every callback, in their order. An interruption may be told by another thread: it waits a while
/// for the hook that a callback is in, goes on without that callback when the hook does not return, and is the last
/// thing that the callbacks are told.
template <class... Callbacks>
class Notifier {
 public:
  /// `tells_all`: every callback; otherwise those alone that have `static constexpr bool on_every_rank = true`.
  explicit Notifier(std::tuple<Callbacks...>& callbacks, bool tells_all)
      : callbacks_(callbacks), tells_all_(tells_all) {}
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  template <class Event>
  void operator()(const Event& event) {
    each([&](auto& callback, std::mutex& busy) {
      const std::lock_guard lock(busy);
      if (!is_over_) {
        call(callback, event);
      }
    });
  }

  /// Tells of an interruption; throws the first of what hooks throw, when all have been told.
  std::function<void(const Interrupted&)> of_interruption() {
    return [this](const Interrupted& event) {
      is_over_ = true;
      std::exception_ptr failure;
      each([&](auto& callback, std::mutex& busy) {
        const std::unique_lock lock = lock_for_a_while(busy);
        try {
          if (lock.owns_lock()) {
            callback.on_interrupted(event);
          }
        } catch (...) {
          failure = failure ? failure : std::current_exception();
        }
      });
      if (failure) {
        std::rethrow_exception(failure);
      }
    };
  }

 private:
  template <class Call>
  void each(Call call) {
    std::apply(
        [&](auto&... callback) {
          std::size_t next = 0;
          [[maybe_unused]] const auto tell = [&](auto& one) {
            std::mutex& busy = busy_[next++];
            if (tells_all_ || is_for_every_rank<std::remove_cvref_t<decltype(one)>>) {
              call(one, busy);
            }
          };
          (tell(callback), ...);
        },
        callbacks_);
  }

  template <class C>
  static constexpr bool is_for_every_rank = requires {
    requires C::on_every_rank;
  };

  static std::unique_lock<std::mutex> lock_for_a_while(std::mutex& mutex) {
    std::unique_lock lock(mutex, std::try_to_lock);
    for (int i = 0; i < 200 && !lock.owns_lock(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      static_cast<void>(lock.try_lock());
    }
    return lock;
  }

  static void call(auto& callback, const FitBegin& event) { callback.on_fit_begin(event); }
  static void call(auto& callback, const EpochBegin& event) { callback.on_epoch_begin(event); }
  static void call(auto& callback, const StepEnd& event) { callback.on_step_end(event); }
  static void call(auto& callback, const BatchEnd& event) { callback.on_batch_end(event); }
  static void call(auto& callback, const EpochEnd& event) { callback.on_epoch_end(event); }
  static void call(auto& callback, const FitEnd& event) { callback.on_fit_end(event); }

  std::tuple<Callbacks...>& callbacks_;
  bool tells_all_;
  std::array<std::mutex, sizeof...(Callbacks)> busy_;  // held while a hook of the callback runs
  std::atomic<bool> is_over_{false};
};

}  // namespace hearth::train
