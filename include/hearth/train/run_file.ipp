#pragma once

#include <hearth/train/run_file.hpp>

#include <cstdio>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/terminal.hpp>

namespace hearth::train {

HEARTH_INLINE void WriteAttempts::attempt(const std::function<void()>& write) {
  try {
    write();
    failure_.clear();
  } catch (const Error& error) {
    if (failure_.empty()) {
      core::show(stderr, std::string(error.what()) + "; training goes on, and it is tried again\n");
    }
    failure_ = error.what();
  }
}

HEARTH_INLINE void WriteAttempts::finish() const {
  core::require(failure_.empty(), "{}; training is complete, and the model has its last weights", failure_);
}

HEARTH_INLINE RunFile::RunFile(RunFolder folder, std::string_view name)
    : folder_(std::move(folder)), path_(folder_ / std::filesystem::path(name)) {}

HEARTH_INLINE void RunFile::write(const std::function<void(const std::filesystem::path&)>& write) {
  folder_.require_held();
  attempts_.attempt([&] { write(path_); });
}

}  // namespace hearth::train
