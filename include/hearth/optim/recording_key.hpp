/// What the recording of an optimizer's step holds on to, as one number.
#pragma once

#include <ATen/core/Tensor.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace hearth::optim {

/// A hash of where tensors lie in memory and of options but the learning rate: a recorded step that is repeated reads
/// the memory of its recording, with the options of its recording. It visits options as `visit_options` of a rule does.
class RecordingKey {
 public:
  /// The memory of a tensor.
  void add(const at::Tensor& tensor) { add(reinterpret_cast<std::uintptr_t>(tensor.const_data_ptr())); }

  /// Any number.
  void add(std::uint64_t number) { hash_ = (hash_ ^ number) * 0x9E3779B97F4A7C15 + (hash_ >> 29); }

  /// An option.
  template <class T>
  void operator()(std::string_view name, const T& value) {
    if (name != "lr") {
      add_value(value);
    }
  }

  std::uint64_t value() const noexcept { return hash_; }  ///< of what was added so far

 private:
  void add_value(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  template <class A, class B>
  void add_value(const std::pair<A, B>& values) {
    add_value(static_cast<double>(values.first));
    add_value(static_cast<double>(values.second));
  }
  template <class T>
  void add_value(const std::optional<T>& value) {
    add_value(value ? static_cast<double>(*value) : -1.0);
  }

  std::uint64_t hash_ = 0xCBF29CE484222325;
};

}  // namespace hearth::optim
