/// Runs side by side: their curves in one picture, and a table of the settings in which they differ and of how well
/// each of them did.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/chart/line_chart.hpp>
#include <hearth/core/console.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/metrics/class_names.hpp>
#include <hearth/train/history.hpp>

#include "program.hpp"

using namespace hearth;
using Json = nlohmann::ordered_json;

namespace {

struct Flags {
  std::vector<std::filesystem::path> runs;
  std::filesystem::path output = "compare.png";
  std::string by;
};

struct RunRecord {
  std::filesystem::path folder;
  std::string name = {};
  Json config = Json::object();
  std::vector<Json> epochs = {};  // the lines of metrics.jsonl

  double number(std::size_t epoch, const std::string& figure) const {
    const auto value = epochs[epoch].find(figure);
    return value != epochs[epoch].end() && value->is_number() ? value->get<double>()
                                                              : std::numeric_limits<double>::quiet_NaN();
  }
  bool has(const std::string& figure) const { return epochs.front().contains(figure); }
};

/// The JSON object in the text. Throws Error in the name of `where`.
Json parse_object(std::string_view text, const std::string& where) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  core::require(json.is_object(), "{} is no JSON object", where);
  return json;
}

RunRecord read_run(const std::filesystem::path& folder) {
  std::error_code error;
  core::require(std::filesystem::is_directory(folder, error), "there is no folder {}", core::printable(folder));
  const bool has_config = std::filesystem::exists(folder / "config.json", error);
  const bool has_metrics = std::filesystem::exists(folder / "metrics.jsonl", error);
  core::require(has_config || has_metrics, "{} is no run's folder: it has neither config.json nor metrics.jsonl",
                core::printable(folder));
  core::require(has_metrics, "the run in {} has no complete epoch yet: there is no metrics.jsonl",
                core::printable(folder));
  RunRecord run{.folder = folder};
  if (has_config) {
    const auto bytes = core::read_file(folder / "config.json");
    run.config = parse_object(core::as_text(bytes), core::printable(folder / "config.json"));
  }
  const auto bytes = core::read_file(folder / "metrics.jsonl");
  for (std::string_view rest = core::as_text(bytes); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) {
      run.epochs.push_back(parse_object(rest.substr(0, end), fmt::format("line {} of {}", run.epochs.size() + 1,
                                                                         core::printable(folder / "metrics.jsonl"))));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  core::require(!run.epochs.empty(), "the run in {} has no complete epoch yet: its metrics.jsonl is empty",
                core::printable(folder));
  return run;
}

/// Gives each run the last part of its folder's name, or all of it where runs would have the same.
void name_runs(std::vector<RunRecord>& runs) {
  const auto last_part = [](const std::filesystem::path& folder) {
    const std::filesystem::path normal = (folder / "").lexically_normal().parent_path();
    return core::printable(normal.has_filename() ? normal.filename() : folder);
  };
  for (RunRecord& run : runs) {
    const bool is_alone = std::count_if(runs.begin(), runs.end(), [&](const RunRecord& other) {
                            return last_part(other.folder) == last_part(run.folder);
                          }) == 1;
    run.name = is_alone ? last_part(run.folder) : core::printable(run.folder);
  }
}

/// By which figure a run's best epoch is chosen: the one that is asked for, or the first usual one that all have.
Watch choose_watch(const std::vector<RunRecord>& runs, const std::string& by) {
  const auto all_have = [&](const std::string& figure) {
    return std::all_of(runs.begin(), runs.end(), [&](const RunRecord& run) { return run.has(figure); });
  };
  if (!by.empty()) {
    for (const RunRecord& run : runs) {
      std::string known;
      for (const auto& item : run.epochs.front().items()) {
        known += (known.empty() ? "" : ", ") + item.key();
      }
      core::require(run.has(by), "the run {} has no figure {}; it has {}", run.name, core::printable(by),
                    core::printable(known));
    }
    return {by, by.ends_with("loss") || by.ends_with("error") ? Goal::lowest : Goal::highest};
  }
  for (const char* const figure : {"val_accuracy", "val_loss", "train_accuracy", "train_loss"}) {
    if (all_have(figure)) {
      return {figure, std::string_view(figure).ends_with("loss") ? Goal::lowest : Goal::highest};
    }
  }
  core::fail("the runs have no loss and no accuracy in common; name a figure with --by");
}

/// The first epoch of the best value.
std::size_t best_epoch(const RunRecord& run, const Watch& watch) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < run.epochs.size(); ++i) {
    const double value = run.number(i, watch.figure);
    const double than = run.number(best, watch.figure);
    if (std::isnan(than) ? !std::isnan(value) : watch.goal == Goal::highest ? value > than : value < than) {
      best = i;
    }
  }
  return best;
}

/// The names of the figures with that beginning that any run has, in the order in which they come.
std::vector<std::string> figures_of(const std::vector<RunRecord>& runs, std::string_view phase) {
  std::vector<std::string> names;
  for (const RunRecord& run : runs) {
    for (const auto& item : run.epochs.front().items()) {
      if (item.key().starts_with(phase) && std::find(names.begin(), names.end(), item.key()) == names.end()) {
        names.push_back(item.key());
      }
    }
  }
  return names;
}

std::string title_of(std::string figure) {
  std::replace(figure.begin(), figure.end(), '_', ' ');
  return figure;
}

