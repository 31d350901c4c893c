/// A classifier over a loader: evaluated, and all of it written into a folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/image/image.hpp>
#include <hearth/train/classification_evaluation.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/prediction_sheet.hpp>
#include <hearth/train/predictions.hpp>

namespace hearth {

/// What `write_evaluation` writes, and where it computes.
struct WriteEvaluationOptions {
  std::string title = {};                 ///< of what: "validation"
  std::vector<std::string> classes = {};  ///< the names to show; none: those that the dataset knows
  std::size_t pictures = 24;              ///< on each sheet, at most
  std::uint64_t seed = 0;                 ///< of the choice of samples for the sheet of predictions
  Placement placement = {};               ///< where the model evaluates
  PredictionSheetOptions sheets = {};     ///< but for titles and classes, which are those of the evaluation
  std::function<void(std::size_t done, std::size_t samples)> progress = {};  ///< as in `predict`
};

/// `count` of the numbers 0 … size-1, drawn by the seed, in ascending order; all where there are fewer.
std::vector<std::size_t> some_samples(std::size_t size, std::size_t count, std::uint64_t seed);

/// `count` of the outcomes, drawn by the seed, in their order; all where there are fewer.
std::vector<Outcome> some_of(const std::vector<Outcome>& outcomes, std::size_t count, std::uint64_t seed);

}  // namespace hearth

namespace hearth::train {

/// Writes the image as a PNG file; one without pixels removes the file.
void replace_picture(const std::filesystem::path& file, const Image& image);

}  // namespace hearth::train

namespace hearth {

/// Evaluates a classifier over a loader of images, and writes into the folder what ClassificationEvaluation::write
/// does, predictions.png, a sheet of some samples, and worst.png, one of the worst mistakes (none where there is no
/// mistake). Throws Error as `predict`, `evaluate` and `draw_predictions` do, and naming the file that cannot be
/// written.
template <class Model, class Loader>
ClassificationEvaluation write_evaluation(const std::filesystem::path& folder, Model& model, Loader& loader,
                                          const WriteEvaluationOptions& options = {}) {
  static_assert(LoaderLike<Loader>, "write_evaluation: Loader must give batches (LoaderLike), as DataLoader does");
  const Predictions predictions = predict(model, loader, options.placement, options.progress);
  std::vector<std::string> classes = options.classes;
  if constexpr (KnowsClasses<std::remove_cvref_t<decltype(loader.dataset())>>) {
    classes = classes.empty() ? std::vector<std::string>(loader.dataset().classes()) : classes;
  }
  const ClassificationEvaluation evaluation = evaluate(predictions, classes);
  const std::vector<Outcome> all = outcomes(predictions, {.classes = classes});
  const auto draw = [&](const char* what, const std::vector<Outcome>& shown) {
    PredictionSheetOptions sheet = options.sheets;
    sheet.title = options.title.empty() ? what : options.title + ": " + what;
    sheet.classes = classes;
    return shown.empty() ? Image() : draw_predictions(loader.dataset(), shown, sheet);
  };
  const Image some = draw("predictions", some_of(all, options.pictures, options.seed));
  const Image worst = draw("the worst mistakes", worst_mistakes(all, options.pictures));
  evaluation.write(folder, options.title);  // nothing is written unless all of it could be made
  train::replace_picture(folder / "predictions.png", some);
  train::replace_picture(folder / "worst.png", worst);
  return evaluation;
}

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/write_evaluation.ipp>
#endif
