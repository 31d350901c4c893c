#pragma once

#include <hearth/dist/process_groups.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#ifdef HEARTH_WITH_NCCL
#include <ATen/cuda/CUDAContextLight.h>
#include <fmt/ranges.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <future>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include <c10/core/impl/VirtualGuardImpl.h>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/device.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/no_pipe_signal.hpp>
#include <hearth/dist/guard.hpp>
#include <hearth/dist/open_store.hpp>
#include <hearth/dist/reducer.hpp>
#include <hearth/dist/roll_call.hpp>
#include <hearth/dist/watch.hpp>
#include <hearth/dist/words_of.hpp>

namespace hearth::dist::detail {

/// What `make` returns, made in a thread of its own that is left behind when the connection breaks: a constructor that
/// waits for the others cannot be called off.
template <class Make>
auto unless_broken(Guard& guard, Make make) {
  std::packaged_task<decltype(make())()> task(std::move(make));
  auto result = task.get_future();
  std::thread(std::move(task)).detach();
  while (result.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) {
    guard.check();
  }
  try {
    return result.get();
  } catch (const std::exception& error) {
    guard.explain(words_of(error));
  }
}

/// This host's address on the way to an address of another; empty: there is no way. Nothing is sent.
inline std::string address_on_the_way_to(const char* other) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  wanted.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (getaddrinfo(other, "9", &wanted, &found) != 0) {
    return "";
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  const core::Descriptor socket(::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  std::array<char, NI_MAXHOST> text{};
  if (socket.number() < 0 || ::connect(socket.number(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&own), &length) != 0 ||
      getnameinfo(reinterpret_cast<const sockaddr*>(&own), length, text.data(), text.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return "";
  }
  return text.data();
}

/// Whether only this host reaches the address.
inline bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

/// The address by which other hosts reach this one, where nothing says which: that of the default route, else that of
/// the first network that is up.
HEARTH_INLINE std::string address_of_this_host() {
  for (const char* const far_away : {"8.8.8.8", "2001:4860:4860::8888"}) {
    const std::string own = address_on_the_way_to(far_away);
    if (!own.empty() && !is_loopback(own)) {
      return own;
    }
  }
  ifaddrs* found = nullptr;
  std::string result = "127.0.0.1";
  if (getifaddrs(&found) != 0) {
    return result;
  }
  for (const ifaddrs* one = found; one != nullptr; one = one->ifa_next) {
    const bool is_up = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_RUNNING) != 0;
    if (one->ifa_addr != nullptr && one->ifa_addr->sa_family == AF_INET && is_up &&
        (one->ifa_flags & IFF_LOOPBACK) == 0) {
      std::array<char, INET_ADDRSTRLEN> text{};
      inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text.data(), text.size());
      result = text.data();
      break;
    }
  }
  freeifaddrs(found);
  return result;
}

/// The networks that Gloo uses: those that GLOO_SOCKET_IFNAME names, as in PyTorch; else the one of the address. A name
/// of this host is never looked up: where it has none, that takes many seconds.
HEARTH_INLINE std::vector<std::shared_ptr<gloo::transport::Device>> gloo_devices(const std::string& address) {
  std::vector<std::shared_ptr<gloo::transport::Device>> devices;
  if (const char* const names = std::getenv("GLOO_SOCKET_IFNAME"); names != nullptr && *names != '\0') {
    std::istringstream list(names);
    for (std::string name; std::getline(list, name, ',');) {
      try {
        devices.push_back(c10d::ProcessGroupGloo::createDeviceForInterface(name));
      } catch (const std::exception& error) {
        core::fail("dist: GLOO_SOCKET_IFNAME is {}, but Gloo cannot use {}: {}", names, name, words_of(error));
      }
    }
  } else {
    devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(address));
  }
  return devices;
}

