#include "imagenet_recipe.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/data/cut_mix.hpp>
#include <hearth/data/mix_one_of.hpp>
#include <hearth/data/mix_up.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/constant_lr.hpp>
#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/exponential_lr.hpp>
#include <hearth/optim/group_parameters.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/rmsprop.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>

namespace imagenet_program {

using namespace hearth;

void add(program::Flags& command_line, Recipe& recipe) {
  command_line.add("--opt", recipe.opt, "sgd, sgd_nesterov, rmsprop or adamw");
  command_line.add("--momentum", recipe.momentum, "of sgd and rmsprop");
  command_line.add("--wd,--weight-decay", recipe.weight_decay, "this times a weight is added to its gradient");
  command_line.add("--norm-weight-decay", recipe.norm_weight_decay,
                   "the decay of normalisations (none: --weight-decay)");
  command_line.add("--bias-weight-decay", recipe.bias_weight_decay, "the decay of biases (none: --weight-decay)");
  command_line.add("--transformer-embedding-decay", recipe.transformer_embedding_decay,
                   "the decay of class tokens and position embeddings (none: --weight-decay)");
  command_line.add("--clip-grad-norm", recipe.clip_grad_norm, "the largest norm of all gradients (none: any)");

  command_line.add("--lr-scheduler", recipe.lr_scheduler, "steplr, cosineannealinglr or exponentiallr");
  command_line.add("--lr-step-size", recipe.lr_step_size, {1, 1'000'000}, "epochs from one drop of steplr to the next");
  command_line.add("--lr-gamma", recipe.lr_gamma, "what steplr and exponentiallr multiply the rate by");
  command_line.add("--lr-min", recipe.lr_min, "the lowest rate of cosineannealinglr");
  command_line.add("--lr-warmup-epochs", recipe.lr_warmup_epochs, {0, 1'000'000},
                   "epochs of a smaller rate before that");
  command_line.add("--lr-warmup-method", recipe.lr_warmup_method, "constant, or linear: it rises");
  command_line.add("--lr-warmup-decay", recipe.lr_warmup_decay, "the share of the rate with which the warm-up begins");

  command_line.add("--label-smoothing", recipe.label_smoothing, "share of each label that goes to all classes alike");
  command_line.add("--mixup-alpha", recipe.mixup_alpha,
                   "mixes images of a batch with each other (0: not; 0.2 is usual)");
  command_line.add("--cutmix-alpha", recipe.cutmix_alpha,
                   "puts a rectangle of another image into each (0: not; 1 is usual); with --mixup-alpha, one of both");
  command_line.add("--model-ema", recipe.model_ema, "validates and keeps the moving average of the weights");
  command_line.add("--model-ema-steps", recipe.model_ema_steps, {1, 1'000'000},
                   "steps from one update of it to the next");
  command_line.add("--model-ema-decay", recipe.model_ema_decay,
                   "share of the former average in an update, before it is adjusted to the length of the run");

  command_line.add("--auto-augment", recipe.auto_augment, "none, ra, ta_wide, augmix, imagenet, cifar10 or svhn");
  command_line.add("--ra-magnitude", recipe.ra_magnitude, {0, 30}, "how strong the operations of ra are");
  command_line.add("--augmix-severity", recipe.augmix_severity, {1, 10}, "how strong the operations of augmix are");
  command_line.add("--hflip-prob", recipe.hflip_prob, "how probable it is that an image is mirrored");
  command_line.add("--random-erase", recipe.random_erase, "how probable it is that a rectangle is erased");
  command_line.add("--ra-sampler", recipe.ra_sampler, "each image --ra-reps times in a row, augmented each time anew");
  command_line.add("--ra-reps", recipe.ra_reps, {1, 1000}, "see --ra-sampler");
  command_line.add("--train-crop-size", recipe.train_crop_size, {1, 8192}, "side of the training images");
  command_line.add("--val-resize-size", recipe.val_resize_size, {1, 8192}, "shorter side of the validation images");
  command_line.add("--val-crop-size", recipe.val_crop_size, {1, 8192}, "side of their middle, which is used");
  command_line.add("--interpolation", recipe.interpolation, "bilinear, bicubic or nearest");
}

ChosenAugment::ChosenAugment(const Recipe& recipe) {
  const Interpolation how = interpolation(recipe);
  const auto learned = [&](AutoAugmentPolicy policy) { return AutoAugment{{.policy = policy, .interpolation = how}}; };
  policy_ = program::choice<decltype(policy_)>(
      "--auto-augment", recipe.auto_augment,
      {{"none", std::monostate()},
       {"ra", RandAugment{{.magnitude = recipe.ra_magnitude, .interpolation = how}}},
       {"ta_wide", TrivialAugmentWide{{.interpolation = how}}},
       {"augmix", AugMix{{.severity = recipe.augmix_severity, .interpolation = how}}},
       {"imagenet", learned(AutoAugmentPolicy::imagenet)},
       {"cifar10", learned(AutoAugmentPolicy::cifar10)},
       {"svhn", learned(AutoAugmentPolicy::svhn)}});
}

void ChosenAugment::plan(transforms::Plan& plan, RandomStream& random) const {
  std::visit(
      [&](const auto& policy) {
        if constexpr (requires { policy.plan(plan, random); }) {
          policy.plan(plan, random);
        }
      },
      policy_);
}

namespace {

std::variant<RandomSampler, RepeatedAugmentationSampler> chosen_sampler(std::size_t size, const Recipe& recipe,
                                                                        std::uint64_t seed) {
  if (recipe.ra_sampler) {
    return RepeatedAugmentationSampler{size, {.repetitions = static_cast<std::size_t>(recipe.ra_reps), .seed = seed}};
  }
  return RandomSampler{size, {.seed = seed}};
}

}  // namespace

ChosenSampler::ChosenSampler(std::size_t size, const Recipe& recipe, std::uint64_t seed)
    : sampler_(chosen_sampler(size, recipe, seed)) {}

std::size_t ChosenSampler::size() const noexcept {
  return std::visit([](const auto& sampler) { return sampler.size(); }, sampler_);
}

std::vector<std::size_t> ChosenSampler::indices(std::uint64_t epoch) const {
  return std::visit([&](const auto& sampler) { return sampler.indices(epoch); }, sampler_);
}

Interpolation interpolation(const Recipe& recipe) {
  return program::choice<Interpolation>("--interpolation", recipe.interpolation,
                                        {{"bilinear", Interpolation::bilinear},
                                         {"bicubic", Interpolation::bicubic},
                                         {"nearest", Interpolation::nearest}});
}

std::string name_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::nearest:
      return "nearest";
    case Interpolation::bicubic:
      return "bicubic";
    case Interpolation::bilinear:
      break;
  }
  return "bilinear";
}

