#pragma once

#include <hearth/dist/world.hpp>

#include <chrono>
#include <string>

#include <hearth/core/device.hpp>
#include <hearth/core/error.hpp>
#include <hearth/dist/agreement.hpp>

namespace hearth::dist {

HEARTH_INLINE World::World(std::shared_ptr<Communicator> communicator, at::Device device)
    : membership_(communicator->membership()), communicator_(std::move(communicator)), device_(device) {}

HEARTH_INLINE at::Device World::device() const {
  return device_ ? *device_ : default_device();
}

HEARTH_INLINE Communicator& World::communicator() const {
  core::require(communicator_ != nullptr, "World: this process is alone: there is nobody to talk to");
  return *communicator_;
}

HEARTH_INLINE void World::one_at_first(const std::function<void()>& body, bool shared_files) const {
  if (is_alone()) {
    body();
    return;
  }
  const bool is_first = shared_files ? rank() == 0 : local_rank() == 0;
  const auto run = [&](bool is_its_turn) {
    const std::string failure = is_its_turn ? detail::failure_of(body) : std::string();
    communicator_->barrier(std::chrono::hours(24 * 7));  // a data set is prepared as long as it takes
    detail::fail_together(*communicator_, failure);
  };
  run(is_first);
  run(!is_first);
}

}  // namespace hearth::dist
