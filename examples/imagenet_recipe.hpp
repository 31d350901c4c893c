/// How the ImageNet program trains: the flags of torchvision's reference training, and what is made of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <hearth/core/random.hpp>
#include <hearth/data/repeated_augmentation_sampler.hpp>
#include <hearth/data/sampler.hpp>
#include <hearth/models/any_model.hpp>
#include <hearth/optim/any_optimizer.hpp>
#include <hearth/optim/any_scheduler.hpp>
#include <hearth/train/trainer_options.hpp>
#include <hearth/transforms/aug_mix.hpp>
#include <hearth/transforms/auto_augment.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/rand_augment.hpp>
#include <hearth/transforms/random_erasing.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include "program.hpp"

namespace imagenet_program {

/// torchvision's names, defaults of PyTorch's ImageNet example.
struct Recipe {
  std::string opt = "sgd";
  double momentum = 0.9;
  double weight_decay = 1e-4;
  std::string norm_weight_decay;  ///< none: as all others
  std::string bias_weight_decay;
  std::string transformer_embedding_decay;
  std::string clip_grad_norm;

  std::string lr_scheduler = "steplr";
  int lr_step_size = 30;
  double lr_gamma = 0.1;
  double lr_min = 0;
  int lr_warmup_epochs = 0;
  std::string lr_warmup_method = "constant";
  double lr_warmup_decay = 0.01;

  double label_smoothing = 0;
  double mixup_alpha = 0;
  double cutmix_alpha = 0;
  bool model_ema = false;
  std::int64_t model_ema_steps = 32;
  double model_ema_decay = 0.99998;

  std::string auto_augment = "none";
  int ra_magnitude = 9;
  int augmix_severity = 3;
  double hflip_prob = 0.5;
  double random_erase = 0;
  bool ra_sampler = false;
  int ra_reps = 3;
  int train_crop_size = 224;
  int val_resize_size = 256;
  int val_crop_size = 224;
  std::string interpolation = "bilinear";

  std::array<double, 3> mean = hearth::imagenet::mean;  ///< of the images that the network sees
  std::array<double, 3> std = hearth::imagenet::std;
};

void add(program::Flags& command_line, Recipe& recipe);

/// The policy of --auto-augment, or none.
class ChosenAugment {
 public:
  explicit ChosenAugment(const Recipe& recipe);

  void plan(hearth::transforms::Plan& plan, hearth::RandomStream& random) const;

 private:
  std::variant<std::monostate, hearth::RandAugment, hearth::TrivialAugmentWide, hearth::AugMix, hearth::AutoAugment>
      policy_;
};

/// The order of the training images: --ra-sampler's, or each image once.
class ChosenSampler {
 public:
  ChosenSampler(std::size_t size, const Recipe& recipe, std::uint64_t seed);

  std::size_t size() const noexcept;
  std::vector<std::size_t> indices(std::uint64_t epoch) const;

 private:
  std::variant<hearth::RandomSampler, hearth::RepeatedAugmentationSampler> sampler_;
};

hearth::Interpolation interpolation(const Recipe& recipe);

/// "bilinear", as --interpolation has it.
std::string name_of(hearth::Interpolation interpolation);

inline auto train_transform(const Recipe& recipe) {
  using namespace hearth;
  return Compose{RandomResizedCrop{recipe.train_crop_size, {.interpolation = interpolation(recipe)}},
                 RandomHorizontalFlip{recipe.hflip_prob},
                 ChosenAugment{recipe},
                 ToTensor{},
                 Normalize{recipe.mean, recipe.std},
                 RandomErasing{{.p = recipe.random_erase}}};
}

inline auto val_transform(const Recipe& recipe) {
  using namespace hearth;
  return Compose{Resize{recipe.val_resize_size, {.interpolation = interpolation(recipe)}},
                 CenterCrop{recipe.val_crop_size}, ToTensor{}, Normalize{recipe.mean, recipe.std}};
}

hearth::optim::AnyOptimizer make_optimizer(const Recipe& recipe, double lr, torch::nn::Module& model);

hearth::optim::AnyScheduler make_scheduler(const Recipe& recipe, int epochs, hearth::optim::AnyOptimizer& optimizer);

/// MixUp, CutMix, one of them for each batch, or none.
hearth::BatchMix make_mix(const Recipe& recipe, std::int64_t num_classes, std::uint64_t seed);

/// The average of --model-ema, whose decay torchvision adjusts to the length of the run: `global_batch` images a step,
/// `steps` of them an epoch.
std::optional<hearth::optim::WeightAverageOptions> make_average(const Recipe& recipe, int epochs,
                                                                std::int64_t global_batch, std::int64_t steps);

/// The number in a text that may be empty.
std::optional<double> optional_number(const std::string& flag, const std::string& text);

}  // namespace imagenet_program
