/// What a metric is: sums over the samples of all batches, and a value made of them at the end.
#pragma once

#include <ATen/core/Tensor.h>

#include <concepts>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <hearth/metrics/figure.hpp>

namespace hearth {

/// `update(outputs, targets)` takes a batch into the sums, without waiting for the device; `value()`, of any type, is
/// the metric over all samples since `reset()`, and `name()` is what it is called in a log.
///
/// `sums()` is all that the metric knows, and `load_sums(sums)` puts it back. Sums that are added element by element
/// over several processes and loaded give every process the value over all their samples; sums that are loaded into a
/// fresh metric let it go on where the other stopped, to the same bits. They are valid until the next call of a member.
///
/// A metric whose value converts to double is one figure under its name. Another may have
/// `figures() const -> std::vector<Figure>`; one that has neither shows no figure.
template <class M>
concept MetricLike = requires(M& metric, const M& constant, const at::Tensor& outputs, const at::Tensor& targets,
                              std::span<const double> sums) {
  metric.update(outputs, targets);
  { constant.name() } -> std::convertible_to<std::string>;
  metric.reset();
  { constant.sums() } -> std::convertible_to<std::span<const double>>;
  metric.load_sums(sums);
  requires !std::is_void_v<decltype(constant.value())>;
};

}  // namespace hearth

namespace hearth::metrics {

/// A metric that names its figures itself.
template <class M>
concept NamesFigures = requires(const M& metric) {
  { metric.figures() } -> std::convertible_to<std::vector<Figure>>;
};

/// A metric whose value is a number.
template <class M>
concept GivesANumber = requires(const M& metric) {
  { metric.value() } -> std::convertible_to<double>;
};

/// The figures of a metric, none where it gives none. Reading them waits for the device.
template <class M>
std::vector<Figure> figures(const M& metric) {
  if constexpr (NamesFigures<M>) {
    return metric.figures();
  } else if constexpr (GivesANumber<M>) {
    return {{metric.name(), static_cast<double>(metric.value())}};
  } else {
    return {};
  }
}

}  // namespace hearth::metrics
