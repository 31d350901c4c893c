/// What a server of MLflow's is asked, and what a run sees of one that misbehaves. services/mlflow_real.py looks at
/// what the real one makes of it.
#include <hearth/train/mlflow_log.hpp>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <hearth/core/file.hpp>
#include <hearth/image/encode.hpp>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "environment.hpp"
#include "loopback_server.hpp"
#include "temporary_folder.hpp"
#include "told_by.hpp"

using namespace hearth;
using namespace hearth_test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

constexpr const char* run_answer =
    R"({"run": {"info": {"run_uuid": "old", "run_id": "r1", "artifact_uri": "mlflow-artifacts:/7/r1/artifacts"}}})";

/// A server with the experiment "flowers", number 7; each request may be answered in another way.
struct Server {
  using Other = std::function<std::optional<Reply>(const Request&)>;

  explicit Server(Other other = [](const Request&) { return std::nullopt; })
      : server([other](const Request& request) {
          if (const auto reply = other(request)) {
            return *reply;
          }
          if (request.target.find("experiments/get-by-name") != std::string::npos) {
            return request.target.ends_with("=flowers")
                       ? Reply{.body = R"({"experiment": {"experiment_id": "7", "name": "flowers"}})"}
                       : Reply{.status = 404,
                               .body = R"({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "none"})"};
          }
          if (request.target.ends_with("experiments/create")) {
            return Reply{.body = R"({"experiment_id": "8"})"};
          }
          return Reply{.body = request.target.find("/runs/") != std::string::npos ? run_answer : "{}"};
        }) {}

  /// "POST runs/create {…}": the requests, with the time taken out of them.
  std::vector<std::string> asked() const {
    std::vector<std::string> all;
    for (const Request& request : server.requests()) {
      std::string body = request.body;
      for (const std::string name : {"_time\": ", "timestamp\": "}) {
        for (std::size_t place = 0; (place = body.find(name, place)) != std::string::npos;) {
          place += name.size();
          const std::size_t end = body.find_first_not_of("0123456789", place);
          CHECK(end - place == 13);  // milliseconds since 1970
          body.replace(place, end - place, "T");
        }
      }
      std::string target = request.target.substr(std::string("/api/2.0/").size());
      target = target.starts_with("mlflow/") ? target.substr(7) : target;
      all.push_back(request.method + " " + target + " " + body);
    }
    return all;
  }

  MlflowOptions options(std::chrono::milliseconds wait = 60s) const {
    return {.uri = server.url("/"), .experiment = "flowers", .name = "first", .wait = wait, .timeout = 5s};
  }

  LoopbackServer server;
};

/// A run's folder, and none of the user's own variables.
struct Place {
  TemporaryFolder temporary;
  Environment uri{"MLFLOW_TRACKING_URI"};
  Environment experiment{"MLFLOW_EXPERIMENT_NAME"};
  Environment id{"MLFLOW_RUN_ID"};
  Environment token{"MLFLOW_TRACKING_TOKEN"};
  Environment user{"MLFLOW_TRACKING_USERNAME"};
  Environment password{"MLFLOW_TRACKING_PASSWORD"};
  Environment proxy{"http_proxy"};
  RunFolder folder{temporary / "run"};
  std::vector<Setting> settings{{"lr", 0.1}, {"arch", "r\"18\""}, {"a=b", true}};
  std::vector<Setting> environment{{"device", "cpu"}};
};

}  // namespace

TEST_CASE("MLflow's server is told config, numbers with their steps, pictures, files and the end", "[mlflow_log]") {
  Server server;
  Place place;
  core::write_file(place.folder / "best.pth", "weights");
  Image picture(3, 2, 3);
  const std::vector<std::byte> png = encode_png(picture.view());
  const History history{.epochs = {{.epoch = 0}}};
  const std::string told = told_by([&] {
    MlflowOptions options = server.options();
    options.tags = {{"kind", "test"}};
    MlflowLog log{options};
    log.config({place.folder, place.settings, place.environment});
    log.image({"curves", picture.view(), 4, 0});
    log.scalars({{{"train_loss", 0.25}, {"val_loss", std::numeric_limits<double>::quiet_NaN()}}, 4, 0, &history});
    log.file({place.folder / "best.pth", "best.pth"});
    log.end({});
    log.scalars({{{"train_loss", 0.5}}, 5, 0});  // after the end: nothing
  });
  CHECK(told.empty());
  const auto metric = [](const std::string& key, const std::string& value) {
    return fmt::format(R"({{"key": "{}", "value": {}, "timestamp": T, "step": 4}})", key, value);
  };
  CHECK(server.asked() ==
        std::vector<std::string>{
            "GET experiments/get-by-name?experiment_name=flowers ",
            R"(POST runs/create {"experiment_id": "7", "run_name": "first", "start_time": T})",
            R"(POST runs/log-batch {"run_id": "r1", "tags": [{"key": "environment.device", "value": "cpu"}, )"
            R"({"key": "kind", "value": "test"}]})",
            R"(POST runs/log-batch {"run_id": "r1", "params": [{"key": "lr", "value": "0.1"}, )"
            R"({"key": "arch", "value": "r\"18\""}, {"key": "a_b", "value": "true"}]})",
            "PUT mlflow-artifacts/artifacts/7/r1/artifacts/images/curves/epoch-0000.png " +
                std::string(reinterpret_cast<const char*>(png.data()), png.size()),
            fmt::format(R"(POST runs/log-batch {{"run_id": "r1", "metrics": [{}, {}, {}]}})",
                        metric("train_loss", "0.25"), metric("val_loss", "\"NaN\""), metric("epoch", "0")),
            "PUT mlflow-artifacts/artifacts/7/r1/artifacts/best.pth weights",
            R"(POST runs/update {"run_id": "r1", "status": "FINISHED", "end_time": T})"});
  CHECK(read_text(place.folder / "mlflow-id.txt") == "r1\n");
}

