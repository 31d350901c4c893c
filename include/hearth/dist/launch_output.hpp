/// What started processes write, on its way to the streams of their launcher.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/stream_failure.hpp>

namespace hearth::dist::detail {

/// stdout or stderr of this process, written to when it can take something, so that nobody waits for its reader.
class Sink {
 public:
  explicit Sink(std::FILE* stream) : stream_(stream) {}

  int descriptor() const noexcept { return ::fileno(stream_); }
  bool is_empty() const noexcept { return written_ == waiting_.size(); }
  bool is_full() const noexcept { return waiting_.size() - written_ > (std::size_t{1} << 20); }

  void add(std::string_view text) {
    waiting_ += is_broken_ ? std::string_view() : text;
    is_within_line_ = text.empty() ? is_within_line_ : text.back() != '\n' && text.back() != '\r';
  }

  /// Adds whole lines, which begin on a line of their own.
  void add_lines(std::string_view text) {
    add(is_within_line_ ? "\n" : "");
    add(text);
  }

  /// Writes a piece, which does not wait where poll has said that the stream takes something.
  void write() {
    const std::size_t size = std::min<std::size_t>(waiting_.size() - written_, 4096);  // what a pipe takes as a whole
    const ssize_t taken = ::write(descriptor(), waiting_.data() + written_, size);
    if (taken >= 0) {
      written_ += static_cast<std::size_t>(taken);
    } else if (errno != EINTR && errno != EAGAIN) {
      core::remember_failure(stream_, errno);
      is_broken_ = true;
      written_ = waiting_.size();
    }
    if (is_empty()) {
      waiting_.clear();
      written_ = 0;
    }
  }

 private:
  std::FILE* stream_;
  std::string waiting_;
  std::size_t written_ = 0;
  bool is_broken_ = false;
  bool is_within_line_ = false;
};

/// What a process writes to one of its streams, on its way to ours.
class Source {
 public:
  /// `prefix`: before each line; without one the text passes as it is.
  Source(core::Descriptor end, Sink& sink, std::string prefix)
      : end_(std::move(end)), sink_(&sink), prefix_(std::move(prefix)) {
    ::fcntl(end_.number(), F_SETFL, O_NONBLOCK);
  }

  bool is_open() const noexcept { return static_cast<bool>(end_); }
  bool is_waiting() const noexcept { return sink_->is_full(); }  // until there is room for more
  int descriptor() const noexcept { return end_.number(); }

  /// Reads what there is, at most a piece of it. False: there is nothing now.
  bool read() {
    std::array<char, 16'384> piece{};
    const ssize_t size = ::read(descriptor(), piece.data(), piece.size());
    if (size > 0) {
      take({piece.data(), static_cast<std::size_t>(size)});
      return true;
    }
    if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
      close();
    }
    return size < 0 && errno == EINTR;
  }

  /// Passes on what has no end of line yet, and reads no more.
  void close() {
    if (!line_.empty()) {
      pass("\n");
    }
    end_ = core::Descriptor();
  }

 private:
  static constexpr std::size_t longest_line = 65'536;  // a longer one is passed on in parts

  void take(std::string_view text) {
    const std::string_view ends = prefix_.empty() ? "\r\n" : "\n";  // a bar that is written over passes as it grows
    for (std::size_t end = text.find_first_of(ends); end != std::string_view::npos; end = text.find_first_of(ends)) {
      line_ += text.substr(0, end + 1);
      pass("");
      text.remove_prefix(end + 1);
    }
    line_ += text;
    if (line_.size() > longest_line) {
      pass("\n");
    }
  }

  /// Passes on what there is of a line, with its end where it has none yet.
  void pass(std::string_view end) {
    if (prefix_.empty()) {
      sink_->add(line_);
    } else {
      sink_->add_lines(prefix_ + line_ + std::string(end));
    }
    line_.clear();
  }

  core::Descriptor end_;
  Sink* sink_;
  std::string prefix_;
  std::string line_;  // its beginning
};

}  // namespace hearth::dist::detail