namespace {

/// The decays that differ, as torchvision's set_weight_decay: norms by their type, the rest by name, which prevails.
std::vector<optim::GroupRule> decay_rules(const Recipe& recipe, const torch::nn::Module& model) {
  std::vector<optim::GroupRule> rules;
  if (const auto decay = optional_number("--norm-weight-decay", recipe.norm_weight_decay)) {
    rules.push_back(optim::NormWeightDecay{.weight_decay = *decay, .biases = false});
  }
  const auto add = [&](const std::string& name, double decay) {
    bool is_within = false;  // "layer.bias", and not "layer.in_proj_bias"
    bool is_at_top = false;
    for (const auto& parameter : model.named_parameters()) {
      is_within = is_within || parameter.key().ends_with("." + name);
      is_at_top = is_at_top || parameter.key() == name;
    }
    if (is_within) {
      rules.push_back(optim::WeightDecayOf{"*." + name, decay});
    }
    if (is_at_top) {
      rules.push_back(optim::WeightDecayOf{name, decay});
    }
  };
  if (const auto decay = optional_number("--bias-weight-decay", recipe.bias_weight_decay)) {
    add("bias", *decay);
  }
  if (const auto decay = optional_number("--transformer-embedding-decay", recipe.transformer_embedding_decay)) {
    for (const char* const name : {"class_token", "position_embedding", "relative_position_bias_table"}) {
      add(name, *decay);
    }
  }
  return rules;
}

}  // namespace