TEST_CASE("a run that goes on is the same one for MLflow, and its parameters stay", "[mlflow_log]") {
  Server server([](const Request& request) -> std::optional<Reply> {
    if (request.body.find("\"params\"") != std::string::npos) {
      return Reply{.status = 400, .body = R"({"error_code": "INVALID_PARAMETER_VALUE", "message": "changed"})"};
    }
    return std::nullopt;
  });
  Place place;
  core::write_file(place.folder / "mlflow-id.txt", "r1\n");
  const std::string told = told_by([&] {
    MlflowLog log{server.options()};
    log.config({place.folder, place.settings, {}, {.epoch = 1, .steps = 4}});
    log.end({.state = RunState::interrupted});
  });
  CHECK(told.empty());
  const auto asked = server.asked();
  REQUIRE(asked.size() == 4);
  CHECK(asked[0] == R"(POST runs/update {"run_id": "r1", "status": "RUNNING"})");
  CHECK(asked[1] == "GET runs/get?run_id=r1 ");
  CHECK_THAT(asked[2], ContainsSubstring("\"params\""));
  CHECK(asked[3] == R"(POST runs/update {"run_id": "r1", "status": "KILLED", "end_time": T})");
}

TEST_CASE("an experiment that is not there is made; a run that the server has no more is begun anew", "[mlflow_log]") {
  Server server([](const Request& request) -> std::optional<Reply> {
    if (request.body.find("RUNNING") != std::string::npos) {
      return Reply{.status = 404, .body = R"({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no run"})"};
    }
    return std::nullopt;
  });
  Place place;
  core::write_file(place.folder / "mlflow-id.txt", "gone\n");
  const Environment experiment("MLFLOW_EXPERIMENT_NAME", "a/b \xC3\xA9");
  const std::string told = told_by([&] {
    MlflowOptions options = server.options();
    options.experiment.clear();
    options.name.clear();
    MlflowLog log{options};
    log.config({place.folder, {}, {}, {.epoch = 1, .steps = 4}});
    log.end({.state = RunState::failed});
  });
  CHECK(told.empty());
  const auto asked = server.asked();
  REQUIRE(asked.size() == 5);
  CHECK(asked[1] == "GET experiments/get-by-name?experiment_name=a%2Fb%20%C3%A9 ");
  CHECK(asked[2] == "POST experiments/create {\"name\": \"a/b \xC3\xA9\"}");
  CHECK(asked[3] == R"(POST runs/create {"experiment_id": "8", "run_name": "run", "start_time": T})");
  CHECK_THAT(asked[4], ContainsSubstring("\"FAILED\""));
  CHECK(read_text(place.folder / "mlflow-id.txt") == "r1\n");
}

TEST_CASE("what waits for a slow server goes there in few requests, each within MLflow's limits", "[mlflow_log]") {
  std::atomic<bool> is_open{false};
  Server server([&](const Request&) -> std::optional<Reply> {
    while (!is_open) {
      std::this_thread::sleep_for(1ms);
    }
    return std::nullopt;
  });
  Place place;
  const std::string told = told_by([&] {
    MlflowLog log{server.options()};
    log.config({place.folder, {}, {}});
    for (int step = 1; step <= 2'000; ++step) {
      log.scalars({{{"step_loss", 0.5}}, step, 0});
    }
    is_open = true;
    log.end({});
  });
  CHECK(told.empty());
  std::vector<std::size_t> sizes;
  for (const std::string& request : server.asked()) {
    std::size_t metrics = 0;
    for (std::size_t place_of = 0; (place_of = request.find("\"key\"", place_of)) != std::string::npos; ++place_of) {
      ++metrics;
    }
    if (metrics > 0) {
      sizes.push_back(metrics);
    }
  }
  CHECK(sizes == std::vector<std::size_t>{900, 900, 200});
}

