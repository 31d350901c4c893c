#pragma once

#include <hearth/dist/reducer.hpp>

#include <hearth/dist/c10d_reducer.hpp>
#include <hearth/dist/hook_reducer.hpp>

namespace hearth::dist::detail {

HEARTH_INLINE bool has_c10d_reducer() {
  return fits_c10d_engine<c10d::Reducer>;
}

HEARTH_INLINE std::unique_ptr<GradientReducer> make_reducer(
    c10::intrusive_ptr<c10d::ProcessGroup> group, const std::vector<std::pair<std::string, at::Tensor>>& parameters,
    const DataParallelOptions& options, OnFailure on_failure) {
  core::require(
      options.engine != Engine::c10d || has_c10d_reducer(),
      "DataParallelOptions: engine is c10d, but the Reducer of this LibTorch is made in a way that is not known "
      "here; Engine::hooks gives the same gradients");
  ReducedParameters reduced(std::move(group), parameters, options, std::move(on_failure));
  if (options.engine != Engine::hooks && has_c10d_reducer()) {
    return make_c10d_engine<c10d::Reducer>(std::move(reduced));
  }
  return std::make_unique<HookReducer>(std::move(reduced));
}

}  // namespace hearth::dist::detail
