#pragma once

#include <hearth/data/target.hpp>

namespace hearth {

HEARTH_INLINE std::string TargetView::describe() const {
  const std::string name = type_ == Type::int64 ? "int64" : "float";
  if (shape_.rank() == 0) {
    return (type_ == Type::int64 ? "an " : "a ") + name + " number";
  }
  return name + " numbers of the shape " + shape_.to_string();
}

}  // namespace hearth
