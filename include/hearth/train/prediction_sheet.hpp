/// Samples and what a model makes of them, as a picture.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/image/image.hpp>
#include <hearth/train/predict.hpp>
#include <hearth/train/predictions.hpp>
#include <hearth/transforms/normalize.hpp>

namespace hearth {

/// How `draw_predictions` shows samples.
struct PredictionSheetOptions {
  std::string title = {};                 ///< above the pictures
  std::vector<std::string> classes = {};  ///< the names of the labels; none: their numbers
  /// What Normalize was given: the pictures are shown as they were before it. Samples of another number of channels are
  /// taken to be normalised by nothing.
  std::vector<double> mean = {imagenet::mean.begin(), imagenet::mean.end()};
  std::vector<double> std = {imagenet::std.begin(), imagenet::std.end()};
  int columns = 0;  ///< 0: as many as make the sheet look well
  int tile = 160;   ///< the side of a picture in pixels
};

}  // namespace hearth

namespace hearth::train {

/// The picture of a sample [C, H, W], or of the first of several crops [K, C, H, W].
Image picture_of(at::Tensor sample, const PredictionSheetOptions& options);

/// The sheet of these pictures, one for each outcome.
Image draw_sheet_of(std::vector<Image> pictures, std::span<const Outcome> outcomes,
                    const PredictionSheetOptions& options);

}  // namespace hearth::train

namespace hearth {

/// A sheet of the outcomes' samples, as the model saw them: below each the predicted class and its probability and,
/// where it is known, the true one; wrong ones are marked. The samples are read from the dataset once more; of a
/// sample of several crops the first is shown. Throws Error when there are none, when one is no image, and when it
/// cannot be read.
///
///     const auto mistakes = worst_mistakes(outcomes(predict(model, loader)), 40);
///     write_png("worst.png", draw_predictions(loader.dataset(), mistakes, {.classes = names}).view());
template <class Dataset>
Image draw_predictions(const Dataset& dataset, std::span<const Outcome> outcomes,
                       const PredictionSheetOptions& options = {}) {
  static_assert(DatasetLike<Dataset>, "draw_predictions: Dataset must be DatasetLike: size() and read()");
  std::vector<Image> pictures;
  for (const Outcome& outcome : outcomes) {
    train::OneSample sample;
    RandomStream random(/*seed=*/0, /*epoch=*/0, /*index=*/outcome.sample);
    static_cast<void>(dataset.read(outcome.sample, random, sample));
    pictures.push_back(train::picture_of(sample.batch()[0], options));
  }
  return train::draw_sheet_of(std::move(pictures), outcomes, options);
}

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/prediction_sheet.ipp>
#endif
