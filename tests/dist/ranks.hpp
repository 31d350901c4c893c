/// Several ranks in one process: each is a thread, with a World of its own over Gloo.
#pragma once

#include <chrono>
#include <functional>

#include <hearth/dist/world.hpp>

/// Runs `body` in `count` threads, which are the ranks of one world. What the first of them throws is thrown here when
/// all have ended; the others see it as a failure of that rank. Ends the program with a message rather than wait for
/// ever.
void run_ranks(int count, const std::function<void(const hearth::dist::World&)>& body,
               std::chrono::milliseconds timeout = std::chrono::seconds(20));
