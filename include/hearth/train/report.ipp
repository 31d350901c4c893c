#pragma once

#include <hearth/train/report.hpp>

#include <filesystem>
#include <utility>
#include <vector>

#include <hearth/core/file.hpp>
#include <hearth/train/environment.hpp>
#include <hearth/train/run_file.hpp>
#include <hearth/train/write_report.hpp>

namespace hearth {

/// The files, and what is on the page. When it goes while the run is said to go on, an error has ended that.
struct Report::Page {
  Page(RunFolder in, ReportOptions given) : folder(std::move(in)), report{.title = std::move(given.title)}, files{} {
    add("command.txt", given.command);
    add("summary.txt", given.summary);
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  ~Page() {
    if (report.state == RunState::running) {
      try {
        report.state = RunState::failed;
        write();
      } catch (...) {
        // Nobody is there to be told.
      }
    }
  }

  /// A file that is written with the page, once.
  void add(const char* name, const std::string& text) {
    if (!text.empty()) {
      files.push_back({name, text.ends_with('\n') ? text : text + '\n'});
    }
  }

  void write() {
    folder.require_held();
    attempts.attempt([&] {
      for (; !files.empty(); files.erase(files.begin())) {
        core::write_file(folder / files.front().name, files.front().text);
      }
      write_report(folder.path(), report);
    });
  }

  struct File {
    std::string name;
    std::string text;
  };

  RunFolder folder;
  WriteReportOptions report;
  std::vector<File> files;  // those that are not written yet
  train::WriteAttempts attempts;
};

HEARTH_INLINE Report::Report(RunFolder folder, ReportOptions options)
    : page_(std::make_unique<Page>(std::move(folder), std::move(options))) {}

HEARTH_INLINE Report::Report(Report&& other) noexcept = default;

HEARTH_INLINE Report::~Report() = default;

HEARTH_INLINE void Report::on_fit_begin(const FitBegin& event) {
  if (event.run.position().epoch >= event.run.epochs()) {
    return;  // the run was complete before, and so is its report
  }
  page_->report.state = RunState::running;
  page_->report.epochs = event.run.epochs();
  page_->report.watch = event.run.history().watch;
  page_->add("environment.txt", train::describe_environment(event.device));
  page_->write();
}

HEARTH_INLINE void Report::on_epoch_end(const EpochEnd&) {
  page_->write();
}

HEARTH_INLINE void Report::on_interrupted(const Interrupted&) {
  if (page_->report.state == RunState::running) {
    page_->report.state = RunState::interrupted;
    page_->write();
  }
}

HEARTH_INLINE void Report::on_fit_end(const FitEnd& event) {
  if (page_->report.state == RunState::running) {
    page_->report.state = RunState::complete;
    page_->report.remark = event.history.stopped;
    page_->write();
    page_->attempts.finish();
  }
}

}  // namespace hearth
