#pragma once

#include <hearth/train/python_checkpoint.hpp>

#include <ATen/ops/scalar_tensor.h>

#include <cstddef>
#include <string>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/key.hpp>
#include <hearth/train/run.hpp>
#include <hearth/train/run_state.hpp>

namespace hearth {

HEARTH_INLINE Value python_checkpoint(const Value& run, std::string_view arch, double best_acc1) {
  Value::Dict rest;
  for (const auto& [key, value] : run.as<Value::Dict>()) {
    if (key != "model" && key != "optimizer" && key != "scheduler") {
      rest.set(key, value);
    }
  }
  // Python moves the best accuracy to its device, so it has to be a tensor.
  Value::Dict checkpoint{
      {"epoch", run.at("position", "epoch")}, {"arch", arch},
      {"state_dict", run["model"]},           {"best_acc1", at::scalar_tensor(best_acc1, at::kFloat)},
      {"optimizer", run["optimizer"]},        {"scheduler", run["scheduler"]}};
  if (const Value* const average = run["average"].find("averaged_model"); average != nullptr) {
    checkpoint.set("model_ema", *average);
  }
  checkpoint.set("hearth", std::move(rest));
  return checkpoint;
}

}  // namespace hearth

namespace hearth::train {

namespace detail {

/// The weights under the names of the model: DataParallel stands around the features alone of an AlexNet or a VGG in
/// PyTorch's example.
HEARTH_INLINE Value without_inner_parallel(const Value& weights) {
  constexpr std::string_view wrapped = "features.module.";
  Value::Dict named = Value::Dict::ordered();
  for (const auto& [key, value] : weights.as<Value::Dict>()) {
    const std::string* const name = key.text();
    if (name != nullptr && name->find(wrapped) != std::string::npos) {
      std::string shorter = *name;
      shorter.erase(shorter.find(wrapped) + std::string_view("features.").size(), std::string_view("module.").size());
      named.set(std::move(shorter), value);
    } else {
      named.set(key, value);
    }
  }
  return named;
}

/// The value of the key; None where there is none.
HEARTH_INLINE Value value_or_none(const Value& dict, const char* key) {
  const Value* const found = dict.find(key);
  return found != nullptr ? *found : Value();
}

}  // namespace detail

HEARTH_INLINE bool is_of_python(const Value& run) {
  return !run.contains("history");
}

HEARTH_INLINE bool is_own_checkpoint(const Value& saved) {
  return saved.contains("hearth_run") || saved.contains("hearth");
}

HEARTH_INLINE Value run_checkpoint(const Value& saved) {
  if (saved.contains("hearth_run")) {
    return saved;
  }
  if (const Value* const rest = saved.find("hearth"); rest != nullptr) {
    Value::Dict run = rest->as<Value::Dict>();
    run.set("model", saved["state_dict"]);
    run.set("optimizer", saved["optimizer"]);
    run.set("scheduler", saved["scheduler"]);
    return run;
  }
  const bool is_example = saved.contains("state_dict");
  core::require(saved.contains("epoch") && saved.contains("optimizer") && (is_example || saved.contains("model")),
                "it is no checkpoint: neither of a run, nor one with epoch, state_dict and optimizer as PyTorch's "
                "ImageNet example writes it, nor with epoch, model and optimizer as torchvision's references do; "
                "weights alone are loaded by load_weights");
  // The example counts the epochs that are done; torchvision names the last of them.
  const int epoch = saved.as<int>("epoch") + (is_example ? 0 : 1);
  core::require(epoch >= 0, "its epoch is {}", epoch);
  return Value::Dict{{"hearth_run", 1},
                     {"model", detail::without_inner_parallel(saved[is_example ? "state_dict" : "model"])},
                     {"average", detail::value_or_none(saved, "model_ema")},
                     {"optimizer", saved["optimizer"]},
                     {"scheduler", detail::value_or_none(saved, is_example ? "scheduler" : "lr_scheduler")},
                     {"scaler", detail::value_or_none(saved, "scaler")},
                     {"position", to_value(Position{.epoch = epoch})}};
}

}  // namespace hearth::train
