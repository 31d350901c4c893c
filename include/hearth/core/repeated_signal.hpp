/// Signals that come twice although somebody asked once.
#pragma once

#include <csignal>
#include <cstdint>

namespace hearth::core {

/// Whether a signal that has come before is the same again, `since` milliseconds later: `timeout` and some shells send
/// one to the process and then to its group, and a terminal that goes away sends several SIGHUP.
constexpr bool is_repeated_signal(int signal, int before, std::int64_t since) noexcept {
  return signal == before && since < (signal == SIGHUP ? 1000 : 20);
}

}  // namespace hearth::core
