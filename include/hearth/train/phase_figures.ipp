#pragma once

#include <hearth/train/phase_figures.hpp>

#include <limits>

#include <hearth/core/error.hpp>

namespace hearth::train {

HEARTH_INLINE void PhaseFigures::add(std::size_t batch, std::size_t samples, double loss, double weight) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (weight != 0) {
    loss_sum_ += loss * weight;
    weight_sum_ += weight;
  }
  add_with_means(batch, samples, weight_sum_ != 0 ? loss_sum_ / weight_sum_ : none, done_.accuracy);
  done_.batch_loss = weight != 0 ? loss : none;
}

HEARTH_INLINE void PhaseFigures::add_with_means(std::size_t batch, std::size_t samples, double mean_loss,
                                                double accuracy) {
  done_.batch = batch;
  done_.samples_done += samples;
  done_.batch_loss = done_.mean_loss = mean_loss;
  done_.accuracy = accuracy;
  done_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
}

HEARTH_INLINE void PhaseFigures::write_training(EpochRecord& record) const {
  core::require(done_.samples_done > 0, "Trainer: the training loader gave no sample in epoch {}", record.epoch);
  record.train_loss = done_.mean_loss;
  record.train_accuracy = done_.accuracy;
  record.images_per_second = static_cast<double>(done_.samples_done) / done_.seconds;
  record.data_wait_fraction = done_.wait_seconds / done_.seconds;
}

}  // namespace hearth::train
