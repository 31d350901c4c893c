/// The C++ side of zoo.py: parity_zoo NAME FOLDER starts the model from Python's weights, evaluates it, trains one
/// step, and leaves all that came out in the folder; parity_zoo alone lists the names.
#include <fmt/format.h>
#include <torch/nn/modules/dropout.h>

#include <exception>
#include <filesystem>

#include <hearth/losses/cross_entropy.hpp>
#include <hearth/models/layers/stochastic_depth.hpp>
#include <hearth/models/zoo.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/save.hpp>

using namespace hearth;

namespace {

at::Tensor evaluate(models::AnyModel& model, const at::Tensor& inputs) {
  const at::NoGradGuard no_grad;
  model->eval();
  return model->forward(inputs);
}

/// Training mode, but nothing is dropped.
void train_without_dropout(models::AnyModel& model) {
  model->train();
  for (const auto& module : model->modules()) {
    if (module->as<torch::nn::Dropout>() != nullptr || module->as<models::StochasticDepth>() != nullptr) {
      module->eval();
    }
  }
}

/// How many tensors differ at all.
std::int64_t differences(const StateDict& ours, const StateDict& theirs) {
  std::int64_t count = 0;
  for (const auto& [name, value] : ours) {
    count += at::equal(value, theirs.at(name)) ? 0 : 1;
  }
  return count;
}

void run(const std::string& name, const std::filesystem::path& folder) {
  at::manual_seed(0);
  models::AnyModel model = models::make_model(name);
  StateDict results;
  const std::int64_t unlike = differences(state_dict(*model), read_weights(folder / "initial.pth"));
  results.add("initial", at::full({}, unlike, at::kLong));

  load_weights(*model, folder / "weights.pth");
  const StateDict batch = read_weights(folder / "batch.pth");
  results.add("output", evaluate(model, batch.at("inputs")));

  train_without_dropout(model);
  optim::SGD optimizer{model->parameters(), {.lr = 0.01, .momentum = 0.9, .weight_decay = 1e-4}};
  const LogitsWithAuxiliary outputs = model->forward_with_auxiliary(batch.at("inputs"));
  at::Tensor loss = CrossEntropyLoss{}(outputs.logits, batch.at("targets"));
  for (const AuxiliaryLogits& auxiliary : outputs.auxiliary) {
    loss = loss + auxiliary.weight * CrossEntropyLoss{}(auxiliary.logits, batch.at("targets"));
  }
  loss.backward();
  optimizer.step();
  results.add("loss", loss.detach());
  for (const auto& parameter : model->named_parameters()) {
    results.add("grad." + parameter.key(), parameter.value().grad());
  }
  results.add("output after", evaluate(model, batch.at("inputs")));
  save_weights(results, folder / "results.pth");
  save_weights(*model, folder / "after.pth");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    for (const models::ZooEntry& entry : models::zoo()) {
      fmt::print("{}\n", entry.name);
    }
    return argc == 1 ? 0 : 2;
  }
  try {
    run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", argv[1], error.what());
    return 1;
  }
}
