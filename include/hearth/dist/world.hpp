/// The processes that train one model together, as each of them sees it.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/dist/agreement.hpp>
#include <hearth/dist/communicator.hpp>
#include <hearth/dist/membership.hpp>

namespace hearth::dist {

/// The processes of a run: this one alone, as it is made by default, or those that `connect` (dist/connect.hpp) has
/// brought together. A copy is the same world. The connection ends with the last copy.
///
///     const dist::World world = dist::connect();  // of size one where nobody has started several processes
///     Trainer trainer{model, optimizer, {.epochs = 25, .device = world.device(), .world = world}};
class World {
 public:
  World() = default;
  World(std::shared_ptr<Communicator> communicator, at::Device device);

  /// The number of this process among all, and of how many it is one; the same among those of its host.
  int rank() const noexcept { return membership().rank; }
  int size() const noexcept { return membership().size; }
  int local_rank() const noexcept { return membership().local_rank; }
  int local_size() const noexcept { return membership().local_size; }
  bool is_alone() const noexcept { return communicator_ == nullptr; }  ///< whether there is one process only

  /// Whether this is rank 0, which prints and saves.
  bool is_main() const noexcept { return rank() == 0; }

  const Membership& membership() const noexcept { return membership_; }  ///< the four numbers above

  /// The device of this process: alone, `default_device()`; otherwise the GPU of its local rank, or the CPU.
  at::Device device() const;

  /// The connection. Throws Error when the process is alone.
  Communicator& communicator() const;

  /// Calls `body` and gives what it returns. Where it throws, the other processes are told why, unless they throw the
  /// same: what they wait for ends with an Error that has this rank and its reason.
  template <class Body>
  auto together(Body&& body) const -> decltype(body()) {
    if (is_alone()) {
      return std::forward<Body>(body)();
    }
    try {
      return std::forward<Body>(body)();
    } catch (const AgreedError&) {
      throw;
    } catch (const std::exception& error) {
      communicator_->fail(error.what());
      throw;
    } catch (...) {
      communicator_->fail("an error without words");
      throw;
    }
  }

  /// Calls `body` in one process of each host (with `shared_files`, in rank 0 alone) while the others wait, and then in
  /// the others, which find what the first has made: prepared data, a download. What it throws in one is thrown in all.
  void one_at_first(const std::function<void()>& body, bool shared_files = false) const;

 private:
  Membership membership_;
  std::shared_ptr<Communicator> communicator_;  // null: alone
  std::optional<at::Device> device_;
};

}  // namespace hearth::dist

#ifndef HEARTH_COMPILED
#include <hearth/dist/world.ipp>
#endif
