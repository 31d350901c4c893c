/// Everything that is asked about a classifier's predictions, as numbers, as a text and as pictures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/calibration_error.hpp>
#include <hearth/metrics/classification_report.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/train/predictions.hpp>

namespace hearth {

/// How well a classifier does on samples whose labels are known.
struct ClassificationEvaluation {
  std::size_t samples = 0;
  double loss = 0;                    ///< the mean cross-entropy
  double accuracy = 0;                ///< the share that are right, 0 … 1
  ClassificationFigures report = {};  ///< precision, recall and F1 of each class, and their means
  ConfusionCounts confusion = {};     ///< how often each class was taken for each
  double roc_auc = 0;                 ///< roc_auc_score of the probabilities: not a number where only one class is met
  double calibration_error = 0;       ///< see `CalibrationError`
  std::vector<CalibrationBin> reliability = {};  ///< empty where the calibration is not a number
  std::size_t not_finite = 0;                    ///< samples whose logits are no finite numbers

  /// report.txt: the figures, sklearn's classification report with four digits, and the pairs of classes that are most
  /// often taken for one another.
  std::string to_string() const;

  /// Writes report.txt, confusion_matrix.csv, confusion_matrix.png (of up to 2000 classes) and, if there is one,
  /// reliability.png into the folder, each complete or not at all. `title` says of what: "validation". Throws Error
  /// naming the file that cannot be written.
  void write(const std::filesystem::path& folder, const std::string& title = {}) const;
};

/// Evaluates predictions; `classes` are the names of the classes, none: their numbers. Where logits are no finite
/// numbers, the area and the calibration are none either. Throws Error when there are no predictions, when a label is
/// out of range (or unknown), and when there are names and not as many as logits.
ClassificationEvaluation evaluate(const Predictions& predictions, const std::vector<std::string>& classes = {});

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/classification_evaluation.ipp>
#endif
