#pragma once

#include <hearth/train/classification_evaluation.hpp>

#include <fmt/format.h>

#include <hearth/chart/reliability.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/metrics/most_confused.hpp>
#include <hearth/metrics/roc_auc_score.hpp>
#include <hearth/train/epoch_confusion.hpp>

namespace hearth {

namespace train::detail {

template <class Metric>
Metric measured(Metric metric, const Predictions& predictions) {
  metric.update(predictions.logits, predictions.labels);
  return metric;
}

}  // namespace train::detail

HEARTH_INLINE ClassificationEvaluation evaluate(const Predictions& predictions,
                                                const std::vector<std::string>& classes) {
  using train::detail::measured;
  core::require(predictions.size() > 0, "evaluate: there are no predictions");
  ClassificationEvaluation all{.samples = predictions.size(),
                               .loss = measured(AverageLoss{CrossEntropyLoss{}}, predictions).value(),
                               .accuracy = measured(Accuracy{}, predictions).value(),
                               .report = measured(ClassificationReport{{.classes = classes}}, predictions).value(),
                               .confusion = measured(ConfusionMatrix{{.classes = classes}}, predictions).value(),
                               .roc_auc = std::numeric_limits<double>::quiet_NaN(),
                               .calibration_error = std::numeric_limits<double>::quiet_NaN(),
                               .not_finite = static_cast<std::size_t>(
                                   predictions.logits.isfinite().all(1).logical_not().sum().item<std::int64_t>())};
  if (all.not_finite == 0) {
    const CalibrationError calibration = measured(CalibrationError{}, predictions);
    all.roc_auc = roc_auc_score(predictions.logits.softmax(1), predictions.labels);
    all.calibration_error = calibration.value();
    all.reliability = calibration.reliability();
  }
  return all;
}

HEARTH_INLINE std::string ClassificationEvaluation::to_string() const {
  const std::string warning =
      not_finite == 0 ? "" : fmt::format("The logits of {} samples are no finite numbers.\n\n", not_finite);
  return warning + fmt::format(
                       "samples            {}\n"
                       "accuracy           {:.4f}\n"
                       "loss               {:.4f}\n"
                       "ROC AUC            {:.4f}\n"
                       "calibration error  {:.4f}\n\n{}\n"
                       "Most often confused:\n{}",
                       samples, accuracy, loss, roc_auc, calibration_error, report.to_string(4),
                       hearth::to_string(most_confused(confusion, 20)));
}

HEARTH_INLINE void ClassificationEvaluation::write(const std::filesystem::path& folder,
                                                   const std::string& title) const {
  core::make_folder(folder);
  core::write_file(folder / "report.txt", title.empty() ? to_string() : title + "\n\n" + to_string());
  core::write_file(folder / "confusion_matrix.csv", confusion.to_csv());
  if (const auto picture = train::draw_confusion(confusion, title)) {
    write_png(folder / "confusion_matrix.png", picture->view());
  }
  if (reliability.empty()) {
    return;
  }
  std::vector<chart::ReliabilityBin> bins;
  for (const CalibrationBin& bin : reliability) {
    bins.push_back({bin.count, bin.confidence, bin.accuracy});
  }
  write_png(folder / "reliability.png", chart::draw_reliability(bins, calibration_error).view());
}

}  // namespace hearth
