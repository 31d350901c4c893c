#pragma once

#include <hearth/train/mlflow_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/train/json_find.hpp>
#include <hearth/train/json_text.hpp>
#include <hearth/train/kept_id.hpp>
#include <hearth/train/log_service.hpp>
#include <hearth/train/mlflow_server.hpp>

namespace hearth {

namespace train {

/// What waits for the server: metrics, an artifact or the end, of which an entry has one.
struct MlflowEntry {
  std::vector<std::string> metrics = {};  // JSON objects
  std::string artifact = {};              // its path in the run
  std::string body = {};                  // of it, unless it is
  std::filesystem::path file = {};
  std::string status = {};  // the run's, when it ends
};

namespace detail {

HEARTH_INLINE std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// As MLflow's rules for names have it: letters, digits, and some signs; at most 250.
HEARTH_INLINE std::string mlflow_key(std::string name) {
  for (char& letter : name) {
    const bool is_plain = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                          (letter >= 'A' && letter <= 'Z') ||
                          std::string_view("_-. /").find(letter) != std::string::npos;
    letter = is_plain ? letter : '_';
  }
  return name.substr(0, 250);
}

/// A setting as an entry of "params" or "tags", whose values are texts.
HEARTH_INLINE std::string mlflow_pair(const std::string& name, const Setting& setting) {
  constexpr std::size_t most = 500;  // the least that a server takes
  const std::string* const text = std::get_if<std::string>(&setting.value);
  std::string value = text != nullptr ? *text : json_value(setting);
  if (value.size() > most) {
    value.resize(most - 3);
    value += "...";
  }
  return fmt::format(R"({{"key": {}, "value": {}}})", json_text(mlflow_key(name)), json_text(value));
}

HEARTH_INLINE std::string joined(const std::vector<std::string>& objects, std::size_t begin, std::size_t end) {
  std::string list;
  for (std::size_t i = begin; i < std::min(end, objects.size()); ++i) {
    list += (list.empty() ? "" : ", ") + objects[i];
  }
  return "[" + list + "]";
}

}  // namespace detail
}  // namespace train

/// What the thread needs, and the queue that it takes from.
struct MlflowLog::State {
  using Clock = std::chrono::steady_clock;
  using Entry = train::MlflowEntry;

  explicit State(MlflowOptions given)
      : options(std::move(given)), service("MLflow", options.queue, std::size_t{256} << 20) {}

  void begin(const LogConfig& event) {
    id_file = event.folder / "mlflow-id.txt";
    id = train::option_or_variable(options.id, "MLFLOW_RUN_ID");
    if (id.empty() && event.goes_on()) {
      id = train::kept_id(id_file);
    }
    experiment = train::option_or_variable(options.experiment, "MLFLOW_EXPERIMENT_NAME", "Default");
    name = options.name;
    if (name.empty()) {
      const std::filesystem::path path = std::filesystem::absolute(event.folder.path()).lexically_normal();
      name = (path.has_filename() ? path : path.parent_path()).filename().string();
    }
    for (const Setting& setting : event.settings) {
      params.push_back(train::detail::mlflow_pair(setting.name, setting));
    }
    for (const Setting& fact : event.environment) {
      tags.push_back(train::detail::mlflow_pair("environment." + fact.name, fact));
    }
    for (const auto& [tag, value] : options.tags) {
      tags.push_back(train::detail::mlflow_pair(tag, {tag, value}));
    }
    uri = train::option_or_variable(options.uri, "MLFLOW_TRACKING_URI");
    const bool is_http = uri.starts_with("http://") || uri.starts_with("https://");
    core::require(is_http,
                  "MLflow: {} no server: MLFLOW_TRACKING_URI or MlflowOptions::uri must be the address of one, such as "
                  "http://127.0.0.1:5000, which `mlflow server` (pip install mlflow) starts",
                  uri.empty() ? "there is" : "\"" + uri + "\" is");
    is_begun = true;
    service.reopen();
    service.start([this] { work(); });
  }

  // The rest is the thread's.

  void work() {
    server.emplace(uri, options.timeout, [this] { return service.is_left(); });
    if (!until_taken([&] { open_run(); })) {
      return;
    }
    std::optional<Entry> next;
    while (!service.is_left()) {
      Entry entry;
      if (next) {
        entry = *std::exchange(next, std::nullopt);
      } else if (auto taken = service.queue().take(Clock::now() + std::chrono::seconds(1))) {
        entry = *std::move(taken);
      } else {
        continue;
      }
      constexpr std::size_t most_metrics = 900;  // of the 1000 that a request may have
      while (!entry.metrics.empty() && entry.metrics.size() < most_metrics &&
             (next = service.queue().take(Clock::now())) &&
             entry.metrics.size() + next->metrics.size() <= most_metrics && !next->metrics.empty()) {
        entry.metrics.insert(entry.metrics.end(), next->metrics.begin(), next->metrics.end());
        next.reset();
      }
      until_taken([&] { send(entry); });
      if (!entry.status.empty()) {
        return;
      }
    }
  }

