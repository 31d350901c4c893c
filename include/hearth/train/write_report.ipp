#pragma once

#include <hearth/train/write_report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <functional>
#include <limits>
#include <locale>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <hearth/core/csv.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/train/base64.hpp>
#include <hearth/train/html.hpp>

namespace hearth {

namespace train::detail {

inline constexpr std::string_view report_style = R"(
:root { color-scheme: light dark; --page: #fff; --text: #1d2329; --quiet: #58626e; --line: #d9dee4; --card: #f4f6f8;
  --accent: #0a62c4; --best: #dff1e4; --warn: #9a3b00; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15181c; --text: #e4e7eb; --quiet: #9ba6b2; --line: #343b44; --card: #1e2329; --accent: #74b3ff;
    --best: #1d3a29; --warn: #ffb27d; }
  .picture { filter: brightness(.92); }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 4rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
a { color: var(--accent); }
.state { margin: .25rem 0 0; color: var(--quiet); }
.state strong { color: var(--text); }
.state .warn { color: var(--warn); }
nav { margin-top: 1rem; display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .9rem; }
dl { margin: 1.25rem 0 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; }
dl div { padding: .6rem .85rem .7rem; background: var(--card); border-radius: 8px; }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; font-size: 1.35rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
dd small { display: inline-block; color: var(--quiet); font-size: .85rem; }
.wide { overflow: auto; max-height: 34rem; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: separate; border-spacing: 0; min-width: 100%; font-size: .9rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; background: var(--card); font-weight: 600; }
tr:last-child td { border-bottom: 0; }
tr.best td { background: var(--best); font-weight: 700; }
.note { margin: .5rem 0 0; color: var(--quiet); font-size: .85rem; }
.picture { overflow-x: auto; border-radius: 8px; border: 1px solid var(--line); background: #fff; }
.picture.large { max-height: 95vh; overflow: auto; }
.picture img { display: block; margin: 0 auto; width: 100%; height: auto; }
pre { margin: 0; padding: .85rem 1rem; overflow: auto; max-height: 34rem; background: var(--card); border-radius: 8px;
  font: 13px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 3rem; color: var(--quiet); font-size: .85rem; }
@media (max-width: 40rem) {
  body { padding: 1rem .75rem 3rem; }
  dl { grid-template-columns: repeat(2, 1fr); }
  pre { font-size: 12px; }
}
)";

/// The table of metrics.csv.
struct MetricsTable {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows;  // as many fields as there are names

  std::size_t column(std::string_view name) const {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  }
  bool has(std::string_view name) const { return column(name) < names.size(); }

  /// Not a number where there is none.
  double number(std::size_t row, std::string_view name) const {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (!has(name)) {
      return none;
    }
    std::istringstream field(rows[row][column(name)]);  // not every standard library's from_chars reads double
    field.imbue(std::locale::classic());
    double value = none;
    return field >> value ? value : none;
  }
};

HEARTH_INLINE MetricsTable metrics_table(std::string_view text) {
  MetricsTable table;
  table.rows = core::read_csv(text);
  if (!table.rows.empty()) {
    table.names = std::move(table.rows.front());
    table.rows.erase(table.rows.begin());
    for (std::vector<std::string>& row : table.rows) {
      row.resize(table.names.size());
    }
  }
  return table;
}

/// "val_accuracy" as "val accuracy".
HEARTH_INLINE std::string title_of_figure(std::string name) {
  constexpr std::array<std::pair<std::string_view, const char*>, 4> titles{{{"lr", "learning rate"},
                                                                            {"seconds", "duration"},
                                                                            {"images_per_second", "images/s"},
                                                                            {"data_wait_fraction", "data wait"}}};
  for (const auto& [plain, title] : titles) {
    if (name == plain) {
      return title;
    }
  }
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

/// The same with a capital letter.
HEARTH_INLINE std::string heading_of_figure(const std::string& name) {
  std::string title = title_of_figure(name);
  if (!title.empty() && title.front() >= 'a' && title.front() <= 'z') {
    title.front() = static_cast<char>(title.front() - 'a' + 'A');
  }
  return title;
}

/// What people read of a number in the column of that name.
HEARTH_INLINE std::string figure_text(std::string_view name, double value) {
  if (!std::isfinite(value)) {
    return "\u2013";
  }
  return name == "epoch"                ? fmt::format("{:.0f}", value + 1)
         : name == "lr"                 ? fmt::format("{:.3g}", value)
         : name == "seconds"            ? core::format_duration(value)
         : name == "images_per_second"  ? fmt::format("{:.0f}", value)
         : name == "data_wait_fraction" ? fmt::format("{:.0f}%", 100 * value)
         : std::abs(value) < 1000       ? fmt::format("{:.4f}", value)
                                        : fmt::format("{:.6g}", value);
}

/// By which figure an epoch is the best.
HEARTH_INLINE Watch report_watch(const MetricsTable& table, const std::optional<Watch>& watch) {
  if (watch && table.has(watch->figure)) {
    return *watch;
  }
  for (const Watch& usual : {Watch{"val_accuracy", Goal::highest}, Watch{"val_loss", Goal::lowest},
                             Watch{"train_accuracy", Goal::highest}}) {
    if (table.has(usual.figure)) {
      return usual;
    }
  }
  return {"train_loss", Goal::lowest};
}

/// The row of the best epoch, the first of several; as many as there are rows when none has the figure.
HEARTH_INLINE std::size_t best_row(const MetricsTable& table, const Watch& watch) {
  std::size_t best = table.rows.size();
  double best_value = 0;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const double value = table.number(row, watch.figure);
    const bool is_better =
        best == table.rows.size() || (watch.goal == Goal::highest ? value > best_value : value < best_value);
    if (!std::isnan(value) && is_better) {
      best = row;
      best_value = value;
    }
  }
  return best;
}

/// Writes the page part by part.
class ReportPage {
 public:
  ReportPage(const std::filesystem::path& folder, const WriteReportOptions& options)
      : folder_(folder), options_(options) {}

  std::string text() {
    if (const auto metrics = content("metrics.csv")) {
      table_ = metrics_table(core::as_text(*metrics));
    }
    section("curves", "Learning curves", [&] { return picture("curves.png", "The figures of every epoch as curves"); });
    section("epochs", "Epochs", [&] { return epochs(); });
    section("confusion", "Confusion matrix", [&] {
      return picture("confusion_matrix.png", "How often images of each class were taken for each class");
    });
    section("classification", "Classification report", [&] { return listing("report.txt"); });
    section("calibration", "Calibration",
            [&] { return picture("reliability.png", "How often predictions of each confidence are right"); });
    section("predictions", "Predictions",
            [&] { return picture("predictions.png", "Pictures with their true and their predicted classes"); });
    section("worst", "Worst mistakes", [&] {
      return picture("worst.png", "Pictures whose wrong classes were predicted with the highest confidence");
    });
    section("command", "Command", [&] { return listing("command.txt", /*wraps=*/true); });
    section("settings", "Settings", [&] { return listing("config.json", /*wraps=*/true); });
    section("model", "Model", [&] { return listing("summary.txt"); });
    section("environment", "Environment", [&] { return listing("environment.txt", /*wraps=*/true); });
    return head() + body_ + foot();
  }

 private:
  static constexpr std::uint64_t most_bytes = std::uint64_t{256} << 20;

  std::optional<std::vector<std::byte>> content(const char* name) {
    std::error_code error;
    if (!std::filesystem::exists(folder_ / name, error)) {
      return std::nullopt;
    }
    try {
      return core::read_file(folder_ / name, most_bytes);
    } catch (const Error& failure) {
      unread_.push_back(failure.what());
      return std::nullopt;
    }
  }

  /// A section, unless there is nothing in it.
  void section(const char* id, const char* title, const std::function<std::string()>& inner) {
    if (const std::string html = inner(); !html.empty()) {
      body_ += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", id, title, html);
      links_ += fmt::format("<a href=\"#{}\">{}</a>\n", id, title);
    }
  }

  std::string picture(const char* name, const char* description) {
    const auto bytes = content(name);
    constexpr std::string_view begin = "\x89PNG\r\n\x1a\n";
    if (!bytes || !core::as_text(*bytes).starts_with(begin) || bytes->size() < 24) {
      return {};
    }
    const auto number = [&](std::size_t at) {
      std::uint32_t value = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        value = value << 8 | static_cast<std::uint32_t>((*bytes)[at + i]);
      }
      return value;
    };
    const std::uint32_t width = number(16);
    // What is wider than the page is scrolled; the rest is made a little smaller where there is less room.
    const bool is_large = width > 1300;
    return fmt::format(
        "<div class=\"picture{}\"><img src=\"data:image/png;base64,{}\" width=\"{}\" height=\"{}\" "
        "style=\"max-width: {}px; min-width: {}px\" alt=\"{}\"></div>\n",
        is_large ? " large" : "", base64(*bytes), width, number(20), width, is_large ? width : width / 4 * 3,
        description);
  }

  std::string listing(const char* name, bool wraps = false) {
    const auto bytes = content(name);
    if (!bytes || bytes->empty()) {
      return {};
    }
    std::string_view text = core::as_text(*bytes);
    constexpr std::size_t most = 1 << 20;
    const bool is_cut = text.size() > most;
    text = text.substr(0, most);
    text = text.substr(0, text.find_last_not_of('\n') + 1);
    // A newline behind <pre> is not shown: one there keeps one that the text begins with.
    return fmt::format("<pre{}>\n{}</pre>\n{}", wraps ? " class=\"wrap\"" : "", html_text(text),
                       is_cut ? fmt::format("<p class=\"note\">This is the beginning; all of it is in {}.</p>\n", name)
                              : std::string());
  }

  std::string epochs() {
    if (table_.rows.empty()) {
      return {};
    }
    const std::size_t best = best_row(table_, report_watch(table_, options_.watch));
    std::string html = "<div class=\"wide\"><table>\n<thead><tr>";
    for (const std::string& name : table_.names) {
      html += fmt::format("<th scope=\"col\">{}</th>", html_text(title_of_figure(name)));
    }
    html += "</tr></thead>\n<tbody>\n";
    for (std::size_t row = 0; row < table_.rows.size(); ++row) {
      html += row == best ? "<tr class=\"best\">" : "<tr>";
      for (const std::string& name : table_.names) {
        html += fmt::format("<td>{}</td>", figure_text(name, table_.number(row, name)));
      }
      html += "</tr>\n";
    }
    return html +
           "</tbody>\n</table></div>\n<p class=\"note\">Epochs are counted from 1 here and in the curves, from 0 in "
           "metrics.csv and metrics.jsonl. The best one is bold.</p>\n";
  }

  std::string title() const {
    if (!options_.title.empty()) {
      return options_.title;
    }
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::weakly_canonical(folder_, error);
    const std::string name = (whole.has_filename() ? whole : whole.parent_path()).filename().string();
    return error || name.empty() ? "Run" : name;
  }

  std::string state_line() const {
    const std::size_t done = table_.rows.size();
    const int all = options_.epochs;
    const std::size_t now = all > 0 ? std::min<std::size_t>(done + 1, static_cast<std::size_t>(all)) : done + 1;
    const std::string of = all > 0 ? fmt::format(" of {}", all) : "";
    std::string line;
    switch (options_.state) {
      case RunState::running:
        line = fmt::format("<strong>epoch {}{}, running</strong>", now, of);
        break;
      case RunState::complete:
        line = fmt::format(
            "<strong>complete</strong> after {}{}", done,
            all > 0 && done != static_cast<std::size_t>(all) ? of + " epochs" : (done == 1 ? " epoch" : " epochs"));
        break;
      case RunState::interrupted:
        line = fmt::format("<strong class=\"warn\">interrupted</strong> in epoch {}{}", now, of);
        break;
      case RunState::failed:
        line = fmt::format("<strong class=\"warn\">ended by an error</strong> in epoch {}{}", now, of);
        break;
      case RunState::unknown:
        line = done == 0 ? "" : fmt::format("{} {}", done, done == 1 ? "epoch" : "epochs");
        break;
    }
    if (!options_.remark.empty()) {
      line += (line.empty() ? "" : " \u00b7 ") + html_text(options_.remark);
    }
    return line.empty() ? line : "<p class=\"state\">" + line + "</p>\n";
  }

  static void card(std::string& cards, std::string_view name, std::string_view value, std::string_view more = {}) {
    cards += fmt::format("<div><dt>{}</dt><dd>{}{}</dd></div>\n", html_text(name), html_text(value),
                         more.empty() ? std::string() : fmt::format(" <small>{}</small>", html_text(more)));
  }

  /// The headline figures.
  std::string cards() const {
    if (table_.rows.empty()) {
      return {};
    }
    std::string cards;
    const std::size_t rows = table_.rows.size();
    const std::size_t best = best_row(table_, report_watch(table_, options_.watch));
    if (best < rows) {
      card(cards, "Best epoch", figure_text("epoch", table_.number(best, "epoch")), fmt::format("of {} done", rows));
      const bool is_validated = std::any_of(table_.names.begin(), table_.names.end(),
                                            [](const std::string& name) { return name.starts_with("val_"); });
      int shown = 0;
      for (const std::string& name : table_.names) {
        if (name.starts_with(is_validated ? "val_" : "train_") && shown++ < 4) {
          card(cards, heading_of_figure(name), figure_text(name, table_.number(best, name)));
        }
      }
    }
    double seconds = 0;
    double images = 0;  // a second, of all epochs
    for (std::size_t row = 0; row < rows; ++row) {
      const double of_row = table_.number(row, "seconds");
      seconds += std::isnan(of_row) ? 0 : of_row;
      images += table_.number(row, "images_per_second") / static_cast<double>(rows);
    }
    const int left = options_.epochs - static_cast<int>(rows);
    card(cards, "Duration", core::format_duration(seconds),
         options_.state == RunState::running && left > 0
             ? fmt::format("about {} left", core::format_duration(seconds / static_cast<double>(rows) * left))
             : std::string());
    if (std::isfinite(images) && images > 0) {
      card(cards, "Images per second", fmt::format("{:.0f}", images), "in training");
    }
    return "<dl>\n" + cards + "</dl>\n";
  }

  std::string head() const {
    const std::string name = html_text(title());
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        // Nothing is loaded and nothing is run, whatever is in the texts.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
        "'unsafe-inline'\">\n{}<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<header>\n<h1>{}</h1>\n"
        "{}</header>\n{}{}<main>\n",
        options_.state == RunState::running ? "<meta http-equiv=\"refresh\" content=\"15\">\n" : "", name, report_style,
        name, state_line(), cards(), links_.empty() ? "" : "<nav>\n" + links_ + "</nav>\n");
  }

  std::string foot() const {
    std::string notes;
    for (const std::string& failure : unread_) {
      notes += fmt::format("<p>{}</p>\n", html_text(failure));
    }
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::array<char, 64> time{};
    std::strftime(time.data(), time.size(), "%Y-%m-%d at %H:%M:%S", &local);
    return fmt::format("</main>\n<footer>\n{}<p>Written by hearth on {}.</p>\n</footer>\n</body>\n</html>\n", notes,
                       time.data());
  }

  const std::filesystem::path& folder_;
  const WriteReportOptions& options_;
  MetricsTable table_;
  std::string body_;
  std::string links_;
  std::vector<std::string> unread_;
};

}  // namespace train::detail

HEARTH_INLINE void write_report(const std::filesystem::path& folder, const WriteReportOptions& options) {
  std::error_code error;
  core::require(std::filesystem::is_directory(folder, error), "write_report: there is no folder {}", folder.string());
  core::write_file(folder / "report.html", train::detail::ReportPage(folder, options).text());
}

}  // namespace hearth
