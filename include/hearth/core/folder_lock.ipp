#pragma once

#include <hearth/core/folder_lock.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file_error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/core/process.hpp>

namespace hearth::core {

namespace detail {

constexpr std::string_view lock_title = "hearth lock\n";

/// What a lock's file says, and when it was touched.
struct LockRecord {
  std::string token;  // of this taking of the lock alone; made from the file's number where its content is not written
  std::string program = "a program";
  std::string host = "an unknown host";
  std::string since = "a moment ago";
  Process process;
  bool is_lock = true;  // false: a file of somebody else's
  std::chrono::nanoseconds touched{0};
};

inline std::chrono::nanoseconds time_of(const struct ::stat& status) {
#ifdef __APPLE__
  const struct timespec& time = status.st_mtimespec;
#else
  const struct timespec& time = status.st_mtim;
#endif
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

inline std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return text.data();
}

inline std::string lock_text(const std::string& token) {
  const Process process = this_process();
  return fmt::format("{}token {}\nmachine {}\npid {}\nstarted {}\nhost {}\nsince {}\nprogram {}\nend\n", lock_title,
                     token, process.machine, process.pid, process.started, printable(host_name()), local_time(),
                     printable(program_name()));
}

inline LockRecord parse_lock(std::string_view text) {
  LockRecord record;
  record.is_lock = text.substr(0, lock_title.size()) == lock_title.substr(0, text.size());
  std::size_t place = text.find('\n');
  while (place != std::string_view::npos) {
    const std::string_view line = text.substr(place + 1, text.find('\n', place + 1) - place - 1);
    const std::string_view key = line.substr(0, line.find(' '));
    const std::string_view value = line.substr(std::min(line.size(), key.size() + 1));
    const auto number = [&](auto& result) { std::from_chars(value.data(), value.data() + value.size(), result); };
    if (key == "token") {
      record.token = value;
    } else if (key == "machine") {
      record.process.machine = value;
    } else if (key == "pid") {
      number(record.process.pid);
    } else if (key == "started") {
      number(record.process.started);
    } else if (key == "host") {
      record.host = printable(value, 200);
    } else if (key == "since") {
      record.since = printable(value, 200);
    } else if (key == "program") {
      record.program = printable(value, 200);
    }
    place = text.find('\n', place + 1);
  }
  const bool is_token =
      !record.token.empty() && record.token.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_token) {
    record.token.clear();
  }
  if (!text.ends_with("\nend\n")) {
    record.process = {};  // it is being written, and may name a wrong process still
  }
  return record;
}

/// The lock that the file is; none when there is no file. It is opened, for that makes a shared file system ask its
/// server instead of a cache.
inline std::optional<LockRecord> read_lock(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!descriptor && errno == ENOENT) {
    return std::nullopt;
  }
  struct ::stat status {};
  LockRecord record;
  if (descriptor) {
    std::array<char, 4096> text{};
    const bool is_known = ::fstat(descriptor.number(), &status) == 0;
    const ssize_t size =
        is_known && S_ISREG(status.st_mode) ? ::read(descriptor.number(), text.data(), text.size()) : -1;
    if (size >= 0) {
      record = parse_lock({text.data(), static_cast<std::size_t>(size)});
    } else {
      record.is_lock = errno == ESTALE;  // removed meanwhile, on NFS
    }
  } else if (::lstat(file.c_str(), &status) != 0) {
    if (errno != ENOENT) {
      fail_on_file("cannot lock", file, errno);
    }
    return std::nullopt;
  } else {
    record.is_lock = S_ISREG(status.st_mode);  // another user's, who lets nobody read it
  }
  if (record.token.empty()) {
    record.token = fmt::format("{:x}", status.st_ino);
  }
  record.touched = time_of(status);
  return record;
}

/// What time it is on the file system of a folder, which is that of its server; taken from a file made there.
inline std::chrono::nanoseconds time_beside(const std::filesystem::path& file) {
  std::filesystem::path fresh = file;
  fresh += fmt::format(".{}.now", random_digits());
  const Descriptor descriptor(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!descriptor) {
    fail_on_file("cannot lock", file, errno);
  }
  const bool is_written = ::write(descriptor.number(), "\n", 1) == 1 && ::fsync(descriptor.number()) == 0;
  const int reason = errno;
  struct ::stat status {};
  const bool is_known = is_written && ::fstat(descriptor.number(), &status) == 0;
  ::unlink(fresh.c_str());
  if (!is_known) {
    fail_on_file("cannot lock", file, reason);
  }
  return time_of(status);
}

