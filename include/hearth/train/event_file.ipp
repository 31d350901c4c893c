#pragma once

#include <hearth/train/event_file.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/file_error.hpp>
#include <hearth/core/process.hpp>
#include <hearth/train/event_record.hpp>

namespace hearth {

namespace train::detail {

inline constexpr std::string_view event_file_name = "events.out.tfevents.";

HEARTH_INLINE double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The time in the name of a new file: that of now, but later than those of the files that the folder has. Two runs may
/// start within a second, and clocks are set back.
HEARTH_INLINE std::int64_t next_event_file_time(const std::filesystem::path& folder) {
  auto time = static_cast<std::int64_t>(seconds_now());
  std::error_code error;
  for (std::filesystem::directory_iterator next(folder, error), end; !error && next != end; next.increment(error)) {
    const std::string name = next->path().filename().string();
    std::int64_t other = 0;
    if (name.starts_with(event_file_name) &&
        std::from_chars(name.data() + event_file_name.size(), name.data() + name.size(), other).ec == std::errc{} &&
        other < 9'999'999'999) {  // ten digits sort as numbers do
      time = std::max(time, other + 1);
    }
  }
  return time;
}

}  // namespace train::detail

HEARTH_INLINE EventFile::EventFile(std::filesystem::path folder, EventFileOptions options)
    : folder_(std::move(folder)), options_(options) {
  core::require(!folder_.empty(), "EventFile: the path of the folder is empty");
}

HEARTH_INLINE EventFile::EventFile(EventFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      options_(other.options_),
      path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      written_(std::exchange(other.written_, 0)),
      waiting_(std::exchange(other.waiting_, {})) {}

HEARTH_INLINE EventFile::~EventFile() {
  try {
    flush();
  } catch (...) {
    // Nobody is there to be told; who wants to know calls flush().
  }
}

HEARTH_INLINE void EventFile::scalar(std::string_view tag, std::int64_t step, double value) {
  waiting_ += train::framed(train::scalar_event({train::detail::seconds_now(), step}, tag, value));
}

HEARTH_INLINE void EventFile::image(std::string_view tag, std::int64_t step, const ImageView& image) {
  waiting_ += train::framed(train::image_event({train::detail::seconds_now(), step}, tag, image));
}

HEARTH_INLINE void EventFile::text(std::string_view tag, std::int64_t step, std::string_view text) {
  waiting_ += train::framed(train::text_event({train::detail::seconds_now(), step}, tag, text));
}

HEARTH_INLINE void EventFile::open() {
  core::make_folder(folder_);
  std::int64_t time = train::detail::next_event_file_time(folder_);
  do {
    path_ =
        folder_ / fmt::format("{}{:010}.{}.{}", train::detail::event_file_name, time++, core::host_name(), ::getpid());
    file_ = core::Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
  } while (!file_ && errno == EEXIST);
  if (!file_) {
    core::fail_on_file("cannot write", std::exchange(path_, {}), errno);
  }
  const double seconds = train::detail::seconds_now();
  std::string begin = train::framed(train::version_event(seconds));
  if (options_.purge_step) {
    begin += train::framed(train::restart_event({seconds, *options_.purge_step}));
  }
  waiting_.insert(0, begin);
}

HEARTH_INLINE void EventFile::flush() {
  if (waiting_.empty()) {
    return;
  }
  if (!file_) {
    open();
  }
  const auto refuse = [&](int reason) {
    // A reader takes the beginning of a record for one that is still being written, and waits for the rest.
    static_cast<void>(::ftruncate(file_.number(), static_cast<::off_t>(written_)) == 0);
    core::fail_on_file("cannot write", path_, reason);
  };
  for (std::string_view rest = waiting_; !rest.empty();) {
    const ::ssize_t count = ::write(file_.number(), rest.data(), std::min(rest.size(), std::size_t{1} << 30));
    if (count < 0 && errno != EINTR) {
      refuse(errno);
    }
    rest.remove_prefix(static_cast<std::size_t>(std::max<::ssize_t>(count, 0)));
  }
  if (::fsync(file_.number()) != 0) {
    refuse(errno);
  }
  written_ += waiting_.size();
  waiting_.clear();
}

}  // namespace hearth
