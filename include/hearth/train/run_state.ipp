#pragma once

#include <hearth/train/run_state.hpp>

#include <string>

#include <utility>

namespace hearth::train {

HEARTH_INLINE Value to_value(const Position& position) {
  return Value::Dict{
      {"epoch", position.epoch}, {"batch", position.batch}, {"drawn", position.drawn}, {"steps", position.steps}};
}

HEARTH_INLINE Position position_from(const Value& value) {
  return {value.as<int>("epoch"), value.as<std::size_t>("batch"), value.as<std::size_t>("drawn"),
          value.as<std::int64_t>("steps")};
}

HEARTH_INLINE Value to_value(const MeterSums& sums) {
  Value::List list;
  for (const std::vector<double>& of_metric : sums) {
    list.emplace_back(Value::List(of_metric.begin(), of_metric.end()));
  }
  return list;
}

HEARTH_INLINE MeterSums sums_from(const Value& value) {
  MeterSums sums;
  for (const Value& of_metric : value.items()) {
    std::vector<double>& numbers = sums.emplace_back();
    for (const Value& number : of_metric.items()) {
      numbers.push_back(number.as<double>());
    }
  }
  return sums;
}

HEARTH_INLINE std::vector<std::string> texts_from(const Value& value) {
  std::vector<std::string> texts;
  for (const Value& text : value.items()) {
    texts.push_back(text.as<std::string>());
  }
  return texts;
}

HEARTH_INLINE Value to_value(const History& history) {
  Value::List epochs;
  for (const EpochRecord& record : history.epochs) {
    Value::Dict figures;
    for (const Figure& figure : record.figures) {
      figures.set(figure.name, figure.value);
    }
    epochs.emplace_back(Value::Dict{{"epoch", record.epoch},
                                    {"figures", std::move(figures)},
                                    {"lr", record.lr},
                                    {"seconds", record.seconds},
                                    {"images_per_second", record.images_per_second},
                                    {"data_wait_fraction", record.data_wait_fraction}});
  }
  return Value::Dict{{"epochs", std::move(epochs)}, {"stopped", history.stopped}};
}

HEARTH_INLINE std::vector<EpochRecord> epochs_from(const Value& value) {
  std::vector<EpochRecord> epochs;
  for (const Value& saved : value["epochs"].items()) {
    EpochRecord& record = epochs.emplace_back();
    record.epoch = saved.as<int>("epoch");
    for (const auto& [name, figure] : saved.as<Value::Dict>("figures")) {
      record.figures.set(*name.text(), figure.as<double>());
    }
    record.lr = saved.as<double>("lr");
    record.seconds = saved.as<double>("seconds");
    record.images_per_second = saved.as<double>("images_per_second");
    record.data_wait_fraction = saved.as<double>("data_wait_fraction");
  }
  return epochs;
}

}  // namespace hearth::train