/// Which GPU a device is, by a name that is the same in all processes: two of them must not share one.
HEARTH_INLINE std::string name_of_gpu(at::Device device) {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  std::string number = std::to_string(device.index());
  std::istringstream visible(variable("CUDA_VISIBLE_DEVICES"));
  std::string name;
  for (int i = 0; i <= device.index() && std::getline(visible, name, ','); ++i) {
    number = i == device.index() ? name : number;
  }
#if defined(HEARTH_WITH_NCCL) && !defined(USE_ROCM)
  const cudaDeviceProp& gpu = *at::cuda::getDeviceProperties(device.index());
  const std::vector<unsigned char> uuid(std::begin(gpu.uuid.bytes), std::end(gpu.uuid.bytes));
  // The parts of one that is divided have a name in the variable alone.
  return fmt::format("GPU {:04x}:{:02x}:{:02x} {:02x}{}", gpu.pciDomainID, gpu.pciBusID, gpu.pciDeviceID,
                     fmt::join(uuid, ""), number.starts_with("MIG-") ? " " + number : "");
#else
  return "GPU " + number + variable("NVIDIA_VISIBLE_DEVICES");
#endif
}

class ProcessGroups final : public Communicator {
 public:
  HEARTH_INLINE ProcessGroups(std::function<c10::intrusive_ptr<c10d::Store>()> open, const JoinOptions& options);
  HEARTH_INLINE ~ProcessGroups() override;

  at::Device device() const { return device_; }
  const Membership& membership() const noexcept override { return membership_; }

  HEARTH_INLINE void broadcast(const std::vector<at::Tensor>& tensors, int from) override;
  HEARTH_INLINE void all_reduce(at::Tensor& tensor) override;
  HEARTH_INLINE std::vector<at::Tensor> all_gather(const at::Tensor& tensor) override;
  HEARTH_INLINE std::unique_ptr<PendingSum> begin_sum(std::vector<double> numbers) override;
  HEARTH_INLINE std::vector<std::string> gather(const std::string& bytes) override;
  HEARTH_INLINE std::string broadcast_bytes(const std::string& bytes, int from) override;
  HEARTH_INLINE void barrier(std::chrono::milliseconds longest) override;
  HEARTH_INLINE std::unique_ptr<GradientReducer> make_reducer(
      std::vector<std::pair<std::string, at::Tensor>> parameters, const DataParallelOptions& options) override;
  HEARTH_INLINE void fail(const std::string& reason) noexcept override;
  HEARTH_INLINE void leave() noexcept override;
  HEARTH_INLINE void set_activity(const std::string& activity) override { guard_->set_activity(activity); }

 private:
  HEARTH_INLINE c10::intrusive_ptr<GuardedGloo> make_gloo(const std::string& name, const std::string& address);
  HEARTH_INLINE void choose_device(const std::vector<std::string>& hosts);
  HEARTH_INLINE void agree_on_devices();
  HEARTH_INLINE void add_nccl(const GuardedGloo& gloo);

  /// Calls LibTorch; what it throws becomes an Error, with the reason where the connection is broken.
  template <class Call>
  auto call(const char* what, const Call& body) -> decltype(body());

  const JoinOptions options_;
  std::function<c10::intrusive_ptr<c10d::Store>()> open_;  // keeps the server of the store
  c10::intrusive_ptr<c10d::Store> store_;
  std::shared_ptr<Guard> guard_ = std::make_shared<Guard>();
  std::unique_ptr<Watch> watch_;
  Membership membership_;
  at::Device device_ = at::kCPU;
  bool uses_nccl_ = false;
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
  c10::intrusive_ptr<GuardedGloo> sums_;  // beside the gradients
#ifdef HEARTH_WITH_NCCL
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl_;
#endif
};

template <class Call>
auto ProcessGroups::call(const char* what, const Call& body) -> decltype(body()) {
  guard_->check();
  try {
    return body();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    guard_->check();
    core::fail("dist: {}: {}", what, words_of(error));
  }
}

