/// The check that a callback's hooks have their right names.
#pragma once

#include <type_traits>

namespace hearth::train {

// Names that somebody may give to a hook by mistake, or because other libraries do, and the hooks that are meant. The
// language cannot list the members of a type, so a name that is not here is not found out.
#define HEARTH_NEAR_HOOKS                            \
  HEARTH_HOOK(on_fit, on_fit_begin)                  \
  HEARTH_HOOK(on_fit_start, on_fit_begin)            \
  HEARTH_HOOK(on_fit_started, on_fit_begin)          \
  HEARTH_HOOK(on_fit_begins, on_fit_begin)           \
  HEARTH_HOOK(on_fit_began, on_fit_begin)            \
  HEARTH_HOOK(on_begin, on_fit_begin)                \
  HEARTH_HOOK(on_start, on_fit_begin)                \
  HEARTH_HOOK(on_train_begin, on_fit_begin)          \
  HEARTH_HOOK(on_train_start, on_fit_begin)          \
  HEARTH_HOOK(on_training_begin, on_fit_begin)       \
  HEARTH_HOOK(on_training_start, on_fit_begin)       \
  HEARTH_HOOK(on_fitbegin, on_fit_begin)             \
  HEARTH_HOOK(on_epoch, on_epoch_begin)              \
  HEARTH_HOOK(on_epoch_start, on_epoch_begin)        \
  HEARTH_HOOK(on_epoch_started, on_epoch_begin)      \
  HEARTH_HOOK(on_epoch_begins, on_epoch_begin)       \
  HEARTH_HOOK(on_epoch_began, on_epoch_begin)        \
  HEARTH_HOOK(on_train_epoch_begin, on_epoch_begin)  \
  HEARTH_HOOK(on_train_epoch_start, on_epoch_begin)  \
  HEARTH_HOOK(on_epochbegin, on_epoch_begin)         \
  HEARTH_HOOK(before_epoch, on_epoch_begin)          \
  HEARTH_HOOK(on_batch, on_batch_end)                \
  HEARTH_HOOK(on_batch_ended, on_batch_end)          \
  HEARTH_HOOK(on_batch_ends, on_batch_end)           \
  HEARTH_HOOK(on_batch_done, on_batch_end)           \
  HEARTH_HOOK(on_batch_finish, on_batch_end)         \
  HEARTH_HOOK(on_batch_finished, on_batch_end)       \
  HEARTH_HOOK(on_batch_begin, on_batch_end)          \
  HEARTH_HOOK(on_batch_start, on_batch_end)          \
  HEARTH_HOOK(on_train_batch_end, on_batch_end)      \
  HEARTH_HOOK(on_train_batch_begin, on_batch_end)    \
  HEARTH_HOOK(on_val_batch_end, on_batch_end)        \
  HEARTH_HOOK(on_validation_batch_end, on_batch_end) \
  HEARTH_HOOK(on_test_batch_end, on_batch_end)       \
  HEARTH_HOOK(on_step, on_step_end)                  \
  HEARTH_HOOK(on_step_ended, on_step_end)            \
  HEARTH_HOOK(on_step_done, on_step_end)             \
  HEARTH_HOOK(on_step_begin, on_step_end)            \
  HEARTH_HOOK(on_optimizer_step, on_step_end)        \
  HEARTH_HOOK(on_optimizer_step_end, on_step_end)    \
  HEARTH_HOOK(after_step, on_step_end)               \
  HEARTH_HOOK(on_batchend, on_batch_end)             \
  HEARTH_HOOK(after_batch, on_batch_end)             \
  HEARTH_HOOK(on_epoch_ended, on_epoch_end)          \
  HEARTH_HOOK(on_epoch_ends, on_epoch_end)           \
  HEARTH_HOOK(on_epoch_done, on_epoch_end)           \
  HEARTH_HOOK(on_epoch_finish, on_epoch_end)         \
  HEARTH_HOOK(on_epoch_finished, on_epoch_end)       \
  HEARTH_HOOK(on_train_epoch_end, on_epoch_end)      \
  HEARTH_HOOK(on_val_epoch_end, on_epoch_end)        \
  HEARTH_HOOK(on_validation, on_epoch_end)           \
  HEARTH_HOOK(on_validation_begin, on_epoch_end)     \
  HEARTH_HOOK(on_validation_start, on_epoch_end)     \
  HEARTH_HOOK(on_validation_end, on_epoch_end)       \
  HEARTH_HOOK(on_validation_epoch_end, on_epoch_end) \
  HEARTH_HOOK(on_val_end, on_epoch_end)              \
  HEARTH_HOOK(on_epochs_end, on_epoch_end)           \
  HEARTH_HOOK(on_epochend, on_epoch_end)             \
  HEARTH_HOOK(after_epoch, on_epoch_end)             \
  HEARTH_HOOK(on_interrupt, on_interrupted)          \
  HEARTH_HOOK(on_interruption, on_interrupted)       \
  HEARTH_HOOK(on_interupt, on_interrupted)           \
  HEARTH_HOOK(on_interupted, on_interrupted)         \
  HEARTH_HOOK(on_interrupts, on_interrupted)         \
  HEARTH_HOOK(on_stop, on_interrupted)               \
  HEARTH_HOOK(on_stopped, on_interrupted)            \
  HEARTH_HOOK(on_signal, on_interrupted)             \
  HEARTH_HOOK(on_exception, on_interrupted)          \
  HEARTH_HOOK(on_fit_ended, on_fit_end)              \
  HEARTH_HOOK(on_fit_ends, on_fit_end)               \
  HEARTH_HOOK(on_fit_done, on_fit_end)               \
  HEARTH_HOOK(on_fit_finish, on_fit_end)             \
  HEARTH_HOOK(on_fit_finished, on_fit_end)           \
  HEARTH_HOOK(on_end, on_fit_end)                    \
  HEARTH_HOOK(on_finish, on_fit_end)                 \
  HEARTH_HOOK(on_done, on_fit_end)                   \
  HEARTH_HOOK(on_train_end, on_fit_end)              \
  HEARTH_HOOK(on_training_end, on_fit_end)           \
  HEARTH_HOOK(on_fitend, on_fit_end)

namespace detail {

struct NearHooks {
#define HEARTH_HOOK(name, meant) int name;
  HEARTH_NEAR_HOOKS
#undef HEARTH_HOOK
};

/// A name that both have is ambiguous here, whatever it is in C: overloaded, a template or private.
template <class C>
struct WithNearHooks : C, NearHooks {};

}  // namespace detail

/// Refuses, while compiling, a callback with a member whose name is near a hook's: it would silently never be called. A
/// callback that is final is not looked into.
template <class C, bool = std::is_final_v<C>>
struct HooksAreSpeltRight {
  static constexpr bool value = true;
};

template <class C>
struct HooksAreSpeltRight<C, false> {
#define HEARTH_HOOK(name, meant)                                                                              \
  static_assert(                                                                                              \
      requires { &detail::WithNearHooks<C>::name; },                                                          \
      "Trainer: a callback's " #name " would never be called, for hearth::Callback has no such hook; " #meant \
      " is the nearest");
  HEARTH_NEAR_HOOKS
#undef HEARTH_HOOK
  static constexpr bool value = true;
};

#undef HEARTH_NEAR_HOOKS

}  // namespace hearth::train