inline bool is_stale(const LockRecord& record, const std::filesystem::path& file, std::chrono::milliseconds lease) {
  switch (is_running(record.process)) {
    case Running::yes:
      return false;
    case Running::no:
      return true;
    case Running::unknown:
      break;
  }
  return time_beside(file) - record.touched > lease;
}

/// Makes the file, which must not be there, with the text in it, and gives it open; none when it is there.
inline Descriptor make_lock(const std::filesystem::path& file, std::string_view text) {
  Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!descriptor) {
    if (errno != EEXIST) {
      fail_on_file("cannot lock", file, errno);
    }
    return descriptor;
  }
  const ssize_t written = ::write(descriptor.number(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size()) || ::fsync(descriptor.number()) != 0) {
    const int reason = written >= 0 && written < static_cast<ssize_t>(text.size()) ? ENOSPC : errno;
    ::unlink(file.c_str());
    fail_on_file("cannot lock", file, reason);
  }
  return descriptor;
}

/// The right to remove or replace the lock with this token. A token is never used again, so there is one such file for
/// each taking of a lock, and whoever makes it is alone.
inline std::filesystem::path right_to_end(const std::filesystem::path& file, const std::string& token) {
  std::filesystem::path right = file;
  right += ".over-" + token;
  return right;
}

/// Takes the lock with the text, which says the token; none when somebody else has it, who is then in `holder`.
inline Descriptor take_lock(const std::filesystem::path& file, std::string_view text, std::chrono::milliseconds lease,
                            LockRecord& holder, int depth = 0) {
  const auto is_ours = [&](const LockRecord& record) {
    return text.find(fmt::format("\ntoken {}\n", record.token)) != std::string_view::npos;
  };
  for (;;) {
    Descriptor fresh = make_lock(file, text);
    const std::optional<LockRecord> found = read_lock(file);
    if (!found) {
      continue;  // it has gone
    }
    if (fresh && is_ours(*found)) {
      return fresh;
    }
    holder = *found;
    if (!holder.is_lock) {
      fail("{} is in the way: it is no lock of hearth's; remove it, or name another folder", printable(file));
    }
    constexpr int most = 8;
    if (depth == most || !is_stale(holder, file, lease)) {
      return {};
    }
    // Several may have seen the stale lock. The one that gets the right to end it looks again: with the right, nobody
    // else can have ended it since. The file of the right is the new lock already, and takes the stale one's place.
    const std::filesystem::path right = right_to_end(file, holder.token);
    LockRecord other;
    Descriptor taken = take_lock(right, text, lease, other, depth + 1);
    if (!taken) {
      holder = other;
      return {};
    }
    const std::optional<LockRecord> again = read_lock(file);
    if (again && again->token == found->token && again->touched == found->touched) {
      const bool is_renamed = ::rename(right.c_str(), file.c_str()) == 0;
      const int reason = errno;
      const std::optional<LockRecord> ours = read_lock(file);
      if (ours && is_ours(*ours)) {
        return taken;
      }
      if (!is_renamed && reason != ENOENT) {
        fail_on_file("cannot lock", file, reason);
      }
    } else {
      ::unlink(right.c_str());
    }
  }
}

/// Removes rights to end locks that are no more, left by processes that were killed while they took one over. The
/// caller holds the lock, so all rights but those to its own token are void.
inline void remove_void_rights(const std::filesystem::path& file, const std::string& token) {
  std::error_code error;
  const std::string prefix = file.filename().string() + ".over-";
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::vector<std::filesystem::path> found;
  for (std::filesystem::directory_iterator next(folder, error), end; !error && next != end; next.increment(error)) {
    const std::string name = next->path().filename().string();
    if (name.starts_with(prefix) && name.find(token) == std::string::npos) {
      found.push_back(next->path());
    }
  }
  for (const std::filesystem::path& right : found) {
    const std::optional<LockRecord> record = read_lock(right);
    if (record && record->is_lock && is_running(record->process) == Running::no) {
      std::filesystem::remove(right, error);
    }
  }
}

