/// The reducers of gradients over a group of processes: c10d's, and hearth's own.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/dist/data_parallel_options.hpp>
#include <hearth/dist/gradient_reducer.hpp>

namespace c10d {
class ProcessGroup;
}

namespace hearth::dist::detail {

/// Throws, in the place of what a collective has thrown, the Error that says which process is at fault.
using OnFailure = std::function<void(const std::exception_ptr&)>;

/// A reducer of the gradients of those parameters that want one, named for messages. All processes of the group make it
/// with the same parameters and options. What a collective throws comes out of the reducer's functions, never out of
/// `loss.backward()`: as what `on_failure` throws, otherwise as an Error with c10d's words.
std::unique_ptr<GradientReducer> make_reducer(c10::intrusive_ptr<c10d::ProcessGroup> group,
                                              const std::vector<std::pair<std::string, at::Tensor>>& parameters,
                                              const DataParallelOptions& options, OnFailure on_failure = nullptr);

/// Whether this LibTorch has the Reducer that `Engine::c10d` means.
bool has_c10d_reducer();

}  // namespace hearth::dist::detail

#ifndef HEARTH_COMPILED
#include <hearth/dist/reducer.ipp>
#endif
