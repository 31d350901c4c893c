/// The same numbers on every run: what LibTorch can do for that, and what it cannot.
#pragma once

#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

/// Asks LibTorch for deterministic algorithms, or takes that back: what torch.use_deterministic_algorithms(on),
/// torch.backends.cudnn.deterministic and torch.backends.cudnn.benchmark set in Python, and the variable
/// CUBLAS_WORKSPACE_CONFIG where the environment has none. It is for the whole process, and belongs before the first
/// use of a GPU and of other threads.
///
/// From then on, an operation that has no deterministic algorithm throws an error that names it, and new memory is
/// filled, which takes some time. Returns, in sentences, what it cannot promise on this machine; none when `on` is
/// false.
///
///     for (const std::string& limit : set_deterministic(true)) {
///       console.print("{}\n", limit);
///     }
std::vector<std::string> set_deterministic(bool on);

/// Deterministic algorithms as long as it lives; then all is as it was before.
class DeterministicMode {
 public:
  DeterministicMode();
  DeterministicMode(const DeterministicMode&) = delete;
  DeterministicMode& operator=(const DeterministicMode&) = delete;
  ~DeterministicMode();

  /// What `set_deterministic` said.
  const std::vector<std::string>& limits() const noexcept { return limits_; }

 private:
  bool algorithms_, warn_only_, cudnn_, benchmark_, mkldnn_, had_workspace_;
  std::vector<std::string> limits_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/deterministic.ipp>
#endif