/// A diagram for each figure, a curve for each run: those of the validation above those of the training.
Image draw_curves(const std::vector<RunRecord>& runs) {
  std::vector<Image> rows;
  for (const std::string_view phase : {"val_", "train_"}) {
    std::vector<chart::Axes> panels;
    for (const std::string& figure : figures_of(runs, phase)) {
      chart::Axes& panel = panels.emplace_back(chart::Axes{title_of(figure), "epoch", "", {}});
      for (const RunRecord& run : runs) {
        chart::Series& series = panel.series.emplace_back(chart::Series{run.name, {}, {}});
        for (std::size_t i = 0; i < run.epochs.size(); ++i) {
          series.x.push_back(run.number(i, "epoch") + 1);
          series.y.push_back(run.number(i, figure));
        }
      }
    }
    if (!panels.empty()) {
      rows.push_back(chart::draw_charts(panels, {.height = 480, .width = 600 * static_cast<int>(panels.size())}));
    }
  }
  core::require(!rows.empty(), "the runs have no figures of training or of validation");
  Image picture(480 * static_cast<int>(rows.size()), std::max(rows.front().width(), rows.back().width()), 3);
  std::fill(picture.pixels().begin(), picture.pixels().end(), std::uint8_t{255});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (int y = 0; y < rows[i].height(); ++y) {
      std::copy_n(rows[i].row(y), rows[i].stride(), picture.row(480 * static_cast<int>(i) + y));
    }
  }
  return picture;
}

using Line = std::vector<std::string>;

std::string text_of(const Json& config, const std::string& key) {
  const auto value = config.find(key);
  if (value == config.end()) {
    return "-";
  }
  const std::string text = value->is_string() ? core::printable(value->get_ref<const std::string&>()) : value->dump();
  return text.empty() ? "(none)" : text;
}

/// The settings in which the runs differ; where their results lie is none.
std::vector<Line> differences(const std::vector<RunRecord>& runs) {
  std::vector<std::string> keys;
  for (const RunRecord& run : runs) {
    for (const auto& item : run.config.items()) {
      if (item.key() != "output_dir" && std::find(keys.begin(), keys.end(), item.key()) == keys.end()) {
        keys.push_back(item.key());
      }
    }
  }
  std::vector<Line> lines;
  for (const std::string& key : keys) {
    Line line{core::printable(key)};
    for (const RunRecord& run : runs) {
      line.push_back(text_of(run.config, key));
    }
    if (std::any_of(line.begin() + 1, line.end(), [&](const std::string& text) { return text != line[1]; })) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

/// What each run reached, in its best epoch and in all.
std::vector<Line> results(const std::vector<RunRecord>& runs, const Watch& watch) {
  std::vector<Line> lines;
  const auto add = [&](std::string name, const auto& value) {
    Line line{std::move(name)};
    for (const RunRecord& run : runs) {
      line.push_back(value(run));
    }
    lines.push_back(std::move(line));
  };
  add("epochs", [](const RunRecord& run) { return fmt::format("{}", run.epochs.size()); });
  add("best epoch",
      [&](const RunRecord& run) { return fmt::format("{:.0f}", run.number(best_epoch(run, watch), "epoch") + 1); });
  for (const std::string_view phase : {"val_", "train_"}) {
    for (const std::string& figure : figures_of(runs, phase)) {
      add(title_of(figure), [&](const RunRecord& run) {
        const double value = run.number(best_epoch(run, watch), figure);
        return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
      });
    }
  }
  const auto sum = [](const RunRecord& run, const char* figure) {
    double all = 0;
    for (std::size_t i = 0; i < run.epochs.size(); ++i) {
      all += run.number(i, figure);
    }
    return all;
  };
  add("duration", [&](const RunRecord& run) {
    const double seconds = sum(run, "seconds");
    return std::isnan(seconds) ? "-" : core::format_duration(seconds);
  });
  add("images/s", [&](const RunRecord& run) {
    const double mean = sum(run, "images_per_second") / static_cast<double>(run.epochs.size());
    return std::isnan(mean) ? "-" : fmt::format("{:.0f}", mean);
  });
  return lines;
}

/// Prints the lines in columns.
void print_table(const std::vector<Line>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], metrics::characters(line[i]));
    }
  }
  for (const Line& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += (i == 0 ? "" : "  ") + line[i] +
              std::string(i + 1 < line.size() ? widths[i] - metrics::characters(line[i]) : 0, ' ');
    }
    Console::print("{}\n", text);
  }
}

int run(const Flags& flags) {
  core::require(!flags.runs.empty(), "name the folders of runs: compare runs/one runs/two");
  std::vector<RunRecord> runs;
  for (const std::filesystem::path& folder : flags.runs) {
    runs.push_back(read_run(folder));
  }
  name_runs(runs);
  const Watch watch = choose_watch(runs, flags.by);
  Line head{""};
  for (const RunRecord& run : runs) {
    head.push_back(run.name);
  }
  std::vector<Line> lines{head};
  for (Line& line : differences(runs)) {
    lines.push_back(std::move(line));
  }
  for (Line& line : results(runs, watch)) {
    lines.push_back(std::move(line));
  }
  write_png(flags.output, draw_curves(runs).view());
  print_table(lines);
  Console::print("\nBest by {}; epochs are counted from 1. The curves are in {}\n", title_of(watch.figure),
                 flags.output.string());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Console console;
  Flags flags;
  program::Flags command_line{"compare", "Shows runs side by side: their curves, settings that differ, best figures."};
  command_line.add_arguments("RUN", flags.runs, "folders of runs");
  command_line.add("--output", flags.output, "the picture of their curves");
  command_line.add("--by", flags.by,
                   "the figure that says which epoch is a run's best, such as val_loss (none: val_accuracy, or what "
                   "else all runs have)");
  return console.finish(command_line.run(argc, argv, [&] { return run(flags); }));
}
