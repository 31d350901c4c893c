/// A request to save, from whoever makes it to whoever saves; and SIGUSR1 as such a request.
#pragma once

#include <csignal>
#include <memory>

#include <hearth/core/inline.hpp>

namespace hearth {

namespace core {
struct SaveRequestState;
}

/// Where somebody asks for a save, and somebody else sees it. A copy is the same request; one that is made without a
/// SaveSignal or `make` is never asked.
class SaveRequest {
 public:
  SaveRequest() = default;
  static SaveRequest make();

  /// Asks for a save. May be called in any thread.
  void ask() const noexcept;

  /// Whether a save has been asked for since the last call.
  bool take() const noexcept;

 private:
  friend class SaveSignal;

  std::shared_ptr<core::SaveRequestState> state_;
};

/// While it lives, a signal asks for a save: SIGUSR1, which Slurm sends ahead of a pre-emption (`--signal=USR1@120`),
/// and whoever wants to look at a run.
///
///     const SaveSignal save;
///     Trainer trainer{model, optimizer, {.checkpoints = CheckpointOptions{.folder = folder, .request =
///     save.request()}}};
class SaveSignal {
 public:
  /// Throws Error when there is another one already.
  explicit SaveSignal(int signal = SIGUSR1);
  SaveSignal(const SaveSignal&) = delete;
  SaveSignal& operator=(const SaveSignal&) = delete;
  ~SaveSignal();

  SaveRequest request() const noexcept { return request_; }

 private:
  int signal_;
  struct sigaction before_ {};
  SaveRequest request_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/save_request.ipp>
#endif
