/// All of hearth; what needs libarchive, libcurl, OpenSSL or nlohmann_json is part of it where that is installed.
#pragma once

#include <hearth/version.hpp>

#include <hearth/core/console.hpp>
#include <hearth/core/device.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/interrupt.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/save_request.hpp>
#include <hearth/core/stop.hpp>
#include <hearth/core/threads.hpp>
#include <hearth/core/value.hpp>

#include <hearth/image/decode.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>
#include <hearth/image/resample.hpp>

#include <hearth/losses/bce_with_logits.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/losses/focal.hpp>
#include <hearth/losses/loss.hpp>
#include <hearth/losses/regression.hpp>

#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/metrics/calibration_error.hpp>
#include <hearth/metrics/classification_report.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/metrics/figure.hpp>
#include <hearth/metrics/mean_error.hpp>
#include <hearth/metrics/metric.hpp>
#include <hearth/metrics/most_confused.hpp>
#include <hearth/metrics/multi_label_accuracy.hpp>
#include <hearth/metrics/r2_score.hpp>
#include <hearth/metrics/roc_auc.hpp>
#include <hearth/metrics/roc_auc_score.hpp>

#include <hearth/optim/adagrad.hpp>
#include <hearth/optim/adam.hpp>
#include <hearth/optim/adam_rule.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/clip_gradients.hpp>
#include <hearth/optim/constant_lr.hpp>
#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/cosine_annealing_warm_restarts.hpp>
#include <hearth/optim/exponential_lr.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/grad_scaler.hpp>
#include <hearth/optim/group_parameters.hpp>
#include <hearth/optim/lamb.hpp>
#include <hearth/optim/lambda_lr.hpp>
#include <hearth/optim/lars.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/multi_step_lr.hpp>
#include <hearth/optim/nadam.hpp>
#include <hearth/optim/one_cycle_lr.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/optimizer_state.hpp>
#include <hearth/optim/param_group.hpp>
#include <hearth/optim/per_batch.hpp>
#include <hearth/optim/per_group.hpp>
#include <hearth/optim/polynomial_lr.hpp>
#include <hearth/optim/radam.hpp>
#include <hearth/optim/reduce_lr_on_plateau.hpp>
#include <hearth/optim/rmsprop.hpp>
#include <hearth/optim/rule_optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>
#include <hearth/optim/scheduler.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/optim/weight_average.hpp>

#include <hearth/transforms/color_jitter.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/filter.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/grayscale.hpp>
#include <hearth/transforms/lambda.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/random_apply.hpp>
#include <hearth/transforms/random_erasing.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/rotation.hpp>
#include <hearth/transforms/to_image.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/tone.hpp>
#include <hearth/transforms/transform.hpp>

#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/find.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/load_report.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/read.hpp>
#include <hearth/weights/save.hpp>
#include <hearth/weights/state_dict.hpp>

#include <hearth/data/batch.hpp>
#include <hearth/data/batch_mix.hpp>
#include <hearth/data/class_balanced_sampler.hpp>
#include <hearth/data/cut_mix.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/distributed_sampler.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/data/loader_options.hpp>
#include <hearth/data/mix_one_of.hpp>
#include <hearth/data/mix_up.hpp>
#include <hearth/data/sampler.hpp>
#include <hearth/data/skipped_samples.hpp>
#include <hearth/data/target.hpp>
#include <hearth/data/write_sample.hpp>

#include <hearth/models/alexnet.hpp>
#include <hearth/models/any_model.hpp>
#include <hearth/models/convnext.hpp>
#include <hearth/models/densenet.hpp>
#include <hearth/models/efficientnet.hpp>
#include <hearth/models/freeze.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/mobilenet_v2.hpp>
#include <hearth/models/mobilenet_v3.hpp>
#include <hearth/models/model.hpp>
#include <hearth/models/pretrained.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/vgg.hpp>
#include <hearth/models/vision_transformer.hpp>
#include <hearth/models/zoo.hpp>

#include <hearth/datasets/concat_dataset.hpp>
#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/fashion_mnist.hpp>
#include <hearth/datasets/image_files.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/labelled_images.hpp>
#include <hearth/datasets/map_targets.hpp>
#include <hearth/datasets/split.hpp>
#include <hearth/datasets/subset.hpp>
#include <hearth/datasets/tensor_dataset.hpp>

#include <hearth/train/batch_size_finder.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/checkpoints.hpp>
#include <hearth/train/classification_evaluation.hpp>
#include <hearth/train/curves.hpp>
#include <hearth/train/deterministic.hpp>
#include <hearth/train/early_stopping.hpp>
#include <hearth/train/epoch_lines.hpp>
#include <hearth/train/evaluation_mode.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/event_file.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/lr_range_test.hpp>
#include <hearth/train/metrics_log.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/predict.hpp>
#include <hearth/train/prediction_sheet.hpp>
#include <hearth/train/predictions.hpp>
#include <hearth/train/progress_bar.hpp>
#include <hearth/train/report.hpp>
#include <hearth/train/run.hpp>
#include <hearth/train/run_folder.hpp>
#include <hearth/train/save_confusion_matrix.hpp>
#include <hearth/train/summary.hpp>
#include <hearth/train/task.hpp>
#include <hearth/train/tensor_board.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/train/trainer_options.hpp>
#include <hearth/train/write_report.hpp>

#if __has_include(<curl/curl.h>) && __has_include(<openssl/evp.h>)
#include <hearth/download/download.hpp>
#include <hearth/weights/download.hpp>
#endif

#if __has_include(<archive.h>)
#include <hearth/archive/extract.hpp>
#include <hearth/datasets/food11.hpp>
#include <hearth/datasets/tiny_imagenet.hpp>
#endif
