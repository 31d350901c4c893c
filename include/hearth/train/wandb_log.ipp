#pragma once

#include <hearth/train/wandb_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <utility>

#include <hearth/core/child_process.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/train/base64.hpp>
#include <hearth/train/json_text.hpp>
#include <hearth/train/kept_id.hpp>
#include <hearth/train/log_service.hpp>
#include <hearth/train/wandb_script.hpp>

namespace hearth {

namespace train::detail {

/// A number as Python's json reads it, which knows those that are not finite.
HEARTH_INLINE std::string python_number(double value) {
  return std::isnan(value)   ? "NaN"
         : std::isinf(value) ? (value > 0 ? "Infinity" : "-Infinity")
                             : fmt::format("{}", value);
}

/// Eight letters and digits, as wandb makes them.
HEARTH_INLINE std::string new_wandb_id() {
  constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::random_device bits;
  std::string id;
  for (int i = 0; i < 8; ++i) {
    id += letters[bits() % letters.size()];
  }
  return id;
}

}  // namespace train::detail

/// What is fed to the package, a line an entry, and the process that reads it.
struct WandbLog::State {
  explicit State(WandbOptions given)
      : options(std::move(given)), service("wandb", options.queue, std::size_t{64} << 20) {}

  bool is_disabled() const { return train::option_or_variable(options.mode, "WANDB_MODE") == "disabled"; }

  void add(std::string line, bool may_be_lost = true) {
    const std::size_t bytes = line.size();
    service.push(std::move(line), bytes, may_be_lost);
  }

  /// The line that begins the run.
  std::string begin_line(const LogConfig& event) const {
    const std::filesystem::path file = event.folder / "wandb-id.txt";
    std::string id = train::option_or_variable(options.id, "WANDB_RUN_ID");
    if (id.empty() && event.goes_on()) {
      id = train::kept_id(file);
    }
    if (id.empty()) {
      id = train::detail::new_wandb_id();
    }
    core::write_file(file, id + "\n");
    std::vector<Setting> init{{"id", id}, {"dir", std::filesystem::absolute(event.folder.path()).string()}};
    if (event.goes_on()) {  // without it, wandb begins anew a run whose id it knows
      init.emplace_back("resume", "allow");
    }
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) {
        init.emplace_back(name, value);
      }
    };
    add("project", options.project);
    add("entity", options.entity);
    add("name", options.name);
    add("group", options.group);
    add("job_type", options.job_type);
    add("notes", options.notes);
    add("mode", options.mode);
    std::string tags;
    for (const std::string& tag : options.tags) {
      tags += (tags.empty() ? "" : ", ") + train::json_text(tag);
    }
    const auto joined = [](std::string object, const std::string& more) {  // one entry more
      object.pop_back();
      return fmt::format("{}{}{}}}", object, object.size() > 1 ? ", " : "", more);
    };
    const std::string begun = train::json_object(init);
    return fmt::format(
        R"({{"begin": {{"init": {}, "config": {}}}}})",
        tags.empty() ? begun : joined(begun, "\"tags\": [" + tags + "]"),
        joined(train::json_object(event.settings), "\"environment\": " + train::json_object(event.environment)));
  }

  /// The thread: feeds the process until all is said, and waits for its end.
  void work() {
    const std::string python = train::option_or_variable(options.python, "HEARTH_PYTHON", "python3");
    std::optional<core::ChildProcess> process;
    try {
      process.emplace(std::vector<std::string>{python, "-c", train::wandb_script,
                                               fmt::format("{}", static_cast<double>(options.linger.count()) / 1000)});
    } catch (const Error& error) {
      service.tell(
          fmt::format("{}; install Python and `pip install wandb`, or name a Python that has it with "
                      "HEARTH_PYTHON. The run goes on without it",
                      error.what()));
      return;
    }
    std::string line;
    std::string_view rest;
    std::string output;
    bool is_said = false;
    while (!service.is_left()) {
      if (rest.empty() && !is_said) {
        std::optional<std::string> next = service.queue().take(std::chrono::steady_clock::now() + pause);
        line = next ? *std::move(next) + "\n" : std::string();
        rest = line;
      }
      if (!process->exchange(rest, output, rest.empty() && !is_said ? std::chrono::milliseconds(0) : pause)) {
        rest = {};
      }
      const bool has_failed = !heed(output, !process->has_output());
      if (rest.empty() && !is_said && line.starts_with(end_mark)) {
        is_said = true;  // its stdin stays open until nobody waits any more: then it has `linger`
        service.release();
      }
      if (!process->has_output() || has_failed) {
        break;
      }
    }
    while (!service.is_left() && !process->has_output() && !process->ending()) {  // its stdout ends before it does
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (!service.is_left() && !is_said && !has_told_failure) {
      service.tell(fmt::format("the Python process has ended with exit code {}; the run goes on without it",
                               process->ending().value_or(0)));
    }
  }

  /// Passes on what the process has said in whole lines. False when it has failed.
  bool heed(std::string& output, bool is_all) {
    if (is_all && !output.empty() && !output.ends_with('\n')) {
      output += '\n';
    }
    for (std::size_t end = 0; (end = output.find('\n')) != std::string::npos; output.erase(0, end + 1)) {
      const std::string said = output.substr(0, end);
      const std::string text = core::printable(std::string_view(said).substr(std::min(said.find(' '), said.size())));
      if (said.starts_with("failed ")) {
        service.tell(fmt::format("{}. The run goes on without it", text.substr(1)));
        has_told_failure = true;
      } else if (said.starts_with("told ")) {
        service.tell(fmt::format("{}; the run goes on", text.substr(1)));
      } else if (said.starts_with("ready ") && text.size() > 1) {
        service.tell(text.substr(1));
      }
    }
    return !has_told_failure;
  }

  static constexpr std::chrono::milliseconds pause{200};
  static constexpr std::string_view end_mark = "{\"end\"";

  WandbOptions options;
  bool has_told_failure = false;  // the thread's
  bool is_begun = false;
  train::LogService<std::string> service;  // last: its thread uses the others
};

