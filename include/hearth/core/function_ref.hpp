/// A function that is called during a call and not kept: what a compiled function takes where a template took a lambda.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace hearth::core {

template <class Signature>
class FunctionRef;

/// Refers to somebody else's callable object, which must live as long as the FunctionRef is called: pass it on, never
/// keep it. It is two pointers, and a call through it is an indirect call.
template <class Result, class... Args>
class FunctionRef<Result(Args...)> {
 public:
  template <class F, class = std::enable_if_t<!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
                                              std::is_invocable_r_v<Result, F&, Args...>>>
  FunctionRef(F&& function) noexcept
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, Args... args) -> Result {
          return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
        }) {}

  Result operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  Result (*call_)(void*, Args...);
};

}  // namespace hearth::core
