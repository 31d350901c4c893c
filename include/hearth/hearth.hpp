/// All of hearth; what needs libarchive or nlohmann_json is part of it where that library is installed.
#pragma once

#include <hearth/version.hpp>

#include <hearth/core/device.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/interrupt.hpp>
#include <hearth/core/mapped_file.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>

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

#include <hearth/weights/crc32.hpp>
#include <hearth/weights/dtype.hpp>
#include <hearth/weights/little_endian.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/load_report.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/output_file.hpp>
#include <hearth/weights/pickle_opcode.hpp>
#include <hearth/weights/pickle_reader.hpp>
#include <hearth/weights/pickle_stack.hpp>
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

#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/multi_step_lr.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/param_group.hpp>
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

#include <hearth/models/build.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/model.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/resnet_block.hpp>

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
#include <hearth/train/checkpoints.hpp>
#include <hearth/train/curves.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/graceful_stop.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/metrics_log.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/progress_bar.hpp>
#include <hearth/train/trainer.hpp>

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
