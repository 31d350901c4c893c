/// The exact area under the ROC curve, of scores that are all at hand.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

/// The probability that a positive sample has a higher score than a negative one, ties counting half, for each class:
/// sklearn.metrics.roc_auc_score(labels, scores, average=None, multi_class="ovr"), in its arithmetic. `RocAuc` counts
/// the same batch by batch and over processes, in bins.
///
/// Scores and targets are [N, C] and labels [N], where C > 1, one class against the rest; [N, C] and [N, C], several
/// labels a sample, where a target above 0.5 holds; [N] or [N, 1] and [N], yes or no. Scores are ranked as they are, in
/// any scale. sklearn demands probabilities, which add up to 1, for labels [N]: give `logits.softmax(1)` for the same
/// areas. Scores in half precision tie more often than the float numbers that they stand for.
///
/// A class that has no positive or no negative samples has no area: the answer is not a number, as sklearn's is.
/// sklearn wants the list of all labels to be given, as `labels=range(C)`, where a class is absent; here it is 0 … C-1.
/// Throws Error on other shapes, on a label out of range and on a score that is no number; infinite scores, which
/// sklearn refuses, are ranked.
std::vector<double> roc_auc_scores(const at::Tensor& scores, const at::Tensor& targets);

/// The mean of these areas, sklearn's average="macro", over the classes that have one: the same as sklearn's where all
/// have, while sklearn answers with no number where one has not. Not a number where none has.
double roc_auc_score(const at::Tensor& scores, const at::Tensor& targets);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/roc_auc_score.ipp>
#endif
