#pragma once

#include <hearth/core/background_thread.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <thread>

#include <hearth/core/error.hpp>

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/ranges.h>
#elif defined(__APPLE__)
#include <pthread.h>
#include <pthread/qos.h>
#endif

namespace hearth::core {

HEARTH_INLINE void enter_background(const BackgroundThread& thread) noexcept {
#ifdef __linux__
  if (!thread.name.empty()) {
    constexpr std::size_t longest = 15;
    char name[longest + 1] = {};
    std::copy_n(thread.name.data(), std::min(thread.name.size(), longest), name);
    ::pthread_setname_np(::pthread_self(), name);
  }
  if (thread.nice > 0) {  // Linux has a priority for each thread, by its own id
    const auto id = static_cast<id_t>(::syscall(SYS_gettid));
    const int own = ::getpriority(PRIO_PROCESS, id);
    ::setpriority(PRIO_PROCESS, id, std::min(own + thread.nice, 19));
  }
  if (!thread.cores.empty()) {
    ::cpu_set_t cores;
    CPU_ZERO(&cores);
    for (const int core : thread.cores) {
      CPU_SET(static_cast<std::size_t>(core), &cores);
    }
    ::sched_setaffinity(0, sizeof(cores), &cores);
  }
#elif defined(__APPLE__)
  if (!thread.name.empty()) {
    ::pthread_setname_np(thread.name.c_str());
  }
  if (thread.nice > 0) {
    ::pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0);
  }
#else
  static_cast<void>(thread);
#endif
}

HEARTH_INLINE std::size_t usable_cores() noexcept {
#ifdef __linux__
  ::cpu_set_t own;
  CPU_ZERO(&own);
  if (::sched_getaffinity(0, sizeof(own), &own) == 0 && CPU_COUNT(&own) > 0) {
    return static_cast<std::size_t>(CPU_COUNT(&own));
  }
#endif
  return std::max(std::thread::hardware_concurrency(), 1U);
}

HEARTH_INLINE std::size_t processes_of_machine() noexcept {
  const char* const text = std::getenv("LOCAL_WORLD_SIZE");
  return text == nullptr ? 1 : std::clamp<std::size_t>(std::strtoul(text, nullptr, 10), 1, 4096);
}

HEARTH_INLINE void check_background(const char* component, int nice, const std::vector<int>& cores) {
  require(nice >= 0 && nice <= 19, "{}: nice must be between 0 and 19, but got {}", component, nice);
#ifdef __linux__
  ::cpu_set_t own;
  CPU_ZERO(&own);
  if (cores.empty() || ::sched_getaffinity(0, sizeof(own), &own) != 0) {
    return;
  }
  std::vector<int> usable;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(static_cast<std::size_t>(core), &own)) {
      usable.push_back(core);
    }
  }
  for (const int core : cores) {
    require(std::find(usable.begin(), usable.end(), core) != usable.end(),
            "{}: core {} is none that this process may use, which are {}", component, core, fmt::join(usable, ", "));
  }
#else
  require(cores.empty(), "{}: cores can be chosen on Linux alone; leave them out", component);
#endif
}

}  // namespace hearth::core