TEST_CASE("a server that fails is asked again, and told of once", "[mlflow_log]") {
  std::atomic<int> failures{0};
  Server server([&](const Request& request) -> std::optional<Reply> {
    if (request.target.ends_with("runs/create") && failures++ < 1) {
      return Reply{.status = 500, .body = "<html>"};
    }
    return std::nullopt;
  });
  Place place;
  const std::string told = told_by([&] {
    MlflowLog log{server.options()};
    log.config({place.folder, {}, {}});
    log.scalars({{{"step_loss", 0.5}}, 1, 0});
    log.end({});
  });
  CHECK(told ==
        fmt::format("MLflow: {} answered 500 to /api/2.0/mlflow/runs/create; it is tried again, and the run goes "
                    "on\n",
                    server.server.url("")));
  CHECK_THAT(server.asked().back(), ContainsSubstring("FINISHED"));
}

TEST_CASE("a server that is away, silent or refuses ends no run", "[mlflow_log]") {
  Place place;
  const auto told_with = [&](MlflowOptions options, bool waits = false) {
    return told_by([&](const std::filesystem::path& file) {
      MlflowLog log{std::move(options)};
      log.config({place.folder, {}, {}});
      log.scalars({{{"step_loss", 0.5}}, 1, 0});
      while (waits && read_text(file).empty()) {
        std::this_thread::sleep_for(5ms);
      }
      log.end({});
    });
  };
  const std::string lost = "; 2 entries were lost\n";
  CHECK_THAT(told_with({.uri = "http://127.0.0.1:1", .wait = 10ms}, true),
             StartsWith("MLflow: http://127.0.0.1:1: ") &&
                 ContainsSubstring("; it is tried again, and the run goes on\nMLflow: the server did not take all "
                                   "within 0.0 s" +
                                   lost));
  Server silent([](const Request&) { return Reply{.has_length = false, .cut_after = 0, .stalls = true}; });
  CHECK_THAT(told_with(silent.options(10ms)), ContainsSubstring("within 0.0 s" + lost));
  Server refuses([](const Request&) {
    return Reply{.status = 403, .body = R"({"error_code": "PERMISSION_DENIED", "message": "not\nyours"})"};
  });
  const std::string refused = told_with(refuses.options());
  CHECK_THAT(refused, ContainsSubstring("answered 403 to /api/2.0/mlflow/experiments/get-by-name: not\\nyours; the run "
                                        "goes on\n"));
  CHECK(refuses.asked().size() == 1);
}

TEST_CASE("artifacts that the server does not take itself are told of", "[mlflow_log]") {
  Server server([](const Request& request) -> std::optional<Reply> {
    if (request.target.ends_with("runs/create")) {
      return Reply{.body = R"({"run": {"info": {"run_id": "r1", "artifact_uri": "s3://bucket/7/r1"}}})"};
    }
    return std::nullopt;
  });
  Place place;
  const std::string told = told_by([&] {
    MlflowLog log{server.options()};
    log.config({place.folder, {}, {}});
    log.file({place.folder / "best.pth", "best.pth"});
    log.end({});
  });
  CHECK_THAT(told, ContainsSubstring("the server keeps artifacts at s3://bucket/7/r1, and does not take them itself"));
  CHECK_THAT(server.asked().back(), ContainsSubstring("FINISHED"));
}

TEST_CASE("name and password, or a token, are the environment's", "[mlflow_log]") {
  const auto sent = [](const Place& place) {
    Server server;
    told_by([&] {
      MlflowLog log{server.options()};
      log.config({place.folder, {}, {}});
      log.end({});
    });
    return server.server.requests().at(1).header("authorization");
  };
  const Place place;
  CHECK(sent(place).empty());
  const Environment token("MLFLOW_TRACKING_TOKEN", "abc");
  CHECK(sent(place) == "Bearer abc");
  const Environment user("MLFLOW_TRACKING_USERNAME", "Aladdin");  // the example of RFC 7617
  const Environment password("MLFLOW_TRACKING_PASSWORD", "open sesame");
  CHECK(sent(place) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST_CASE("an address that is no server's, and options that make no sense, are errors", "[mlflow_log]") {
  const Place place;
  MlflowLog none;
  CHECK_THROWS_WITH(none.config({place.folder, {}, {}}), StartsWith("MLflow: there is no server: MLFLOW_TRACKING_URI"));
  MlflowLog file{{.uri = "file:///tmp/mlruns"}};
  CHECK_THROWS_WITH(file.config({place.folder, {}, {}}), StartsWith("MLflow: \"file:///tmp/mlruns\" is no server"));
  file.scalars({{{"step_loss", 0.5}}, 1, 0});  // as RunLog goes on with it
  file.end({});
  CHECK_THROWS_WITH(MlflowLog({.timeout = 0ms}),
                    "MlflowLog: wait must be at least 0 and timeout more than 0, but they are 30000 ms and 0 ms");
  CHECK_THROWS_WITH(MlflowLog({.queue = 0}), "MlflowLog: queue must be at least 1, but got 0");
}