HEARTH_INLINE ProcessGroups::ProcessGroups(std::function<c10::intrusive_ptr<c10d::Store>()> open,
                                           const JoinOptions& options)
    : options_(options), open_(std::move(open)) {
  const auto own_part = [&](const std::string& round) {
    return c10::make_intrusive<c10d::PrefixStore>("hearth/" + round, open_());
  };
  RollCall present;
  try {
    present =
        call_the_roll(*own_part("meeting"), options.rank, options.size, this_host(), options.keeper, options.timeout);
    store_ = own_part(present.round);
    store_->setTimeout(options.timeout);
    WatchOptions watch;
    watch.rank = options.rank;
    watch.size = options.size;
    watch.interval = std::clamp<std::chrono::milliseconds>(options.timeout / 60, std::chrono::milliseconds(50),
                                                           options.longest_interval);
    watch.keeper = present.keeper;
    watch.serves = options.serves;
    watch_ = std::make_unique<Watch>(guard_, own_part(present.round), watch);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // a store that went away
    core::fail("dist: {} has gone before all processes had come: {}", options.keeper, words_of(error));
  }

  try {
    choose_device(present.hosts);
    const bool is_one_host = std::count(present.hosts.begin(), present.hosts.end(), present.hosts[0]) == options.size;
    // /etc/hosts may give a host's own name an address that means another host elsewhere: 127.0.1.1.
    const bool is_told = !options.address.empty() && (is_one_host || !is_loopback(options.address));
    const std::string address = is_told ? options.address : is_one_host ? "127.0.0.1" : address_of_this_host();
    const c10::intrusive_ptr<GuardedGloo> gloo = make_gloo("gloo", address);
    sums_ = make_gloo("sums", address);
    group_ = c10::make_intrusive<c10d::ProcessGroup>(store_, options.rank, options.size);
    group_->setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::BackendType::GLOO, gloo);
    group_->setDefaultBackend(c10d::ProcessGroup::BackendType::GLOO);
    if (device_.is_cuda() && !uses_nccl_) {
      group_->setBackend(c10::DeviceType::CUDA, c10d::ProcessGroup::BackendType::GLOO, gloo);
    }
    guard_->on_break([first = gloo->inner(), second = sums_->inner()] {
      first->cut();
      second->cut();
    });
    agree_on_devices();
    if (device_.is_cuda()) {
      c10::impl::VirtualGuardImpl(at::kCUDA).setDevice(
          device_);  // otherwise everybody would have something on the first
    }
    if (uses_nccl_) {
      add_nccl(*gloo);
    }
  } catch (const std::exception& error) {
    watch_->fail(words_of(error));
    throw;
  }
}

