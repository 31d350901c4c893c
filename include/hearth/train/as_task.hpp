/// A task, where a task or a loss was given.
#pragma once

#include <hearth/losses/loss.hpp>
#include <hearth/train/task.hpp>

namespace hearth::train {

/// The task itself, or a classification with this loss.
template <class T>
decltype(auto) as_task(const T& task) {
  if constexpr (TaskLike<T>) {
    return (task);
  } else {
    static_assert(LossLike<T>,
                  "the task must be a task (TaskLike), as Classification, MultiLabel and Regression are, or a loss "
                  "(LossLike): loss(outputs, targets) gives a scalar tensor");
    return Classification{task};
  }
}

}  // namespace hearth::train
