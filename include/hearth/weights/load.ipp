#pragma once

#include <hearth/weights/load.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/weights/module_state.hpp>

namespace hearth {

namespace detail {

inline constexpr std::string_view batch_count = "num_batches_tracked";

/// A value of the file and the place in the model where it goes.
struct LoadPlan {
  LoadReport report;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;  // to, from
};

/// The file's tensors under the names that the model should know them by.
HEARTH_INLINE StateDict rename_weights(const StateDict& weights, const StateDict& model, const LoadOptions& options) {
  StateDict renamed;
  for (const auto& [name, value] : weights) {
    std::string target = name;
    if (!options.strip_prefix.empty() && name.starts_with(options.strip_prefix) && model.find(name) == nullptr) {
      target.erase(0, options.strip_prefix.size());
    }
    if (options.rename) {
      target = options.rename(target);
    }
    core::require(renamed.find(target) == nullptr, "two of its names, one of them {}, stand for {} in the model", name,
                  target);
    if (!target.empty()) {
      renamed.add(std::move(target), value);
    }
  }
  return renamed;
}

HEARTH_INLINE bool has_batch_counts(const StateDict& weights) {
  return std::any_of(weights.begin(), weights.end(),
                     [](const auto& item) { return item.first.ends_with(batch_count); });
}

HEARTH_INLINE bool starts_with_any(const std::string& name, const std::vector<std::string>& heads) {
  return std::any_of(heads.begin(), heads.end(), [&](const std::string& head) { return name.starts_with(head); });
}

/// Whether `copy_` makes values of the type `to` from those of the type `from`, and keeps imaginary parts.
HEARTH_INLINE bool converts(c10::ScalarType from, c10::ScalarType to) {
  const auto is_number = [](c10::ScalarType type) {
    return (c10::isFloatingType(type) && type != c10::ScalarType::Float4_e2m1fn_x2) || c10::isComplexType(type) ||
           c10::isIntegralType(type, /*includeBool=*/true);
  };
  return from == to || (is_number(from) && is_number(to) && (c10::isComplexType(to) || !c10::isComplexType(from)));
}

/// Matches names, sizes and types; changes nothing.
HEARTH_INLINE LoadPlan plan_load(const StateDict& model, const StateDict& weights, const LoadOptions& options) {
  LoadPlan plan;
  const bool counts_batches = has_batch_counts(weights);
  for (const auto& [name, place] : model) {
    const at::Tensor* const value = weights.find(name);
    LoadedKey key{.name = name, .model = place.sizes().vec()};
    if (value != nullptr) {
      key.file = value->sizes().vec();
    }
    if (value == nullptr) {
      // Files from before PyTorch 0.4.1 have none of these counts, and Python asks for none.
      const bool is_older = !counts_batches && name.ends_with(batch_count);
      (is_older ? plan.report.kept : plan.report.missing).push_back(std::move(key));
    } else if (key.model != key.file) {
      const bool may_differ = starts_with_any(name, options.keep_mismatched);
      (may_differ ? plan.report.kept : plan.report.mis_shaped).push_back(std::move(key));
    } else {
      core::require(converts(value->scalar_type(), place.scalar_type()),
                    "its {} is of the type {}, which does not become the model's {}", name,
                    c10::toString(value->scalar_type()), c10::toString(place.scalar_type()));
      plan.copies.emplace_back(place, *value);
      plan.report.loaded.push_back(std::move(key));
    }
  }
  for (const auto& [name, value] : weights) {
    if (model.find(name) == nullptr) {
      plan.report.unexpected.push_back({.name = name, .file = value.sizes().vec()});
    }
  }
  return plan;
}

/// The head of names ("model.") without which the most of `names` are in `known`, and how many of them are.
struct Prefix {
  std::string text;
  std::size_t fitting = 0;
};

HEARTH_INLINE Prefix find_prefix(const StateDict& names, const StateDict& known) {
  constexpr std::size_t most_dots = 16;
  std::map<std::string_view, std::size_t> counts;
  for (const auto& item : names) {
    const std::string_view name = item.first;
    std::size_t dot = name.find('.');
    for (std::size_t i = 0; i < most_dots && dot != name.npos; ++i, dot = name.find('.', dot + 1)) {
      if (known.find(name.substr(dot + 1)) != nullptr) {
        ++counts[name.substr(0, dot + 1)];
      }
    }
  }
  Prefix best;
  for (const auto& [text, count] : counts) {
    if (count > best.fitting) {
      best = {std::string(text), count};
    }
  }
  return best;
}

/// How more names would fit than do, or "": a prefix that wrappers put before the file's names (PyTorch Lightning's
/// "model.", torch.compile's "_orig_mod.", several in a row), or before the model's.
HEARTH_INLINE std::string advise(const StateDict& model, const StateDict& weights, std::size_t fitting) {
  if (const Prefix prefix = find_prefix(weights, model); prefix.fitting > fitting) {
    return fmt::format(
        "without \"{0}\", {1} of the file's {2} names are the model's: load with .strip_prefix = \"{0}\"", prefix.text,
        prefix.fitting, weights.size());
  }
  if (const Prefix prefix = find_prefix(model, weights); prefix.fitting > fitting) {
    return fmt::format(
        "with \"{0}\" before them, {1} of the file's {2} names are the model's: load with .rename = [](const "
        "std::string& name) {{ return \"{0}\" + name; }}",
        prefix.text, prefix.fitting, weights.size());
  }
  return "";
}

/// `to.copy_(from)`; bytes that lie alike on the CPU by memcpy, which waits for no other thread: a model has hundreds
/// of small tensors, and on a busy machine LibTorch's threads meet late for each.
HEARTH_INLINE void copy_values(const at::Tensor& to, const at::Tensor& from) {
  const bool alike = to.is_cpu() && from.is_cpu() && to.scalar_type() == from.scalar_type() &&
                     to.strides() == from.strides() && to.is_non_overlapping_and_dense() &&
                     from.is_conj() == to.is_conj() && from.is_neg() == to.is_neg();
  if (alike && to.numel() > 0) {
    std::memcpy(to.mutable_data_ptr(), from.const_data_ptr(), to.nbytes());
    to.unsafeGetTensorImpl()->bump_version();  // so that autograd sees the change
  } else {
    to.copy_(to.is_cpu() ? from : from.to(to.scalar_type()));  // a device may lack the file's type: MPS has no float64
  }
}

}  // namespace detail

HEARTH_INLINE LoadReport load_weights(torch::nn::Module& module, const StateDict& weights, const LoadOptions& options) {
  const StateDict model = state_dict(module);
  detail::LoadPlan plan = detail::plan_load(model, detail::rename_weights(weights, model, options), options);
  if (!plan.report.fits()) {
    plan.report.advice = detail::advise(model, weights, plan.report.loaded.size() + plan.report.mis_shaped.size());
  }
  core::require(plan.report.fits() || !options.strict, "load_weights: they do not fit the model: {}",
                summary(plan.report));
  core::require(!plan.copies.empty() || model.empty(),
                "load_weights: none of their {} names is one of the model's {}: {}", weights.size(), model.size(),
                summary(plan.report));
  const at::NoGradGuard no_grad;
  for (const auto& [place, value] : plan.copies) {
    detail::copy_values(place, value);
  }
  return std::move(plan.report);
}

HEARTH_INLINE LoadReport load_weights(torch::nn::Module& module, const std::filesystem::path& path,
                                      const LoadOptions& options) {
  const StateDict weights = read_weights(path, {.key = options.key});
  try {
    return load_weights(module, weights, options);
  } catch (const Error& error) {
    core::fail("cannot load {}: {}", core::printable(path), core::printable(error.what(), 5000));
  }
}

}  // namespace hearth
