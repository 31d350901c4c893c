#pragma once

#include <hearth/train/history.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <hearth/core/error.hpp>

namespace hearth {

namespace train::detail {

[[noreturn]] HEARTH_INLINE void fail_on_figure(std::string_view who, std::string_view figure,
                                               const std::vector<std::string>& known) {
  std::string names;
  for (const std::string& name : known) {
    names += (names.empty() ? "" : ", ") + name;
  }
  core::fail("{}there is no figure '{}'; there {}", who, figure, names.empty() ? "is none at all" : "are " + names);
}

}  // namespace train::detail

HEARTH_INLINE Figures train::figures_of(const EpochRecord& record, const std::string& phase) {
  Figures figures;
  for (const Figure& figure : record.figures) {
    if (figure.name.starts_with(phase + '_')) {
      figures.set(std::string_view(figure.name).substr(phase.size() + 1), figure.value);
    }
  }
  return figures;
}

HEARTH_INLINE void train::require_figure(std::string_view who, std::string_view figure,
                                         const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), figure) == known.end()) {
    detail::fail_on_figure(std::string(who) + ": ", figure, known);
  }
}

HEARTH_INLINE Figures::Figures(std::initializer_list<Figure> figures) {
  for (const Figure& figure : figures) {
    set(figure.name, figure.value);
  }
}

HEARTH_INLINE void Figures::set(std::string_view name, double value) {
  const auto place = std::find_if(figures_.begin(), figures_.end(), [&](const Figure& f) { return f.name == name; });
  if (place == figures_.end()) {
    figures_.push_back({std::string(name), value});
  } else {
    place->value = value;
  }
}

HEARTH_INLINE const double* Figures::find(std::string_view name) const noexcept {
  const auto place = std::find_if(figures_.begin(), figures_.end(), [&](const Figure& f) { return f.name == name; });
  return place == figures_.end() ? nullptr : &place->value;
}

HEARTH_INLINE double Figures::operator[](std::string_view name) const {
  const double* const value = find(name);
  if (value == nullptr) {
    std::vector<std::string> known;
    for (const Figure& figure : figures_) {
      known.push_back(figure.name);
    }
    train::detail::fail_on_figure("", name, known);
  }
  return *value;
}

HEARTH_INLINE BestEpoch History::best(const Watch& by) const {
  core::require(!epochs.empty(), "History: there is no best epoch, because no epoch was completed");
  const auto is_better = [&](double value, double than) {
    return std::isnan(than) ? !std::isnan(value) : by.goal == Goal::highest ? value > than : value < than;
  };
  const EpochRecord* best = &epochs.front();
  for (const EpochRecord& record : epochs) {
    if (is_better(record[by.figure], (*best)[by.figure])) {
      best = &record;
    }
  }
  const auto of = [&](std::string_view name) {
    for (const char* const phase : {"val_", "train_"}) {
      if (const double* const value = best->figures.find(std::string(phase).append(name)); value != nullptr) {
        return *value;
      }
    }
    return std::numeric_limits<double>::quiet_NaN();
  };
  return {best->epoch, (*best)[by.figure], of("loss"), of("accuracy")};
}

}  // namespace hearth
