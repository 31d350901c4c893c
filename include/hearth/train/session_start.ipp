/// How a session begins, and what it agrees on with the other processes of the run.
#pragma once

#include <hearth/train/session.hpp>

#include <c10/core/DeviceType.h>
#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/core/temporary_file.hpp>
#include <hearth/train/checkpoint_files.hpp>
#include <hearth/train/python_checkpoint.hpp>
#include <hearth/train/run_state.hpp>
#include <hearth/weights/checkpoint.hpp>

namespace hearth::train {

HEARTH_INLINE void Session::begin_replicas() {
  dist::detail::Facts facts;
  for (const RunOption& option : all_options()) {
    if (option.effect != RunOption::Effect::none && option.name != "device") {
      facts.emplace_back(option.name, option.value);
    }
  }
  const auto add = [&](const char* name, const auto& value) { facts.emplace_back(name, fmt::format("{}", value)); };
  add("kind of device", c10::DeviceTypeName(options_.device.type(), /*lower_case=*/true));
  add("first_epoch", options_.first_epoch);
  add("TrainerOptions::checkpoints", options_.checkpoints.has_value());
  add("checkpoints.every_steps", options_.checkpoints ? options_.checkpoints->every_steps : 0);
  add("scheduler's stepping", scheduler_.is_per_batch() ? "per batch" : "per epoch");
  if (options_.average) {
    add("average.every", options_.average->every);
    add("average.first_step", options_.average->first_step);
  }
  const dist::DataParallelOptions& parallel = options_.data_parallel;
  add("bucket_cap_mb", parallel.bucket_cap_mb);
  add("find_unused_parameters", parallel.find_unused_parameters);
  add("static_graph", parallel.static_graph);
  add("rebuild_buckets", parallel.rebuild_buckets);
  add("broadcast_buffers", parallel.broadcast_buffers);
  add("compression", static_cast<int>(parallel.compression));
  add("engine", static_cast<int>(parallel.engine));
  add("sync_batch_norm", parallel.sync_batch_norm);
  add("shard_optimizer", parallel.shard_optimizer);
  add("remainder", static_cast<int>(parallel.remainder));
  add("validation batches", val_ ? val_->batches : 0);
  for (const auto& [name, loader] :
       {std::pair("training", &train_), std::pair("validation", val_ ? &*val_ : nullptr)}) {
    facts.emplace_back(fmt::format("order of the {} samples", name), loader != nullptr ? loader->order : "");
    for (std::size_t i = 0; loader != nullptr && i < loader->classes.size(); ++i) {
      facts.emplace_back(fmt::format("class {} of the {} dataset", i, name), loader->classes[i]);
    }
  }
  dist::detail::check_same_facts(replicas_->communicator(), facts);
  replicas_->begin();
}

HEARTH_INLINE std::string describe_order(const std::vector<std::size_t>& order, const LoaderOptions& options) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const std::size_t sample : order) {
    hash = (hash ^ sample) * 0x100000001B3;
  }
  return fmt::format("one with seed {}{} and the hash {:016x}", options.seed, options.drop_last ? ", drop_last" : "",
                     hash);
}

/// Empty where the run begins.
HEARTH_INLINE std::filesystem::path Session::checkpoint_to_resume() const {
  const RunFolder& folder = options_.checkpoints->folder;
  const std::filesystem::path& wanted = options_.checkpoints->resume_from;
  const std::vector<std::filesystem::path> files = checkpoint_files(folder.path());
  core::require(files.empty() || folder.start() == RunStart::resume,
                "Trainer: {} has the checkpoints of an earlier fit() of this program: each needs a folder of its own",
                core::printable(folder.path()));
  if (wanted.empty() || files.empty()) {
    return wanted.empty() && !files.empty() ? files.back() : wanted;
  }
  const auto place = [](const Value& checkpoint) {
    const Position position = position_from(checkpoint["position"]);
    return std::pair(position.epoch, position.batch);
  };
  const Value saved = read_checkpoint(wanted);
  const auto here = place(read_checkpoint(files.back()));
  const auto there = place(run_checkpoint(saved));
  std::error_code error;
  if (is_own_checkpoint(saved) && here >= there &&
      std::filesystem::equivalent(std::filesystem::absolute(wanted).parent_path(), folder.path(), error)) {
    return files.back();
  }
  core::require(
      there >= here,
      "Trainer: {} is at the beginning of epoch {}, but the run in {} has come further, to epoch {}: give the "
      "run that goes on from it a folder of its own, or go on with the one in the folder",
      core::printable(wanted), there.first, core::printable(folder.path()), here.first);
  return wanted;
}

