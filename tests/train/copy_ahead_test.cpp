#include <hearth/train/copy_ahead.hpp>

#include <ATen/EmptyTensor.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace {

/// A device that does nothing until it is told to: what is asked of it waits in the queues of its streams. Its memory
/// is used again as soon as the host has let go of it, as that of CUDA's caching allocator is in one stream.
class SlowDevice {
 public:
  struct Event {
    int asked = 0;  ///< how often it was recorded, as the host sees it
    int done = 0;   ///< as the device sees it
  };
  struct Job {
    std::function<void()> run;
    const Event* wait = nullptr;
    int version = 0;
  };

  std::int64_t stream = 0;  ///< the current one; 0 computes
  std::map<std::int64_t, std::deque<Job>> queues;

  void add(std::function<void()> run) { queues[stream].push_back({std::move(run)}); }

  /// Does everything, work of the first of these streams whenever it can.
  void run(const std::vector<std::int64_t>& order) {
    const auto one = [&] {
      return std::any_of(order.begin(), order.end(), [&](std::int64_t number) {
        std::deque<Job>& queue = queues[number];
        if (queue.empty() || (queue.front().wait != nullptr && queue.front().wait->done < queue.front().version)) {
          return false;
        }
        const Job job = std::move(queue.front());
        queue.pop_front();
        if (job.run) {
          job.run();
        }
        return true;
      });
    };
    while (one()) {
    }
  }

  bool is_idle() const {
    return std::all_of(queues.begin(), queues.end(), [](const auto& queue) { return queue.second.empty(); });
  }

  void* take(std::size_t size) {
    std::vector<void*>& spare = free_[size];
    void* memory = nullptr;
    if (spare.empty()) {
      memory = ::operator new(size + 64);
      ++pieces;
    } else {
      memory = spare.back();
      spare.pop_back();
    }
    sizes_[memory] = size;
    return memory;
  }
  void give_back(void* memory) { free_[sizes_[memory]].push_back(memory); }

  std::size_t pieces = 0;  ///< that were ever needed

 private:
  std::map<std::size_t, std::vector<void*>> free_;
  std::map<void*, std::size_t> sizes_;
};

SlowDevice& slow() {
  static SlowDevice device;
  return device;
}

const c10::Device device{c10::DeviceType::PrivateUse1, 0};

struct Guard final : c10::impl::DeviceGuardImplInterface {
  static constexpr c10::DeviceType static_type = c10::DeviceType::PrivateUse1;
  c10::DeviceType type() const override { return static_type; }
  c10::Device exchangeDevice(c10::Device) const override { return device; }
  c10::Device getDevice() const override { return device; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const override { return c10::Stream(c10::Stream::UNSAFE, device, slow().stream); }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override {
    return c10::Stream(c10::Stream::UNSAFE, device, 7);
  }
  c10::Stream exchangeStream(c10::Stream stream) const override {
    return c10::Stream(c10::Stream::UNSAFE, device, std::exchange(slow().stream, stream.id()));
  }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }

  void record(void** event, const c10::Stream& stream, c10::DeviceIndex, c10::EventFlag) const override {
    if (*event == nullptr) {
      *event = new SlowDevice::Event;  // stays until the program's end, for the queues point to it
    }
    auto* const recorded = static_cast<SlowDevice::Event*>(*event);
    ++recorded->asked;
    slow().queues[stream.id()].push_back({[recorded, version = recorded->asked] { recorded->done = version; }});
  }
  void block(void* event, const c10::Stream& stream) const override {
    const auto* const recorded = static_cast<SlowDevice::Event*>(event);
    if (recorded != nullptr) {
      slow().queues[stream.id()].push_back({nullptr, recorded, recorded->asked});
    }
  }
};

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(std::size_t size) override {
    void* const memory = slow().take(size);
    return {memory, memory, [](void* given) { slow().give_back(given); }, device};
  }
  void copy_data(void* to, const void* from, std::size_t count) const override { std::memcpy(to, from, count); }
};

at::Tensor make_empty(at::IntArrayRef sizes, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                      std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  static Memory memory;
  return at::detail::empty_generic(sizes, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   type.value_or(at::kFloat), format);
}

at::Tensor make_strided(at::IntArrayRef sizes, at::IntArrayRef strides, std::optional<at::ScalarType> type,
                        std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  static Memory memory;
  return at::detail::empty_strided_generic(sizes, strides, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           type.value_or(at::kFloat));
}