optim::AnyOptimizer make_optimizer(const Recipe& recipe, double lr, torch::nn::Module& model) {
  enum class Kind { sgd, nesterov, rmsprop, adamw };
  const Kind kind = program::choice<Kind>(
      "--opt", recipe.opt,
      {{"sgd", Kind::sgd}, {"sgd_nesterov", Kind::nesterov}, {"rmsprop", Kind::rmsprop}, {"adamw", Kind::adamw}});
  const std::vector<optim::GroupRule> rules = decay_rules(recipe, model);
  const auto grouped = [&](const auto& options) { return optim::group_parameters(model, options, rules); };
  if (kind == Kind::rmsprop) {
    return optim::AnyOptimizer::of<optim::RMSprop>(grouped(optim::RMSpropOptions{
        .lr = lr, .alpha = 0.9, .eps = 0.0316, .weight_decay = recipe.weight_decay, .momentum = recipe.momentum}));
  }
  if (kind == Kind::adamw) {
    return optim::AnyOptimizer::of<optim::AdamW>(
        grouped(optim::AdamWOptions{.lr = lr, .weight_decay = recipe.weight_decay}));
  }
  return optim::AnyOptimizer::of<optim::SGD>(grouped(optim::SGDOptions{
      .lr = lr, .momentum = recipe.momentum, .weight_decay = recipe.weight_decay, .nesterov = kind == Kind::nesterov}));
}

namespace {

template <class Main>
optim::AnyScheduler with_warmup(const Recipe& recipe, optim::AnyOptimizer& optimizer, const Main& make_main) {
  const int epochs = recipe.lr_warmup_epochs;
  const bool is_linear =
      program::choice<bool>("--lr-warmup-method", recipe.lr_warmup_method, {{"constant", false}, {"linear", true}});
  if (epochs == 0) {
    return optim::AnyScheduler(make_main());
  }
  if (is_linear) {
    return optim::AnyScheduler(
        optim::SequentialLR{optimizer,
                            {.milestones = {epochs}},
                            optim::LinearLR{optimizer, {.start_factor = recipe.lr_warmup_decay, .total_iters = epochs}},
                            make_main()});
  }
  return optim::AnyScheduler(
      optim::SequentialLR{optimizer,
                          {.milestones = {epochs}},
                          optim::ConstantLR{optimizer, {.factor = recipe.lr_warmup_decay, .total_iters = epochs}},
                          make_main()});
}

}  // namespace

optim::AnyScheduler make_scheduler(const Recipe& recipe, int epochs, optim::AnyOptimizer& optimizer) {
  enum class Kind { step, cosine, exponential };
  switch (program::choice<Kind>(
      "--lr-scheduler", recipe.lr_scheduler,
      {{"steplr", Kind::step}, {"cosineannealinglr", Kind::cosine}, {"exponentiallr", Kind::exponential}})) {
    case Kind::cosine:
      return with_warmup(recipe, optimizer, [&] {
        return optim::CosineAnnealingLR{
            optimizer, {.T_max = std::max(1, epochs - recipe.lr_warmup_epochs), .eta_min = recipe.lr_min}};
      });
    case Kind::exponential:
      return with_warmup(recipe, optimizer, [&] {
        return optim::ExponentialLR{optimizer, {.gamma = recipe.lr_gamma}};
      });
    case Kind::step:
      break;
  }
  return with_warmup(recipe, optimizer, [&] {
    return optim::StepLR{optimizer, {.step_size = recipe.lr_step_size, .gamma = recipe.lr_gamma}};
  });
}

BatchMix make_mix(const Recipe& recipe, std::int64_t num_classes, std::uint64_t seed) {
  const auto mix_up = [&] { return MixUp{{.alpha = recipe.mixup_alpha, .num_classes = num_classes, .seed = seed}}; };
  const auto cut_mix = [&] { return CutMix{{.alpha = recipe.cutmix_alpha, .num_classes = num_classes, .seed = seed}}; };
  if (recipe.mixup_alpha > 0 && recipe.cutmix_alpha > 0) {
    return MixOneOf{{.seed = seed}, mix_up(), cut_mix()};
  }
  if (recipe.mixup_alpha > 0) {
    return mix_up();
  }
  return recipe.cutmix_alpha > 0 ? BatchMix(cut_mix()) : BatchMix();
}

std::optional<optim::WeightAverageOptions> make_average(const Recipe& recipe, int epochs, std::int64_t global_batch,
                                                        std::int64_t steps) {
  if (!recipe.model_ema) {
    return std::nullopt;
  }
  const double adjust = static_cast<double>(global_batch) * static_cast<double>(recipe.model_ema_steps) / epochs;
  const double alpha = std::min(1.0, (1 - recipe.model_ema_decay) * adjust);
  return optim::WeightAverageOptions{
      .decay = 1 - alpha, .every = recipe.model_ema_steps, .first_step = recipe.lr_warmup_epochs * steps};
}

std::optional<double> optional_number(const std::string& flag, const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(program::number(flag, text));
}

}  // namespace imagenet_program
