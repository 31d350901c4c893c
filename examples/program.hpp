/// What the example programs share: the flags of a run, its config.json, and how a user's mistake ends.
#pragma once

#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <hearth/hearth.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace program {

/// The flags that every program has. The initial values are the defaults that --help shows.
struct RunFlags {
  std::filesystem::path data = {};
  int epochs = 1;
  std::int64_t batch_size = 1;
  double lr = 0.001;
  int workers = 0;
  std::uint64_t seed = 0;
  std::string device = "auto";
  bool channels_last = false;
  std::int64_t limit = 0;
  std::filesystem::path output_dir = {};
};

inline void add_flags(CLI::App& app, RunFlags& flags, const std::string& data_help) {
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("--data", flags.data, data_help)->required();
  app.add_option("--epochs", flags.epochs, "how often to go through the training images")->capture_default_str();
  app.add_option("--batch-size", flags.batch_size, "images a step")->capture_default_str();
  app.add_option("--lr", flags.lr, "learning rate")->capture_default_str();
  app.add_option("--workers", flags.workers, "threads that load images; the results do not depend on it")
      ->capture_default_str();
  app.add_option("--seed", flags.seed, "of the initial weights, the order and the augmentation")->capture_default_str();
  app.add_option("--device", flags.device, "auto (CUDA, then MPS, then CPU), cpu, cuda, cuda:N or mps")
      ->capture_default_str();
  app.add_flag("--channels-last", flags.channels_last, "keep pictures as NHWC in memory: faster convolutions");
  app.add_option("--limit", flags.limit, "use only the first N images of each class (0: all)")->capture_default_str();
  app.add_option("--output-dir", flags.output_dir, "the run's folder: config, metrics, weights, curves")
      ->capture_default_str();
}

/// All that is needed to repeat the run: every flag that the program has, with the value in force.
inline nlohmann::ordered_json config_of(const CLI::App& app, const RunFlags& flags) {
  nlohmann::ordered_json config;
  config["program"] = app.get_name();
  config["data"] = flags.data.string();
  config["epochs"] = flags.epochs;
  config["batch_size"] = flags.batch_size;
  config["lr"] = flags.lr;
  config["workers"] = flags.workers;
  config["seed"] = flags.seed;
  config["device"] = flags.device;
  config["channels_last"] = flags.channels_last;
  config["limit"] = flags.limit;
  config["output_dir"] = flags.output_dir.string();
  config["torch"] = TORCH_VERSION;
  return config;
}

inline void write_config(const std::filesystem::path& folder, const nlohmann::ordered_json& config) {
  hearth::core::make_folder(folder);
  hearth::core::write_file(folder / "config.json", config.dump(2) + "\n");
}

/// The loader's options for a run; `shuffle` is for training.
inline hearth::LoaderOptions loader_options(const RunFlags& flags, bool shuffle) {
  return {.batch_size = flags.batch_size,
          .shuffle = shuffle,
          .workers = flags.workers,
          .seed = flags.seed,
          .layout = flags.channels_last ? hearth::Layout::channels_last : hearth::Layout::contiguous,
          .pin_memory = hearth::parse_device(flags.device).is_cuda()};
}

/// The samples that a run uses: all, or the first of each class when --limit says so.
template <class Dataset>
auto limited(const Dataset& dataset, const RunFlags& flags) {
  hearth::core::require(flags.limit >= 0, "--limit must not be negative, but got {}", flags.limit);
  return hearth::first_per_class(dataset, flags.limit == 0 ? dataset.size() : static_cast<std::size_t>(flags.limit));
}

/// Parses the flags, runs `body` and turns what it throws into one line and exit code 1. A `body` that was interrupted
/// returns so, for exit code 130.
template <class Body>
int run(CLI::App& app, int argc, char** argv, Body body) {
  try {
    app.parse(argc, argv);
    return body() ? 0 : 130;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return app.exit(error);  // --help
    }
    fmt::print(stderr, "{}: {} (--help shows the flags)\n", app.get_name(), error.what());
  } catch (const std::exception& error) {
    const std::string text = error.what();
    fmt::print(stderr, "{}: {}\n", app.get_name(), text.substr(0, text.find('\n')));
  }
  return 1;
}

}  // namespace program
