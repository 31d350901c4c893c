/// A variable of the environment with a test's own value, or without one, in a scope.
#pragma once

#include <stdlib.h>

#include <optional>
#include <string>
#include <utility>

namespace hearth_test {

class Environment {
 public:
  explicit Environment(std::string name, const std::optional<std::string>& value = std::nullopt)
      : name_(std::move(name)) {
    if (const char* const before = ::getenv(name_.c_str()); before != nullptr) {
      before_ = before;
    }
    set(value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { set(before_); }

 private:
  void set(const std::optional<std::string>& value) const {
    if (value) {
      ::setenv(name_.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name_.c_str());
    }
  }

  std::string name_;
  std::optional<std::string> before_;
};

}  // namespace hearth_test