HEARTH_INLINE WandbLog::WandbLog(WandbOptions options) {
  core::require(options.wait.count() >= 0 && options.linger.count() >= 0,
                "WandbLog: wait and linger must be at least 0, but are {} ms and {} ms", options.wait.count(),
                options.linger.count());
  core::require(options.queue > 0, "WandbLog: queue must be at least 1, but got 0");
  state_ = std::make_unique<State>(std::move(options));
}

HEARTH_INLINE WandbLog::WandbLog(WandbLog&&) noexcept = default;
HEARTH_INLINE WandbLog& WandbLog::operator=(WandbLog&&) noexcept = default;
HEARTH_INLINE WandbLog::~WandbLog() = default;

HEARTH_INLINE void WandbLog::config(const LogConfig& event) {
  if (state_->is_disabled()) {
    return;
  }
  state_->service.reopen();
  state_->add(state_->begin_line(event), false);
  state_->is_begun = true;
  state_->service.start([state = state_.get()] { state->work(); });
}

HEARTH_INLINE void WandbLog::scalars(const LogScalars& event) {
  if (!state_->is_begun) {
    return;
  }
  std::string values = fmt::format(R"("epoch": {})", event.epoch);
  for (const Figure& figure : event.values) {
    values += fmt::format(", {}: {}", train::json_text(figure.name), train::detail::python_number(figure.value));
  }
  state_->add(fmt::format(R"({{"log": {{"step": {}, "values": {{{}}}}}}})", event.step, values));
}

HEARTH_INLINE void WandbLog::image(const LogImage& event) {
  if (state_->is_begun) {
    state_->add(fmt::format(R"({{"image": {{"step": {}, "name": {}, "png": "{}"}}}})", event.step,
                            train::json_text(event.name), train::base64(encode_png(event.image))));
  }
}

HEARTH_INLINE void WandbLog::file(const LogFile& event) {
  if (state_->is_begun) {
    const std::filesystem::path path = std::filesystem::absolute(event.path);
    const std::string all = path.string();
    const std::string folder =
        all.ends_with(event.name) ? all.substr(0, all.size() - event.name.size()) : path.parent_path().string();
    state_->add(
        fmt::format(R"({{"file": {{"path": {}, "folder": {}}}}})", train::json_text(all), train::json_text(folder)));
  }
}

HEARTH_INLINE void WandbLog::end(const LogEnd& event) {
  if (!std::exchange(state_->is_begun, false)) {
    return;
  }
  const int code = event.state == RunState::complete ? 0 : event.state == RunState::interrupted ? 130 : 1;
  state_->add(fmt::format(R"({{"end": {{"exit_code": {}}}}})", code), false);
  const bool is_complete = event.state == RunState::complete;
  const std::chrono::milliseconds wait = train::patience_at_end(event.state, state_->options.wait);
  const bool is_done = state_->service.finish(wait, /*released_is_enough=*/!is_complete);
  const std::size_t lost = state_->service.queue().lost();
  if (!is_done) {
    state_->service.tell(fmt::format("the package did not take all within {:.1f} s, and is left to itself",
                                     std::chrono::duration<double>(wait).count()));
  }
  if (lost > 0) {
    state_->service.tell(fmt::format("{} entries were lost", lost));
  }
}

}  // namespace hearth