HEARTH_INLINE void Session::begin() {
  check();
  if (replicas_) {
    begin_replicas();
  }
  if (!options_.checkpoints) {
    return;
  }
  std::filesystem::path last;
  const auto look = [&] {
    if (options_.world.is_main()) {
      last = checkpoint_to_resume();
    }
  };
  if (!replicas_) {
    look();
    if (!last.empty()) {
      resume_from(last, last.string());
    }
    return;
  }
  dist::Communicator& all = replicas_->communicator();
  dist::detail::together(all, look);
  const std::string name = all.broadcast_bytes(last.string());
  if (name.empty()) {
    return;
  }
  // Rank 0 alone has the run's folder; the others have its checkpoint in a file of no name.
  std::optional<core::TemporaryFile> copy;
  std::string bytes;
  dist::detail::together(all, [&] {
    if (options_.world.is_main()) {
      const std::vector<std::byte> read = core::read_file(last);
      bytes.assign(reinterpret_cast<const char*>(read.data()), read.size());
    }
  });
  bytes = all.broadcast_bytes(bytes);
  dist::detail::together(all, [&] {
    if (!options_.world.is_main()) {
      copy.emplace(bytes);
    }
    resume_from(copy ? copy->path() : last, name);
  });
}

HEARTH_INLINE void Session::resume_from(const std::filesystem::path& file, const std::string& name) {
  has_checkpoint_ = true;
  const Value file_content = read_checkpoint(file);
  stop_.exclusively([&] {
    try {
      const Value saved = run_checkpoint(file_content);
      check_fits(saved);
      if (options_.world.is_main()) {
        show_changed_options(saved);
      }
      restore(saved);
    } catch (const Error& error) {
      core::fail("Trainer: the run cannot go on from {}: {}", name, error.what());
    }
  });
}

HEARTH_INLINE bool Session::stop_is_due() const {
  return replicas_ ? stops_together_ : stop_.requested();
}

HEARTH_INLINE Wish Session::own_wish(double weight) {
  return {.stop = stop_.requested() ? 1.0 : 0.0,
          .end = own_reason().empty() ? 0.0 : 1.0,
          .save = is_save_due() ? 1.0 : 0.0,
          .fail = own_failure_.empty() ? 0.0 : 1.0,
          .weight = weight};
}

HEARTH_INLINE void Session::heed(const Wish& agreed) {
  stops_together_ = stops_together_ || agreed.stop > 0;
  saves_together_ = saves_together_ || agreed.save > 0;
  if (agreed.fail > 0) {
    step_.roll_back();
    meter_.drop();
    dist::detail::fail_together(replicas_->communicator(), own_failure_);
  }
  if (agreed.end > 0 && ends_together_.empty()) {
    for (const std::string& reason : replicas_->communicator().gather(own_reason())) {
      ends_together_ = ends_together_.empty() ? reason : ends_together_;
    }
  }
}

HEARTH_INLINE void Session::settle_losses() {
  if (replicas_) {
    dist::detail::together(replicas_->communicator(), [&] { watch_.settle(); });
  } else {
    watch_.settle();
  }
}

}  // namespace hearth::train
