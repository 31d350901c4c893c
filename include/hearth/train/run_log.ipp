#pragma once

#include <hearth/train/run_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/train/environment.hpp>
#include <hearth/train/epoch_confusion.hpp>

namespace hearth::train {

HEARTH_INLINE LogFeed::LogFeed(RunFolder folder, RunLogOptions options, Logs logs)
    : folder_(std::move(folder)), options_(std::move(options)), logs_(std::move(logs)) {
  core::require(options_.every_steps >= 0, "RunLog: every_steps must be at least 0, but got {}", options_.every_steps);
  takes_all_ = std::any_of(logs_.begin(), logs_.end(), [](const auto& log) { return !log->takes_epochs_alone; });
}

HEARTH_INLINE LogFeed::~LogFeed() {
  if (is_running_) {
    try {
      end({.state = RunState::failed});
    } catch (...) {
      // Nobody is there to be told.
    }
  }
}

/// Calls `tell(log)` for every log, or for those alone that take more than epochs' numbers.
template <class Tell>
void LogFeed::tell(bool epochs_alone_too, const Tell& tell) {
  for (const auto& log : logs_) {
    if (log->takes_epochs_alone && !epochs_alone_too) {
      continue;
    }
    try {
      tell(*log);
    } catch (const std::exception& error) {
      if (!std::exchange(log->has_failed, true)) {
        core::show(stderr, fmt::format("RunLog: {}; training goes on\n", error.what()));
      }
    }
  }
}

HEARTH_INLINE void LogFeed::begin(const FitBegin& event) {
  folder_.require_held();
  if (logs_.empty() || event.run.position().epoch >= event.run.epochs()) {
    return;  // the run was complete before, and so are its logs
  }
  is_running_ = true;
  classes_ = event.classes;
  std::vector<Setting> settings = options_.config;
  const auto add = [&](const char* name, auto value) {
    if (std::none_of(settings.begin(), settings.end(), [&](const Setting& known) { return known.name == name; })) {
      settings.emplace_back(name, value);
    }
  };
  add("epochs", event.run.epochs());
  add("train_samples", event.train_samples);
  add("val_samples", event.val_samples);
  if (!classes_.empty()) {
    add("classes", classes_.size());
  }
  const std::vector<Setting> environment = takes_all_ ? environment_facts(event.device) : std::vector<Setting>();
  tell(true, [&](AnyLog& log) { log.config({folder_, settings, environment, event.run.position()}); });
}

HEARTH_INLINE void LogFeed::begin_epoch(const EpochBegin& event) {
  if (is_running_ && options_.every_steps > 0) {
    lr_ = event.run.learning_rates().front();
  }
}

HEARTH_INLINE void LogFeed::end_step(const StepEnd& event) {
  if (!is_running_ || !takes_all_ || options_.every_steps == 0) {
    return;
  }
  const double lr = std::exchange(lr_, event.run.learning_rates().front());
  if (event.skipped || event.step % options_.every_steps != 0) {
    return;
  }
  Figures values{{"step_loss", event.live.batch_loss()}, {"step_lr", lr}};
  if (const double norm = event.gradient_norm(); !std::isnan(norm)) {
    values.set("step_gradient_norm", norm);
  }
  tell(false, [&](AnyLog& log) { log.scalars({values, event.step, event.run.position().epoch}); });
}

HEARTH_INLINE void LogFeed::end_epoch(const EpochEnd& event) {
  if (!is_running_) {
    return;
  }
  if (takes_all_) {
    show_pictures(event);
  }
  const EpochRecord& record = event.record();
  Figures values = record.figures;
  values.set("lr", record.lr);
  values.set("seconds", record.seconds);
  values.set("images_per_second", record.images_per_second);
  values.set("data_wait_fraction", record.data_wait_fraction);
  tell(true, [&](AnyLog& log) { log.scalars({values, event.run.position().steps, record.epoch, &event.history}); });
}

HEARTH_INLINE void LogFeed::show_pictures(const EpochEnd& event) {
  const int epoch = event.record().epoch;
  const std::int64_t step = event.run.position().steps;
  const auto show = [&](std::string_view name, const Image& picture) {
    tell(false, [&](AnyLog& log) { log.image({name, picture.view(), step, epoch}); });
  };
  try {
    if (const auto counts = options_.confusion_matrix ? epoch_confusion(event, classes_) : std::nullopt) {
      if (const auto picture = draw_confusion(*counts, confusion_title(epoch))) {
        show("confusion_matrix", *picture);
      }
    }
    for (const LogPicture& picture : options_.pictures) {
      show(picture.name, picture.draw(event));
    }
  } catch (const std::exception& error) {
    if (!std::exchange(has_failed_, true)) {
      core::show(stderr, fmt::format("RunLog: a picture cannot be drawn: {}; training goes on\n", error.what()));
    }
  }
}

HEARTH_INLINE void LogFeed::end(const LogEnd& how) {
  if (!std::exchange(is_running_, false)) {
    return;
  }
  for (const std::string& name : options_.files) {
    std::error_code error;
    if (std::filesystem::is_regular_file(folder_ / name, error)) {
      tell(false, [&](AnyLog& log) { log.file({folder_ / name, name}); });
    }
  }
  std::exception_ptr failure;
  for (const auto& log : logs_) {
    try {
      log->end(how);
    } catch (const Error& error) {
      if (failure || how.state != RunState::complete) {
        core::show(stderr, fmt::format("RunLog: {}\n", error.what()));
      } else {
        failure = std::current_exception();
      }
    } catch (const std::exception& error) {
      core::show(stderr, fmt::format("RunLog: {}\n", error.what()));
    }
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace hearth::train
