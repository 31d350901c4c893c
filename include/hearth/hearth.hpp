/// All of hearth; what needs libarchive, libcurl, OpenSSL or nlohmann_json is part of it where that is installed.
#pragma once

#include <hearth/version.hpp>

#include <hearth/core/crc32.hpp>
#include <hearth/core/device.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/interrupt.hpp>
#include <hearth/core/key.hpp>
#include <hearth/core/mapped_file.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/core/value.hpp>

#include <hearth/download/download_bar.hpp>
#include <hearth/download/no_pipe_signal.hpp>
#include <hearth/download/part_file.hpp>

#include <hearth/image/axis.hpp>
#include <hearth/image/canvas.hpp>
#include <hearth/image/chart_panel.hpp>
#include <hearth/image/coverage.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/image/font.hpp>
#include <hearth/image/font_data.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_format.hpp>
#include <hearth/image/line_chart.hpp>
#include <hearth/image/resample.hpp>
#include <hearth/image/resample_kernels.hpp>
#include <hearth/image/resample_taps.hpp>
#include <hearth/image/stb_image.hpp>
#include <hearth/image/stb_image_write.hpp>

#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/dtype.hpp>
#include <hearth/weights/find.hpp>
#include <hearth/weights/little_endian.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/load_report.hpp>
#include <hearth/weights/mapped_tensors.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/numpy_scalar.hpp>
#include <hearth/weights/output_file.hpp>
#include <hearth/weights/pickle_opcode.hpp>
#include <hearth/weights/pickle_reader.hpp>
#include <hearth/weights/pickle_stack.hpp>
#include <hearth/weights/pickle_tree.hpp>
#include <hearth/weights/pickle_value.hpp>
#include <hearth/weights/pickle_writer.hpp>
#include <hearth/weights/pth_globals.hpp>
#include <hearth/weights/pth_reader.hpp>
#include <hearth/weights/pth_state_dict.hpp>
#include <hearth/weights/pth_tensor.hpp>
#include <hearth/weights/pth_writer.hpp>
#include <hearth/weights/read.hpp>
#include <hearth/weights/save.hpp>
#include <hearth/weights/scalar_type.hpp>
#include <hearth/weights/state_dict.hpp>
#include <hearth/weights/stored_tensor.hpp>
#include <hearth/weights/zip_reader.hpp>
#include <hearth/weights/zip_writer.hpp>

#include <hearth/optim/adam.hpp>
#include <hearth/optim/adam_rule.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/multi_step_lr.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/optimizer_state.hpp>
#include <hearth/optim/param_group.hpp>
#include <hearth/optim/rule_optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>
#include <hearth/optim/scheduler.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>

#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/metrics/deferred_mean.hpp>
#include <hearth/metrics/loss.hpp>
#include <hearth/metrics/metric.hpp>

#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/lambda.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/picture_writer.hpp>
#include <hearth/transforms/plan.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/thread_spare.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

#include <hearth/models/activation.hpp>
#include <hearth/models/alexnet.hpp>
#include <hearth/models/any_model.hpp>
#include <hearth/models/build.hpp>
#include <hearth/models/chain.hpp>
#include <hearth/models/conv_norm_activation.hpp>
#include <hearth/models/convnext.hpp>
#include <hearth/models/convnext_block.hpp>
#include <hearth/models/densenet.hpp>
#include <hearth/models/densenet_block.hpp>
#include <hearth/models/efficientnet.hpp>
#include <hearth/models/freeze.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/init.hpp>
#include <hearth/models/make_divisible.hpp>
#include <hearth/models/mbconv.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/mobilenet_v2.hpp>
#include <hearth/models/mobilenet_v3.hpp>
#include <hearth/models/mobilenet_v3_block.hpp>
#include <hearth/models/model.hpp>
#include <hearth/models/picture_input.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/resnet_block.hpp>
#include <hearth/models/self_attention.hpp>
#include <hearth/models/squeeze_excitation.hpp>
#include <hearth/models/stochastic_depth.hpp>
#include <hearth/models/trunc_normal.hpp>
#include <hearth/models/vgg.hpp>
#include <hearth/models/vision_transformer.hpp>
#include <hearth/models/vision_transformer_block.hpp>
#include <hearth/models/zoo.hpp>

#include <hearth/data/batch.hpp>
#include <hearth/data/batch_memory.hpp>
#include <hearth/data/concat_dataset.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/distributed_sampler.hpp>
#include <hearth/data/epoch_run.hpp>
#include <hearth/data/fake_data.hpp>
#include <hearth/data/fashion_mnist.hpp>
#include <hearth/data/gzip.hpp>
#include <hearth/data/idx.hpp>
#include <hearth/data/image_folder.hpp>
#include <hearth/data/labelled_idx.hpp>
#include <hearth/data/list_files.hpp>
#include <hearth/data/loader_options.hpp>
#include <hearth/data/prefetch.hpp>
#include <hearth/data/prepared_folder.hpp>
#include <hearth/data/sampler.hpp>
#include <hearth/data/subset.hpp>
#include <hearth/data/tensor_dataset.hpp>
#include <hearth/data/write_tensor.hpp>

#include <hearth/train/callback.hpp>
#include <hearth/train/check_optimizer.hpp>
#include <hearth/train/checkpoints.hpp>
#include <hearth/train/curves.hpp>
#include <hearth/train/evaluation_mode.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/graceful_stop.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/metrics_log.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/progress_bar.hpp>
#include <hearth/train/trainer.hpp>

#if __has_include(<curl/curl.h>) && __has_include(<openssl/evp.h>)
#include <hearth/download/download.hpp>
#include <hearth/download/resume.hpp>
#include <hearth/weights/download.hpp>
#endif

#if __has_include(<curl/curl.h>)
#include <hearth/download/http_error.hpp>
#include <hearth/download/http_get.hpp>
#include <hearth/download/libcurl.hpp>
#endif

#if __has_include(<openssl/evp.h>)
#include <hearth/download/sha256.hpp>
#endif

#if defined(HEARTH_WITH_LIBJPEG_TURBO)
#include <hearth/image/libjpeg_turbo.hpp>
#endif

#if __has_include(<archive.h>)
#include <hearth/archive/archive_reader.hpp>
#include <hearth/archive/extract.hpp>
#include <hearth/data/tiny_imagenet.hpp>
#include <hearth/data/tiny_imagenet_source.hpp>
#endif

#if __has_include(<nlohmann/json.hpp>)
#include <hearth/weights/safetensors_header.hpp>
#include <hearth/weights/safetensors_reader.hpp>
#include <hearth/weights/safetensors_writer.hpp>
#endif