/// The host's numbers are read now, as if they stayed as they are until the device has copied them.
at::Tensor copy_from_host(const at::Tensor& from, const at::Tensor& to, bool non_blocking) {
  REQUIRE(non_blocking);
  REQUIRE(from.strides() == to.strides());
  const auto* const first = static_cast<const char*>(from.const_data_ptr());
  std::vector<char> bytes(first, first + from.nbytes());
  void* const target = to.mutable_data_ptr();
  slow().add([bytes = std::move(bytes), target] { std::memcpy(target, bytes.data(), bytes.size()); });
  return to;
}

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", make_empty);
  library.impl("empty_strided", make_strided);
  library.impl("_copy_from", copy_from_host);
}

struct Seen {
  std::vector<float> inputs;          ///< the first number of each batch, when the device computed on it
  std::vector<std::int64_t> targets;  ///< likewise
  std::vector<std::string> order;     ///< of copies and computations
  std::vector<at::MemoryFormat> formats;
};

/// Batches of these sizes, filled with 1, 2, …, through the device, which does the work of the first stream first.
Seen through_device(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& order,
                    at::MemoryFormat format = at::MemoryFormat::Preserve) {
  Seen seen;
  {
    hearth::train::CopyAhead ahead(device);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const auto value = static_cast<std::int64_t>(i) + 1;
      const at::Tensor inputs =
          at::full({sizes[i], 3, 2, 2}, static_cast<float>(value))
              .contiguous(format == at::MemoryFormat::Preserve ? at::MemoryFormat::Contiguous : format);
      const at::Tensor targets = at::full({sizes[i]}, value, at::kLong);
      const std::vector<at::Tensor> copies = ahead.copy({inputs, targets}, format);
      REQUIRE(copies.size() == 2);
      CHECK(slow().stream == 0);
      CHECK(copies[0].device() == device);
      CHECK(copies[0].sizes() == inputs.sizes());
      CHECK(copies[1].scalar_type() == at::kLong);
      seen.formats.push_back(copies[0].suggest_memory_format());
      slow().queues[7].push_back({[&seen, value] { seen.order.push_back("copied " + std::to_string(value)); }});
      const auto* const x = static_cast<const float*>(copies[0].const_data_ptr());
      const auto* const y = static_cast<const std::int64_t*>(copies[1].const_data_ptr());
      const auto last = static_cast<std::size_t>(inputs.numel() - 1);
      slow().add([&seen, x, y, value, last] {
        seen.order.push_back("computed " + std::to_string(value));
        seen.inputs.push_back(x[0] == x[last] ? x[0] : -1);
        seen.targets.push_back(y[0]);
      });
    }  // the host lets go of the copies long before the device has computed on them
  }
  slow().run(order);
  CHECK(slow().is_idle());
  return seen;
}

}  // namespace

TEST_CASE("batches that are copied ahead are computed on whole, whichever stream is faster", "[copy-ahead]") {
  const std::vector<float> inputs{1, 2, 3, 4, 5, 6};
  const std::vector<std::int64_t> targets{1, 2, 3, 4, 5, 6};
  for (const std::vector<std::int64_t>& order : {std::vector<std::int64_t>{7, 0}, {0, 7}}) {
    SECTION(order.front() == 7 ? "copies first" : "computation first") {
      const Seen same = through_device({4, 4, 4, 4, 4, 4}, order);
      CHECK(same.inputs == inputs);
      CHECK(same.targets == targets);
      const Seen other = through_device({4, 4, 2, 4, 4, 3}, order);
      CHECK(other.inputs == inputs);
      CHECK(other.targets == targets);
    }
  }
}

TEST_CASE("a batch is copied while the device computes on the one before, and no earlier", "[copy-ahead]") {
  const Seen seen = through_device({4, 4, 4}, {7, 0});
  CHECK(seen.order ==
        std::vector<std::string>{"copied 1", "copied 2", "computed 1", "copied 3", "computed 2", "computed 3"});
}

TEST_CASE("copying ahead takes the memory of one batch more, however far ahead the host is", "[copy-ahead]") {
  const std::size_t before = slow().pieces;
  through_device(std::vector<std::int64_t>(40, 5), {7, 0});
  CHECK(slow().pieces - before == 4);  // inputs and targets, twice
}

TEST_CASE("what is copied ahead lies in memory as it is asked for", "[copy-ahead]") {
  const Seen contiguous = through_device({2, 2}, {7, 0});
  CHECK(contiguous.formats == std::vector<at::MemoryFormat>(2, at::MemoryFormat::Contiguous));
  const Seen last = through_device({2, 2}, {7, 0}, at::MemoryFormat::ChannelsLast);
  CHECK(last.formats == std::vector<at::MemoryFormat>(2, at::MemoryFormat::ChannelsLast));
  CHECK(last.inputs == std::vector<float>{1, 2});
}
