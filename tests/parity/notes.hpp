/// What a training beside Python's writes down.
#pragma once

#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <torch/nn/module.h>

#include <hearth/core/file.hpp>
#include <hearth/train/callback.hpp>

namespace hearth_test {

using namespace hearth;

/// The Euclidean norm of all parameters together.
inline double parameter_norm(const torch::nn::Module& module) {
  double sum = 0;
  for (const at::Tensor& parameter : module.parameters()) {
    sum += parameter.detach().to(at::kDouble).square().sum().item<double>();
  }
  return std::sqrt(sum);
}

/// Notes the figures that curves.py names, and writes them down when training ends.
class Notes : public Callback {
 public:
  explicit Notes(std::filesystem::path path) : path_(std::move(path)) {}

  void on_batch_end(const BatchEnd& event) {
    if (event.phase == Phase::train) {
      note("loss", event.batch_loss());
    }
  }

  void on_step_end(const StepEnd& event) {
    note("step", static_cast<double>(event.step));
    note("norm", parameter_norm(event.run.model()));
    for (const double rate : event.run.learning_rates()) {
      note("lr", rate);
    }
    if (std::isfinite(event.gradient_norm())) {
      note("gradient_norm", event.gradient_norm());
    }
    if (const Value run = event.run.checkpoint(); !run["scaler"].is<Value::None>()) {
      note("scale", run.as<double>("scaler", "scale"));
    }
  }

  void on_epoch_end(const EpochEnd& event) {
    for (const Figure& figure : event.record().figures) {
      note(figure.name, figure.value);
    }
    note("val_norm", parameter_norm(event.run.model()));
  }

  void on_fit_end(const FitEnd&) { core::write_file(path_, nlohmann::json(notes_).dump()); }

 private:
  void note(const std::string& name, double value) { notes_[name].push_back(value); }

  std::filesystem::path path_;
  std::map<std::string, std::vector<double>> notes_;
};

}  // namespace hearth_test
