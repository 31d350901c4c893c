/// What a model makes of every sample, and what is said about it.
#include <hearth/train/classification_evaluation.hpp>

#include <torch/torch.h>

#include <cmath>
#include <hearth/core/error.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/models/freeze.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/prediction_sheet.hpp>
#include <hearth/train/predictions.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/train/write_evaluation.hpp>
#include <hearth/transforms/to_image.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "train/small_runs.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Gives its inputs as logits.
struct EchoModule : torch::nn::Module {
  EchoModule() { scale = register_parameter("scale", torch::ones({1})); }
  torch::Tensor forward(const torch::Tensor& inputs) {
    return is_training() ? torch::zeros_like(inputs) : inputs.flatten(1) * scale;
  }
  torch::Tensor scale;
};
struct Echo : torch::nn::ModuleHolder<EchoModule> {
  Echo() : ModuleHolder(std::make_shared<EchoModule>()) {}
};

/// Five samples of three classes: 0 and 3 are right, 1 is hardly wrong, 4 badly, and 2 has equal logits for 0 and 2.
const torch::Tensor five_logits =
    torch::tensor({{3.0F, 1.0F, 0.0F}, {2.0F, 1.9F, 0.0F}, {1.0F, 0.0F, 1.0F}, {0.0F, 0.0F, 4.0F}, {5.0F, 0.0F, 0.0F}});
const torch::Tensor five_labels = torch::tensor({0, 1, 2, 2, 1}, torch::kLong);

Predictions five() {
  return {five_logits, five_labels, {10, 11, 12, 13, 14}};
}

}  // namespace

TEST_CASE("predict over a loader gives every sample's logits, label and number, whatever the batches", "[evaluation]") {
  for (const std::int64_t batch_size : {1, 2, 5}) {
    Echo model;
    DataLoader loader{TensorDataset{five_logits, five_labels}, {.batch_size = batch_size}};
    std::vector<std::size_t> seen;
    const Predictions all = predict(model, loader, {.device = at::kCPU}, [&](std::size_t done, std::size_t samples) {
      seen.push_back(done);
      CHECK(samples == 5);
    });
    CHECK(all.logits.equal(five_logits));
    CHECK_FALSE(all.logits.requires_grad());
    CHECK(all.labels.equal(five_labels));
    CHECK(all.samples == std::vector<std::size_t>{0, 1, 2, 3, 4});
    CHECK(seen.size() == loader.size());
    CHECK(seen.back() == 5);
    CHECK(model->is_training());
  }
}

TEST_CASE("outcomes have the most probable classes, of equal ones the first, and the label's probability",
          "[evaluation]") {
  const std::vector<Outcome> all = outcomes(five(), {.top_k = 2, .classes = {"a", "b", "c"}});
  REQUIRE(all.size() == 5);
  CHECK(all[0].sample == 10);
  CHECK(all[0].is_right());
  CHECK(all[0].predictions[1].name == "b");
  const double sum = std::exp(3.0) + std::exp(1.0) + 1;
  CHECK(all[0].label_probability == Approx(std::exp(3.0) / sum).epsilon(1e-12));
  CHECK(all[0].predictions[1].probability == Approx(std::exp(1.0) / sum).epsilon(1e-12));
  CHECK(all[2].predictions[0].index == 0);
  CHECK(all[2].predictions[1].index == 2);
  CHECK_FALSE(all[2].is_right());

  const std::vector<Outcome> mistakes = worst_mistakes(all, 2);
  REQUIRE(mistakes.size() == 2);
  CHECK(mistakes[0].sample == 14);  // probabilities 0.0066, 0.47 and 0.42 of the labels of 14, 11 and 12
  CHECK(mistakes[1].sample == 12);
  CHECK(worst_mistakes(all, 100).size() == 3);

  Predictions unknown = five();
  unknown.labels = torch::full({5}, -1, torch::kLong);
  CHECK(worst_mistakes(outcomes(unknown), 9).empty());
  CHECK(std::isnan(outcomes(unknown)[0].label_probability));
  unknown.labels = torch::full({5}, 3, torch::kLong);
  CHECK_THROWS_WITH(outcomes(unknown), ContainsSubstring("the label 3"));
  CHECK_THROWS_WITH(outcomes(five(), {.top_k = 4}), ContainsSubstring("top_k"));
  CHECK_THROWS_WITH(outcomes(five(), {.classes = {"a"}}), ContainsSubstring("1 classes"));
}

TEST_CASE("an evaluation has the figures of the predictions, and writes its files", "[evaluation]") {
  const ClassificationEvaluation evaluation = evaluate(five(), {"a", "b", "naïve"});
  CHECK(evaluation.samples == 5);
  CHECK(evaluation.accuracy == Approx(0.4));
  CHECK(evaluation.loss == Approx(torch::cross_entropy_loss(five_logits, five_labels).item<double>()).epsilon(1e-6));
  CHECK(evaluation.confusion(1, 0) == 2);
  CHECK(evaluation.confusion(2, 0) == 1);
  CHECK(evaluation.report.classes[2].recall == Approx(0.5));
  CHECK(evaluation.reliability.size() == 15);

  const TemporaryFolder folder;
  evaluation.write(folder / "out", "five");
  const std::string text = read_text(folder / "out" / "report.txt");
  CHECK_THAT(text, ContainsSubstring("accuracy           0.4000") && ContainsSubstring("naïve"));
  for (const char* name : {"confusion_matrix.png", "reliability.png"}) {
    CHECK(read_image(folder / "out" / name).width() > 200);
  }
  CHECK_THAT(read_text(folder / "out" / "confusion_matrix.csv"), ContainsSubstring("b,2,0,0"));

  Predictions diverged = five();
  diverged.logits = five_logits.clone();
  diverged.logits[1].fill_(NAN);
  const ClassificationEvaluation without = evaluate(diverged);
  CHECK(without.not_finite == 1);
  CHECK(std::isnan(without.roc_auc));
  CHECK(std::isnan(without.loss));
  CHECK(without.report.classes[0].support == 1);
  without.write(folder / "diverged");
  CHECK_THAT(read_text(folder / "diverged" / "report.txt"), ContainsSubstring("The logits of 1 samples are no finite"));
  CHECK_FALSE(std::filesystem::exists(folder / "diverged" / "reliability.png"));
  CHECK(worst_mistakes(outcomes(diverged), 9).front().sample == 11);
  CHECK_THROWS_WITH(evaluate(Predictions{}), ContainsSubstring("no predictions"));
}