HEARTH_INLINE ProcessGroups::~ProcessGroups() {
  if (std::uncaught_exceptions() > 0) {
    fail("an exception ended it");
  }
  watch_.reset();
  // Gloo's destructor waits for what is on its way, and that may wait for a process that has gone.
  for (int i = 0; i < 100 && guard_->waiting(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  if (guard_->waiting()) {
    guard_->break_with("dist: the connection has ended");
  }
  guard_->on_break(nullptr);  // which kept the connections
}

HEARTH_INLINE c10::intrusive_ptr<GuardedGloo> ProcessGroups::make_gloo(const std::string& name,
                                                                       const std::string& address) {
  auto gloo_options = c10d::ProcessGroupGloo::Options::create(options_.timeout);
  gloo_options->devices = gloo_devices(address);
  gloo_options->threads = static_cast<int>(gloo_options->devices.size()) * 2;
  const auto gloo =
      unless_broken(*guard_, [round = store_, name, gloo_options, rank = options_.rank, size = options_.size] {
        return c10::make_intrusive<CuttableGloo>(c10::make_intrusive<c10d::PrefixStore>(name, round), rank, size,
                                                 gloo_options);
      });
  return c10::make_intrusive<GuardedGloo>(gloo, guard_, options_.timeout);
}

/// Finds the local rank from the hosts where nobody has said it, and the device from the local rank.
HEARTH_INLINE void ProcessGroups::choose_device(const std::vector<std::string>& hosts) {
  const auto rank = static_cast<std::size_t>(options_.rank);
  if (options_.membership) {
    membership_ = *options_.membership;
  } else {
    membership_.rank = options_.rank;
    membership_.size = options_.size;
    membership_.local_rank = static_cast<int>(std::count(hosts.begin(), hosts.begin() + options_.rank, hosts[rank]));
    membership_.local_size = static_cast<int>(std::count(hosts.begin(), hosts.end(), hosts[rank]));
  }
#ifdef HEARTH_WITH_NCCL
  constexpr bool has_nccl = true;
#else
  constexpr bool has_nccl = false;
#endif
  core::require(has_nccl || options_.backend != Backend::nccl,
                "dist: the backend is nccl, but hearth was built without NCCL{}. gloo works everywhere",
                cuda_device_count() == 0 ? " for this LibTorch" : "");
  const int gpus = cuda_device_count();
  if (options_.device) {
    device_ = *options_.device;
  } else if (gpus == 1) {  // of its own, where whoever started the processes has given one to each
    device_ = at::Device(at::kCUDA, 0);
  } else if (gpus > 0) {
    core::require(membership_.local_rank < gpus,
                  "dist: rank {} has local rank {} on a host with {} GPUs: two processes would share one. Start one "
                  "process for each GPU, or choose the CPU as device",
                  membership_.rank, membership_.local_rank, gpus);
    device_ = at::Device(at::kCUDA, static_cast<at::DeviceIndex>(membership_.local_rank));
  }
  if (device_.is_cuda() && !device_.has_index()) {
    device_ = at::Device(at::kCUDA, 0);
  }
  core::require(options_.backend != Backend::nccl || device_.is_cuda(),
                "dist: the backend is nccl, which works between GPUs, but the device of rank {} is {}",
                membership_.rank, device_.str());
  uses_nccl_ = has_nccl && device_.is_cuda() && options_.backend != Backend::gloo;
}

HEARTH_INLINE void ProcessGroups::fail(const std::string& reason) noexcept {
  if (watch_ != nullptr) {
    watch_->fail(reason);
  }
}

HEARTH_INLINE void ProcessGroups::leave() noexcept {
  if (watch_ != nullptr) {
    watch_->leave();
  }
  if (!guard_->waiting()) {
    guard_->on_break(nullptr);  // others may still read what this process has sent
  }
  guard_->break_with("dist: this process has left");  // nobody would end what began now
}

HEARTH_INLINE void compare_devices(const std::vector<std::string>& ranks) {
  const auto kind = [&](std::size_t rank) { return ranks[rank].substr(0, ranks[rank].find('\n')); };
  for (std::size_t rank = 1; rank < ranks.size(); ++rank) {
    core::require(kind(rank) == kind(0), "dist: rank 0 works on {}, but rank {} on {}: it must be the same for all",
                  kind(0), rank, kind(rank));
    const auto twin = std::find(ranks.begin(), ranks.end(), ranks[rank]);
    const auto other = static_cast<std::size_t>(twin - ranks.begin());
    core::require(
        !kind(rank).starts_with("cuda") || other == rank,
        "dist: ranks {} and {} have the same GPU ({}): each process needs one of its own. LOCAL_RANK chooses it "
        "among CUDA_VISIBLE_DEVICES",
        other, rank, ranks[rank].substr(ranks[rank].rfind('\n') + 1));
  }
}

HEARTH_INLINE void ProcessGroups::agree_on_devices() {
  const std::string host = this_host();
  compare_devices(
      gather(fmt::format("{} over {}\n{}\n{}", device_.is_cuda() ? "cuda" : "cpu", uses_nccl_ ? "nccl" : "gloo",
                         host.substr(0, host.rfind(' ')), device_.is_cuda() ? name_of_gpu(device_) : "")));
}

HEARTH_INLINE void ProcessGroups::add_nccl([[maybe_unused]] const GuardedGloo& gloo) {
#ifdef HEARTH_WITH_NCCL
  auto nccl_options = c10d::ProcessGroupNCCL::Options::create();
  nccl_options->timeout = 4 * options_.timeout;  // it ends the process, and shall not be the first to give up
  nccl_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(c10::make_intrusive<c10d::PrefixStore>("nccl", store_),
                                                      options_.rank, options_.size, nccl_options);
  group_->setBackend(c10::DeviceType::CUDA, c10d::ProcessGroup::BackendType::NCCL, nccl_);
  guard_->on_break([first = gloo.inner(), second = sums_->inner(), nccl = nccl_] {
    first->cut();
    second->cut();
    nccl->abort();  // what waits for the GPU goes on, and finds the connection broken at its next call
  });
#endif
}

// --- Collectives
// ------------------------------------------------------------------------------------------------------

namespace collectives {

/// Tensors travel as bytes, several at once up to this many: of any type, and without rounding.
inline constexpr std::int64_t chunk_bytes = 64 << 20;

inline at::Tensor bytes_of(const at::Tensor& tensor) {
  return tensor.detach().contiguous().reshape({-1}).view(at::kByte);
}

}  // namespace collectives

HEARTH_INLINE void ProcessGroups::broadcast(const std::vector<at::Tensor>& tensors, int from) {
  const at::NoGradGuard no_grad;
  call("broadcast", [&] {
    c10d::BroadcastOptions options;
    options.rootRank = from;
    for (auto first = tensors.begin(); first != tensors.end();) {
      std::int64_t bytes = 0;
      auto last = first;
      for (; last != tensors.end() && last->device() == first->device() &&
             (last == first || bytes + static_cast<std::int64_t>(last->nbytes()) <= collectives::chunk_bytes);
           ++last) {
        bytes += static_cast<std::int64_t>(last->nbytes());
      }
      if (bytes > 0) {
        std::vector<at::Tensor> flat{at::empty({bytes}, first->options().dtype(at::kByte).requires_grad(false))};
        std::int64_t at = 0;
        for (auto tensor = first; membership_.rank == from && tensor != last; ++tensor) {
          const auto size = static_cast<std::int64_t>(tensor->nbytes());
          flat[0].narrow(0, at, size).copy_(collectives::bytes_of(*tensor));
          at += size;
        }
        group_->broadcast(flat, options)->wait();
        for (auto tensor = first; membership_.rank != from && tensor != last; ++tensor) {
          const auto size = static_cast<std::int64_t>(tensor->nbytes());
          if (size > 0) {
            // A copy begins where its type may begin.
            tensor->detach().copy_(
                flat[0].narrow(0, at, size).clone().view(tensor->scalar_type()).reshape(tensor->sizes()));
          }
          at += size;
        }
      }
      first = last;
    }
  });
}

HEARTH_INLINE void ProcessGroups::all_reduce(at::Tensor& tensor) {
  const at::NoGradGuard no_grad;
  if (tensor.numel() == 0) {
    guard_->check();
    return;
  }
  call("all_reduce", [&] {
    std::vector<at::Tensor> flat{tensor.detach().contiguous()};
    group_->allreduce(flat)->wait();
    if (flat[0].data_ptr() != tensor.data_ptr()) {
      tensor.detach().copy_(flat[0]);
    }
  });
}

HEARTH_INLINE std::vector<at::Tensor> ProcessGroups::all_gather(const at::Tensor& tensor) {
  const at::NoGradGuard no_grad;
  return call("all_gather", [&] {
    const auto size = static_cast<std::size_t>(membership_.size);
    std::vector<std::vector<at::Tensor>> all(1);
    for (std::size_t i = 0; i < size; ++i) {
      all[0].push_back(at::empty(tensor.sizes(), tensor.options().requires_grad(false)));
    }
    if (tensor.numel() > 0) {
      std::vector<std::vector<at::Tensor>> bytes(1);
      for (const at::Tensor& one : all[0]) {
        bytes[0].push_back(one.reshape({-1}).view(at::kByte));
      }
      std::vector<at::Tensor> own{collectives::bytes_of(tensor)};
      group_->allgather(bytes, own)->wait();
    }
    return std::move(all[0]);
  });
}

/// A sum of Gloo's.
class GlooSum final : public PendingSum {
 public:
  GlooSum(std::vector<double> numbers, c10d::Backend& gloo) : numbers_(std::move(numbers)) {
    if (!numbers_.empty()) {
      std::vector<at::Tensor> tensor{
          at::from_blob(numbers_.data(), {static_cast<std::int64_t>(numbers_.size())}, at::kDouble).clone()};
      work_ = gloo.allreduce(tensor);
      sums_ = tensor[0];
    }
  }

  std::vector<double> wait() override {
    if (work_) {
      work_->wait();
      const double* const sums = sums_.const_data_ptr<double>();
      numbers_.assign(sums, sums + sums_.numel());
      work_.reset();
    }
    return numbers_;
  }

 private:
  std::vector<double> numbers_;
  at::Tensor sums_;
  c10::intrusive_ptr<c10d::Work> work_;
};

HEARTH_INLINE std::unique_ptr<PendingSum> ProcessGroups::begin_sum(std::vector<double> numbers) {
  return call("begin_sum",
              [&]() -> std::unique_ptr<PendingSum> { return std::make_unique<GlooSum>(std::move(numbers), *sums_); });
}

HEARTH_INLINE std::vector<std::string> ProcessGroups::gather(const std::string& bytes) {
  const at::NoGradGuard no_grad;
  const at::Tensor length = at::empty({1}, at::kLong);  // which a thread of Gloo's may read for longer than this lasts
  *length.mutable_data_ptr<std::int64_t>() = static_cast<std::int64_t>(bytes.size());
  std::vector<std::int64_t> lengths;
  for (const at::Tensor& one : all_gather(length)) {
    lengths.push_back(*one.const_data_ptr<std::int64_t>());
  }
  const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  at::Tensor padded = at::empty({longest}, at::kByte);
  std::memset(padded.data_ptr(), 0, static_cast<std::size_t>(longest));
  std::memcpy(padded.data_ptr(), bytes.data(), bytes.size());
  const std::vector<at::Tensor> all = all_gather(padded);
  std::vector<std::string> result;
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    result.emplace_back(static_cast<const char*>(all[rank].const_data_ptr()), static_cast<std::size_t>(lengths[rank]));
  }
  return result;
}

HEARTH_INLINE std::string ProcessGroups::broadcast_bytes(const std::string& bytes, int from) {
  auto length = static_cast<std::int64_t>(bytes.size());
  broadcast({at::from_blob(&length, {1}, at::kLong)}, from);
  std::string result = membership_.rank == from ? bytes : std::string(static_cast<std::size_t>(length), '\0');
  if (length > 0) {
    broadcast({at::from_blob(result.data(), {length}, at::kByte)}, from);
  }
  return result;
}

HEARTH_INLINE void ProcessGroups::barrier(std::chrono::milliseconds longest) {
  call("barrier", [&] {
    c10d::AllreduceOptions options;
    if (longest.count() > 0) {
      options.timeout = longest;
    }
    std::vector<at::Tensor> token{at::empty({1}, at::kByte)};
    *static_cast<std::uint8_t*>(token[0].data_ptr()) = 0;
    sums_->allreduce(token, options)->wait();
  });
}

HEARTH_INLINE std::unique_ptr<GradientReducer> ProcessGroups::make_reducer(
    std::vector<std::pair<std::string, at::Tensor>> parameters, const DataParallelOptions& options) {
  guard_->check();
  // What the connection throws says by itself who is at fault; anything else is looked into here.
  const auto explain = [guard = guard_](const std::exception_ptr& failure) {
    guard->check();
    try {
      std::rethrow_exception(failure);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      core::fail("dist: reducing gradients: {}", words_of(error));
    }
  };
  return detail::make_reducer(group_, parameters, options, explain);
}

// --- Joining
// ----------------------------------------------------------------------------------------------------------

HEARTH_INLINE Joined join(const std::function<c10::intrusive_ptr<c10d::Store>()>& open, const JoinOptions& options) {
  // The threads that talk to other processes begin here, and a thread inherits what it ignores: one that writes to a
  // process that has gone shall meet an error, not end the program.
  const core::NoPipeSignal no_signal;
  auto groups = std::make_shared<ProcessGroups>(open, options);
  const at::Device device = groups->device();
  return {.communicator = std::move(groups), .device = device};
}

HEARTH_INLINE Joined join(const Rendezvous& rendezvous, JoinOptions options) {
  options.rank = rendezvous.membership.rank;
  options.size = rendezvous.membership.size;
  options.serves = rendezvous.serves;
  if (rendezvous.kind == Rendezvous::Kind::file) {
    options.keeper = rendezvous.file.string();
    options.longest_interval = std::chrono::seconds(10);
  } else if (!rendezvous.serves && options.rank == 0) {
    options.keeper = rendezvous.source + ", which keeps the store,";
  }
  if (rendezvous.knows_local) {
    options.membership = rendezvous.membership;
  }
  const core::NoPipeSignal no_signal;
  const auto begin = std::chrono::steady_clock::now();
  OpenStore store = open_store(rendezvous, options.timeout);
  options.address = store.address;
  options.timeout -=
      std::min(options.timeout / 2,
               std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
  return join(store.open, options);
}

}  // namespace hearth::dist::detail