  /// Asks the server until it has taken it. False when it refuses for good, or when the run has left.
  template <class Ask>
  bool until_taken(const Ask& ask) {
    for (auto pause = std::chrono::milliseconds(1000); !service.is_left();
         pause = std::min<std::chrono::milliseconds>(2 * pause, std::chrono::minutes(1))) {
      try {
        ask();
        return true;
      } catch (const train::MlflowRefusal& error) {
        tell_refusal(error.what(), "; the run goes on");
        return false;
      } catch (const Error& error) {
        if (service.is_left()) {
          return false;
        }
        if (!std::exchange(has_told_of_absence, true)) {
          service.tell(fmt::format("{}; it is tried again, and the run goes on", error.what()));
        }
      }
      const auto begun = Clock::now();
      while (!service.is_left() &&
             Clock::now() - begun < (is_ending ? std::min(pause, std::chrono::milliseconds(1000)) : pause)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }
    return false;
  }

  /// Each once, and not more than a few.
  void tell_refusal(const std::string& what, std::string_view then) {
    constexpr std::size_t most = 10;
    if (told.size() < most && told.insert(what).second) {
      service.tell(fmt::format("{}{}", what, then));
    }
  }

  std::string experiment_id() {
    const auto find = [&] {
      return train::json_find(server->get("experiments/get-by-name?experiment_name=" + train::url_escaped(experiment)),
                              {"experiment", "experiment_id"});
    };
    try {
      return find();
    } catch (const train::MlflowRefusal& error) {
      if (error.code() != "RESOURCE_DOES_NOT_EXIST") {
        throw;
      }
    }
    try {
      return train::json_find(
          server->post("experiments/create", fmt::format(R"({{"name": {}}})", train::json_text(experiment))),
          {"experiment_id"});
    } catch (const train::MlflowRefusal& error) {
      if (error.code() != "RESOURCE_ALREADY_EXISTS") {
        throw;
      }
      return find();  // another run has made it just now
    }
  }

  /// The run is there, and goes on; its parameters and tags are told.
  void open_run() {
    bool is_there = false;
    if (!id.empty()) {
      try {
        const std::string answer =
            server->post("runs/update", fmt::format(R"({{"run_id": {}, "status": "RUNNING"}})", train::json_text(id)));
        static_cast<void>(answer);
        keep(server->get("runs/get?run_id=" + train::url_escaped(id)));
        is_there = true;
      } catch (const train::MlflowRefusal& error) {
        if (error.code() != "RESOURCE_DOES_NOT_EXIST" || !options.id.empty()) {
          throw;
        }
      }
    }
    if (!is_there) {
      keep(server->post("runs/create", fmt::format(R"({{"experiment_id": {}, "run_name": {}, "start_time": {}}})",
                                                   train::json_text(experiment_id()), train::json_text(name),
                                                   train::detail::milliseconds_now())));
      try {
        core::write_file(id_file, id + "\n");
      } catch (const Error& error) {
        tell_refusal(error.what(), "; the run goes on, and one that resumes it will be another run for MLflow");
      }
    }
    constexpr std::size_t most = 100;  // in a request
    for (std::size_t i = 0; i < tags.size(); i += most) {
      log_batch("tags", train::detail::joined(tags, i, i + most));
    }
    for (std::size_t i = 0; i < params.size(); i += most) {
      try {
        log_batch("params", train::detail::joined(params, i, i + most));
      } catch (const train::MlflowRefusal&) {
        if (!is_there) {
          throw;
        }
        // A parameter of a run that goes on cannot get another value.
      }
    }
  }

  /// What an answer says of the run.
  void keep(const std::string& answer) {
    id = train::json_find(answer, {"run", "info", "run_id"});
    core::require(!id.empty(), "{} is no server of MLflow's: its answer has no run_id",
                  train::without_credentials(uri));
    artifacts = train::json_find(answer, {"run", "info", "artifact_uri"});
  }

  void log_batch(std::string_view what, const std::string& list) {
    server->post("runs/log-batch", fmt::format(R"({{"run_id": {}, "{}": {}}})", train::json_text(id), what, list));
  }

  void send(const Entry& entry) {
    if (!entry.metrics.empty()) {
      log_batch("metrics", train::detail::joined(entry.metrics, 0, entry.metrics.size()));
    }
    if (!entry.artifact.empty()) {
      put_artifact(entry);
    }
    if (!entry.status.empty()) {
      server->post("runs/update", fmt::format(R"({{"run_id": {}, "status": "{}", "end_time": {}}})",
                                              train::json_text(id), entry.status, train::detail::milliseconds_now()));
    }
  }

  void put_artifact(const Entry& entry) {
    constexpr std::string_view scheme = "mlflow-artifacts:";
    std::string_view root = artifacts;
    if (!root.starts_with(scheme)) {
      throw train::MlflowRefusal(
          fmt::format("pictures and files are not logged, for the server keeps artifacts at {}, and does not take them "
                      "itself (mlflow server --serve-artifacts does)",
                      artifacts),
          "");
    }
    root.remove_prefix(scheme.size());
    if (root.starts_with("//")) {  // and a host
      root.remove_prefix(std::min(root.find('/', 2), root.size()));
    }
    root.remove_prefix(std::min(root.find_first_not_of('/'), root.size()));
    server->put(fmt::format("{}/{}", root, entry.artifact), entry.body, entry.file);
  }

  MlflowOptions options;
  bool is_begun = false;
  std::atomic<bool> is_ending{false};
  std::string uri, experiment, name, id, artifacts;
  std::filesystem::path id_file;
  std::vector<std::string> params, tags;
  std::optional<train::MlflowServer> server;
  bool has_told_of_absence = false;
  std::set<std::string> told;        // what the server refused
  train::LogService<Entry> service;  // last: its thread uses the others
};

HEARTH_INLINE MlflowLog::MlflowLog(MlflowOptions options) {
  core::require(options.wait.count() >= 0 && options.timeout.count() > 0,
                "MlflowLog: wait must be at least 0 and timeout more than 0, but they are {} ms and {} ms",
                options.wait.count(), options.timeout.count());
  core::require(options.queue > 0, "MlflowLog: queue must be at least 1, but got 0");
  state_ = std::make_unique<State>(std::move(options));
}

HEARTH_INLINE MlflowLog::MlflowLog(MlflowLog&&) noexcept = default;
HEARTH_INLINE MlflowLog& MlflowLog::operator=(MlflowLog&&) noexcept = default;
HEARTH_INLINE MlflowLog::~MlflowLog() = default;

HEARTH_INLINE void MlflowLog::config(const LogConfig& event) {
  state_->begin(event);
}

HEARTH_INLINE void MlflowLog::scalars(const LogScalars& event) {
  if (!state_->is_begun) {
    return;
  }
  train::MlflowEntry entry;
  std::size_t bytes = 0;
  const std::int64_t now = train::detail::milliseconds_now();
  const auto add = [&](const std::string& name, double value) {
    const std::string number = std::isnan(value)   ? "\"NaN\""
                               : std::isinf(value) ? (value > 0 ? "\"Infinity\"" : "\"-Infinity\"")
                                                   : fmt::format("{}", value);
    entry.metrics.push_back(fmt::format(R"({{"key": {}, "value": {}, "timestamp": {}, "step": {}}})",
                                        train::json_text(train::detail::mlflow_key(name)), number, now, event.step));
    bytes += entry.metrics.back().size();
  };
  for (const Figure& figure : event.values) {
    add(figure.name, figure.value);
  }
  if (event.history != nullptr) {
    add("epoch", event.epoch);
  }
  state_->service.push(std::move(entry), bytes);
}

HEARTH_INLINE void MlflowLog::image(const LogImage& event) {
  if (!state_->is_begun) {
    return;
  }
  const std::vector<std::byte> png = encode_png(event.image);
  train::MlflowEntry entry{.artifact = fmt::format("images/{}/epoch-{:04}.png", event.name, event.epoch),
                           .body = {reinterpret_cast<const char*>(png.data()), png.size()}};
  const std::size_t bytes = png.size();
  state_->service.push(std::move(entry), bytes);
}

HEARTH_INLINE void MlflowLog::file(const LogFile& event) {
  if (state_->is_begun) {
    state_->service.push({.artifact = event.name, .file = event.path}, event.name.size());
  }
}

HEARTH_INLINE void MlflowLog::end(const LogEnd& event) {
  if (!std::exchange(state_->is_begun, false)) {
    return;
  }
  const bool is_complete = event.state == RunState::complete;
  const char* const status = is_complete ? "FINISHED" : event.state == RunState::interrupted ? "KILLED" : "FAILED";
  state_->is_ending = true;
  state_->service.push({.status = status}, 0, false);
  const std::chrono::milliseconds wait = train::patience_at_end(event.state, state_->options.wait);
  const bool is_done = state_->service.finish(wait);
  if (const std::size_t lost = state_->service.queue().lost(); !is_done || lost > 0) {
    state_->service.tell(is_done ? fmt::format("{} entries were lost", lost)
                                 : fmt::format("the server did not take all within {:.1f} s; {} entries were lost",
                                               std::chrono::duration<double>(wait).count(), lost));
  }
}

}  // namespace hearth
