/// A run as MLflow shows it. Needs libcurl (hearth::download).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/train/log.hpp>

namespace hearth {

/// Where MLflow's server is, and what the run is there. What is empty is as MLflow's own variables have it.
struct MlflowOptions {
  std::string uri = {};         ///< "http://host:5000"; empty: MLFLOW_TRACKING_URI
  std::string experiment = {};  ///< made where it is not there; empty: MLFLOW_EXPERIMENT_NAME, or "Default"
  std::string name = {};        ///< of the run, to be shown; empty: the folder's
  std::string id = {};          ///< of the server's run to go on with. Empty: MLFLOW_RUN_ID, or that of the run in the
                                ///< folder where it goes on, or a new one
  std::vector<std::pair<std::string, std::string>> tags = {};    ///< names and values to find it by
  std::chrono::milliseconds wait = std::chrono::seconds(30);     ///< for the server, when the run is complete
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  ///< without an answer, after which it is asked again
  std::size_t queue = 10'000;                                    ///< entries that wait for the server at most
};

/// Logs to a server of MLflow's over its REST interface, from a thread of its own: the config as parameters, the
/// environment as tags, every epoch's numbers under the names of metrics.jsonl, numbers of steps, pictures
/// (images/NAME/epoch-0003.png) and files, which the server must take as a proxy of its artifacts, as `mlflow server`
/// does. MLflow's step is the number of optimizer steps. A run that goes on is the same one for the server: its id is
/// kept in the run's folder, as mlflow-id.txt. MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and
/// MLFLOW_TRACKING_PASSWORD, are sent where they are set; SSL_CERT_FILE names certificates to trust.
///
///     RunLog{folder, {.every_steps = 50, .files = {"best.pth"}}, MetricsLog{}, MlflowLog{{.experiment = "flowers"}}}
///
/// The training neither waits for the server nor ends by it: one that is away, or answers with a failure of its own, is
/// asked again, after 1 s, 2 s, 4 s and so on up to a minute; what it does not take in time is lost, the oldest first;
/// each is told once. When the run is complete, it waits at most `wait` until the server has all; interrupted or
/// failed, at most 5 s.
class MlflowLog {
 public:
  /// Throws Error when a time is below 0 or the queue has no place.
  explicit MlflowLog(MlflowOptions options = {});
  MlflowLog(MlflowLog&&) noexcept;
  MlflowLog& operator=(MlflowLog&&) noexcept;
  ~MlflowLog();

  void config(const LogConfig& event);
  void scalars(const LogScalars& event);
  void image(const LogImage& event);
  void file(const LogFile& event);
  void end(const LogEnd& event);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/mlflow_log.ipp>
#endif