TEST_CASE("a sheet of predictions shows the samples as they were before they were normalised", "[evaluation]") {
  const torch::Tensor grey = torch::full({1, 3, 8, 8}, 128.0F / 255.0F);
  const torch::Tensor mean = torch::tensor({0.485, 0.456, 0.406}).view({1, 3, 1, 1});
  const torch::Tensor std = torch::tensor({0.229, 0.224, 0.225}).view({1, 3, 1, 1});
  const torch::Tensor sample = ((grey - mean) / std).to(torch::kFloat)[0];
  const Image image = to_image(sample, imagenet::mean, imagenet::std);
  for (const std::uint8_t byte : image.pixels()) {
    REQUIRE(byte == 128);
  }
  CHECK(to_image(torch::tensor({-1.0F, 2.0F, 0.5F, NAN}).view({1, 2, 2})).pixels() ==
        std::vector<std::uint8_t>{0, 255, 128, 0});
  CHECK_THROWS_AS(to_image(torch::ones({8, 8})), Error);
  CHECK_THROWS_AS(to_image(torch::ones({3, 8, 8}), std::vector<double>{1, 2}, std::vector<double>{1, 2}), Error);

  const TensorDataset dataset{sample.expand({5, 3, 8, 8}), five_labels};
  const std::vector<Outcome> all = outcomes({five_logits, five_labels, {0, 1, 2, 3, 4}});
  const Image sheet = draw_predictions(dataset, all, {.columns = 5, .tile = 64});
  CHECK(sheet.width() >= 5 * 64);
  const auto count_grey = [&] {
    std::size_t count = 0;
    for (int y = 0; y < sheet.height(); ++y) {
      for (int x = 0; x < sheet.width(); ++x) {
        const std::uint8_t* const pixel = sheet.view().row(y) + x * 3;
        count += pixel[0] == 128 && pixel[1] == 128 && pixel[2] == 128 ? 1 : 0;
      }
    }
    return count;
  };
  CHECK(count_grey() > 5 * 50 * 50);
}

TEST_CASE(
    "write_evaluation leaves the figures and pictures of a loader in a folder, and no mistakes where there are none",
    "[evaluation]") {
  const TemporaryFolder folder;
  Echo model;
  const torch::Tensor images = five_logits.view({5, 3, 1, 1});
  DataLoader loader{TensorDataset{images, five_labels}, {.batch_size = 2}};
  const WriteEvaluationOptions options{.title = "five", .pictures = 3, .placement = {.device = at::kCPU}};
  const ClassificationEvaluation evaluation = write_evaluation(folder / "out", model, loader, options);
  CHECK(evaluation.accuracy == Approx(0.4));
  CHECK(read_text(folder / "out" / "report.txt") == "five\n\n" + evaluation.to_string());
  for (const char* name : {"predictions.png", "worst.png", "confusion_matrix.png", "reliability.png"}) {
    CHECK(std::filesystem::exists(folder / "out" / name));
  }
  DataLoader right{TensorDataset{images, torch::tensor({0, 0, 0, 2, 0}, torch::kLong)}, {.batch_size = 2}};
  CHECK(write_evaluation(folder / "out", model, right, options).accuracy == 1);
  CHECK_FALSE(std::filesystem::exists(folder / "out" / "worst.png"));

  const std::vector<Outcome> all = outcomes(five());
  const std::vector<Outcome> some = some_of(all, 3, 7);
  REQUIRE(some.size() == 3);
  CHECK(some[0].sample < some[1].sample);
  CHECK(some[1].sample < some[2].sample);
  CHECK(some_of(all, 9, 7).size() == 5);
}

TEST_CASE("a BatchNorm that is frozen whole, in its weights alone or not at all keeps what it should in training",
          "[evaluation]") {
  const auto trained = [](bool freeze, const models::FreezeBatchNormOptions& options) {
    Net model = net({.norm = true});
    if (freeze) {
      models::freeze_batch_norm(model, options);
    }
    const State before = state_of(*model);
    DataLoader train{labelled(16), {.batch_size = 4, .shuffle = true}};
    DataLoader val{labelled(8), {.batch_size = 4}};
    optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01}};
    Trainer trainer{model, optimizer, {.epochs = 2, .device = at::kCPU}};
    trainer.fit(train, val);
    const State after = state_of(*model);
    std::map<std::string, bool> same;
    for (const auto& [name, tensor] : before) {
      same[name] = tensor.equal(after.at(name));
    }
    CHECK_FALSE(same.at("first.weight"));
    return same;
  };
  for (const std::string name :
       {"norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}) {
    CAPTURE(name);
    const bool is_weight = name == "norm.weight" || name == "norm.bias";
    CHECK(trained(true, {}).at(name));
    CHECK(trained(true, {.statistics = false}).at(name) == is_weight);
    CHECK_FALSE(trained(false, {}).at(name));
  }
}
