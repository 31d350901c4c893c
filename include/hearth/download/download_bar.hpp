/// The progress of a download on a terminal.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include <hearth/core/printable.hpp>
#include <hearth/core/terminal.hpp>

namespace hearth::download {

/// Figures of a download: percent, a bar, megabytes (10^6), megabytes a second and the time that is left; without a
/// known `total` (0), what has come and how fast. `resumed` bytes of those `done` came in an earlier run.
inline std::string download_line(std::uint64_t done, std::uint64_t total, std::uint64_t resumed, double seconds) {
  const auto megabytes = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  const double rate = seconds > 0 ? megabytes(done - resumed) / seconds : 0;
  if (total == 0 || done > total) {
    return fmt::format("{:.1f} MB  {:.1f} MB/s", megabytes(done), rate);
  }
  std::string line = fmt::format("{:3}% {} {:.1f}/{:.1f} MB  {:.1f} MB/s", 100 * done / total,
                                 core::format_bar(done, total), megabytes(done), megabytes(total), rate);
  if (rate > 0) {
    line += fmt::format("  eta {}", core::format_duration(megabytes(total - done) / rate));
  }
  return line;
}

/// Shows on a terminal what is downloaded, and below it a `download_line` that is rewritten ten times a second; nothing
/// where the stream is no terminal.
class DownloadBar {
 public:
  explicit DownloadBar(bool shown, std::FILE* stream = stderr)
      : stream_(stream), terminal_(shown && core::is_terminal(stream)) {}
  DownloadBar(const DownloadBar&) = delete;
  DownloadBar& operator=(const DownloadBar&) = delete;
  ~DownloadBar() { end(); }

  /// Another process or thread has the part of this file.
  void wait(const std::filesystem::path& path) const {
    if (terminal_) {
      write(fmt::format("Waiting for another program, which downloads {}\n", core::printable(path)));
    }
  }

  void begin(const std::string& url, const std::filesystem::path& path, std::uint64_t total, std::uint64_t resumed) {
    end();
    total_ = total;
    resumed_ = resumed;
    begun_ = std::chrono::steady_clock::now();
    if (terminal_) {
      is_open_ = true;
      write(fmt::format("Downloading {} to {}\n", core::printable(url), core::printable(path)));
      show(resumed, begun_);
    }
  }

  void update(std::uint64_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (is_open_ && (done == total_ || now - shown_ >= std::chrono::milliseconds(100))) {
      show(done, now);
    }
  }

 private:
  void show(std::uint64_t done, std::chrono::steady_clock::time_point now) {
    shown_ = now;
    const std::chrono::duration<double> spent = now - begun_;
    core::rewrite_line(stream_, download_line(done, total_, resumed_, spent.count()));
  }

  /// A terminal that has gone is no reason to end a download: what cannot be written is left out.
  void write(const std::string& text) const {
    std::fputs(text.c_str(), stream_);
    std::fflush(stream_);
  }

  void end() {
    if (is_open_) {
      is_open_ = false;
      std::fputc('\n', stream_);
    }
  }

  std::FILE* stream_;
  bool terminal_;
  bool is_open_ = false;
  std::uint64_t total_ = 0;
  std::uint64_t resumed_ = 0;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point shown_;
};

}  // namespace hearth::download
