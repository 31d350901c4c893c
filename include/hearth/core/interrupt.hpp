/// Ctrl-C as a stop token: a program that trains for hours ends when it is asked to, and loses nothing.
#pragma once

#include <chrono>
#include <memory>

#include <hearth/core/inline.hpp>
#include <hearth/core/stop.hpp>

namespace hearth {

/// While it lives, SIGINT (Ctrl-C), SIGTERM and SIGHUP (the terminal has gone) request a stop of `token()` instead of
/// ending the process. A signal that the process was started to ignore, as nohup has it for SIGHUP, stays ignored.
///
///     int main() {
///       const InterruptSignal interrupt;
///       Trainer trainer{model, optimizer, scheduler, {.stop = interrupt.token()}, SaveLast{"runs/tiny"}};
///       trainer.fit(train, val);
///       return interrupt.exit_code();
///     }
///
/// Whatever thread the signal comes to, a thread of the object's requests the stop, which runs the token's
/// StopCallbacks (Trainer saves the last weights in one). The program then has the rest of `patience` to leave main by
/// itself. One step of a large network can take longer than anybody waits, so after that the process ends, with the
/// exit code of `exit_code()`, and its files are complete or absent. StopCallbacks that are still at work may finish,
/// but not longer than `longest_save` after the signal, and a program that has waited for them then leaves main by
/// itself. A second signal ends the process at once; the same one again
/// within 20 ms is taken for the first, as `timeout` sends it twice, and SIGHUP within a second.
class InterruptSignal {
 public:
  /// Throws Error when there is another one already.
  explicit InterruptSignal(std::chrono::milliseconds patience = std::chrono::milliseconds(900),
                           std::chrono::milliseconds longest_save = std::chrono::seconds(20));
  InterruptSignal(const InterruptSignal&) = delete;
  InterruptSignal& operator=(const InterruptSignal&) = delete;
  ~InterruptSignal();

  /// From now on StopCallbacks may be at work as long as this after a signal, where several processes save together.
  void allow_saving(std::chrono::milliseconds longest_save) const noexcept;

  /// Stopped once a signal has come.
  StopToken token() const noexcept;

  /// What main returns: 128 + the signal (130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP), or 0 while none has come.
  int exit_code() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/interrupt.ipp>
#endif