inline std::string describe_holder(const std::filesystem::path& file, const LockRecord& holder,
                                   std::chrono::milliseconds lease) {
  std::string text = fmt::format("{} is locked: {} (process {} on {}) works there since {}", printable(file),
                                 holder.program, holder.process.pid, holder.host, holder.since);
  if (is_running(holder.process) == Running::unknown) {
    const double seconds = std::chrono::duration<double>(lease).count();
    text += fmt::format("; were it dead, the lock would end {:g} s after its last sign of life", seconds);
  }
  return text;
}

}  // namespace detail

/// A lock that is held, and the thread that touches it.
struct FolderLock::State {
  State(std::filesystem::path path, std::string name, Descriptor open, std::chrono::milliseconds pause)
      : file(std::move(path)), token(std::move(name)), descriptor(std::move(open)), beat(pause), owner(::getpid()) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the program's own threads
    try {
      heart = std::thread([this] { live(); });
    } catch (...) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      remove_file();
      throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ~State() {
    {
      const std::lock_guard lock(mutex);
      is_over = true;
    }
    changed.notify_all();
    heart.join();
    remove_file();
  }

  /// Whether the file is this lock. When it cannot be read it is taken to be.
  bool look() const noexcept {
    try {
      const std::optional<detail::LockRecord> record = detail::read_lock(file);
      if (!record || record->token != token) {
        is_held = false;
      }
    } catch (...) {
    }
    return is_held;
  }

  void live() const {
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, beat, [this] { return is_over; }) && look()) {
      ::futimens(descriptor.number(), nullptr);
    }
  }

  /// Removes the file with the right to do so, unless another has that right or has used it.
  void remove_file() const noexcept {
    try {
      const std::filesystem::path right = detail::right_to_end(file, token);
      if (detail::make_lock(right, detail::lock_text(random_digits()))) {
        if (look()) {
          ::unlink(file.c_str());
        }
        ::unlink(right.c_str());
      }
    } catch (...) {
    }
  }

  const std::filesystem::path file;
  const std::string token;
  const Descriptor descriptor;
  const std::chrono::milliseconds beat;
  const pid_t owner;
  mutable std::atomic<bool> is_held{true};
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  bool is_over = false;
  std::thread heart;
};

namespace detail {

/// One attempt. None, and a sentence about the holder, when somebody else has the lock.
template <class State>
std::unique_ptr<State> try_lock(const std::filesystem::path& file, FolderLockOptions options, std::string& holder) {
  const std::string token = random_digits();
  LockRecord other;
  Descriptor descriptor = take_lock(file, lock_text(token), options.lease, other);
  if (!descriptor) {
    holder = describe_holder(file, other, options.lease);
    return nullptr;
  }
  remove_void_rights(file, token);
  return std::make_unique<State>(std::filesystem::absolute(file), token, std::move(descriptor), options.beat);
}

}  // namespace detail

HEARTH_INLINE FolderLock::FolderLock(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}

HEARTH_INLINE FolderLock::FolderLock(const std::filesystem::path& file, Options options) {
  std::string holder;
  state_ = detail::try_lock<State>(file, options, holder);
  require(state_ != nullptr, "{}; wait until it has ended, or name another folder", holder);
}

HEARTH_INLINE FolderLock FolderLock::wait(const std::filesystem::path& file,
                                          const std::function<void(const std::string&)>& on_wait, Options options) {
  std::string told;
  for (auto pause = std::chrono::milliseconds(5);; pause = std::min(2 * pause, std::chrono::milliseconds(500))) {
    std::string holder;
    std::unique_ptr<State> state = detail::try_lock<State>(file, options, holder);
    if (state != nullptr) {
      return FolderLock(std::move(state));
    }
    if (on_wait && holder != told) {
      told = holder;
      on_wait(holder);
    }
    std::this_thread::sleep_for(pause);
  }
}

HEARTH_INLINE FolderLock::FolderLock(FolderLock&&) noexcept = default;
HEARTH_INLINE FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
HEARTH_INLINE FolderLock::~FolderLock() {
  if (state_ != nullptr && state_->owner != ::getpid()) {
    static_cast<void>(state_.release());  // a child made by fork has neither the lock nor the thread
  }
}

HEARTH_INLINE bool FolderLock::is_held() const noexcept {
  return state_->is_held;
}

HEARTH_INLINE void FolderLock::require_held() const {
  require(state_->look(),
          "the lock {} is no longer this run's: it was removed, or taken over by another program after this one had "
          "stood still",
          printable(state_->file));
}

}  // namespace hearth::core
