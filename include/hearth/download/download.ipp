#pragma once

#include <hearth/download/download.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/download/digest.hpp>
#include <hearth/download/download_bar.hpp>
#include <hearth/download/http.hpp>
#include <hearth/download/part_file.hpp>
#include <hearth/download/resume.hpp>

namespace hearth {

namespace detail {

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return lower;
}

/// One file's way from the server to the disk.
class Download {
 public:
  Download(const std::string& url, const std::filesystem::path& path, const DownloadOptions& options)
      : url_(url),
        path_(path),
        options_(options),
        kind_(options.md5.empty() ? download::DigestKind::sha256 : download::DigestKind::md5),
        hash_(lower_case(options.md5.empty() ? options.sha256 : options.md5)),
        bar_(options.progress) {
    const std::string scheme = lower_case(url.substr(0, url.find("://")));
    core::require(scheme == "http" || scheme == "https",
                  "download: {} is no address that begins with http:// or https://", core::printable(url));
    core::require(options.md5.empty() || options.sha256.empty(), "download: give sha256 or md5, not both");
    const std::size_t digits = 2 * download::digest_name(kind_).size;
    core::require(hash_.size() <= digits && hash_.find_first_not_of("0123456789abcdef") == std::string::npos,
                  "download: {} must be up to {} hexadecimal digits, but is \"{}\"",
                  options.md5.empty() ? "sha256" : "md5", digits, hash_);
    core::require(options.connect_timeout.count() > 0 && options.stall_timeout.count() > 0,
                  "download: connect_timeout and stall_timeout must be more than 0, but are {} ms and {} ms",
                  options.connect_timeout.count(), options.stall_timeout.count());
    std::error_code ignored;
    core::require(path.has_filename() && !std::filesystem::is_directory(path, ignored),
                  "download: {} must be a file's name, not a folder's", core::printable(path));
    const std::filesystem::file_status status = std::filesystem::status(path, ignored);
    core::require(!std::filesystem::exists(status) || std::filesystem::is_regular_file(status),
                  "download: {} is there, and is no regular file", core::printable(path));
  }

  void run() {
    std::string kept;
    try {
      if (is_there()) {
        return;
      }
      if (path_.has_parent_path()) {
        core::make_folder(path_.parent_path());
      }
      download::PartFile part(path_, [this] { bar_.wait(path_); });
      if (is_there()) {  // since another process has brought it
        return;
      }
      try {
        bring(part);
      } catch (const Error&) {
        kept = keep(part);
        throw;
      }
    } catch (const Error& error) {
      core::fail("cannot download {}: {}{}", core::printable(url_), error.what(), kept);
    }
  }

 private:
  /// Thrown where the bytes that the server offers do not continue those that are there.
  struct StartOver {};

  bool is_there() const {
    std::error_code ignored;
    return std::filesystem::exists(path_, ignored) &&
           (hash_.empty() || download::digest_of_file(kind_, path_).starts_with(hash_));
  }

  bool is_resumable(const download::PartFile& part) const {
    return part.size() > 0 && (!hash_.empty() || !download::part_version(part, url_).empty());
  }

  std::string hash_of(const download::PartFile& part) const {
    return hash_.empty() ? "" : download::digest_of_file(kind_, part.part());
  }

  void bring(download::PartFile& part) {
    const bool resumed = fetch(part, is_resumable(part));
    std::string hash = hash_of(part);
    if (resumed && !hash.starts_with(hash_)) {
      fetch(part, false);
      hash = hash_of(part);
    }
    if (!hash.starts_with(hash_)) {
      part.remove();
      core::fail(
          "the {} of what came is {}, which does not begin with {}: the address has another file than expected{}",
          download::digest_name(kind_).name, hash, hash_,
          kind_ == download::DigestKind::md5
              ? ""
              : "; or those digits are no hash, as in resnet-18.pth: call download_weights "
                "with check_hash = false, or download with an empty sha256");
    }
    part.commit();
  }

  /// Keeps what has come if the next try can go on from there, and says so.
  std::string keep(download::PartFile& part) const {
    if (part.size() == 0) {
      return {};
    }
    if (!is_resumable(part)) {
      part.remove();
      return {};
    }
    return fmt::format(" ({:.1f} MB have come; the next try goes on from there)",
                       static_cast<double>(part.size()) / 1e6);
  }

  /// Brings the part to its end. Returns whether bytes of an earlier try are in it.
  bool fetch(download::PartFile& part, bool resume) {
    download::HttpRequest request{
        .url = url_, .connect_timeout = options_.connect_timeout, .stall_timeout = options_.stall_timeout};
    const std::string version = download::part_version(part, url_);
    if (resume) {
      request.headers.push_back(fmt::format("Range: bytes={}-", part.size()));
      if (!version.empty()) {
        request.headers.push_back("If-Range: " + version);
      }
    }
    bool begun = false;
    const auto receive = [&](const download::HttpResponse& response, std::span<const std::byte> bytes) {
      if (!std::exchange(begun, true)) {
        begin(part, response, version);
      }
      part.append(bytes);
      bar_.update(part.size());
    };
    try {
      const download::HttpResponse response = download::http_get(request, receive);
      const download::ContentRange range = download::parse_content_range(response.content_range);
      const auto size = static_cast<std::int64_t>(part.size());
      core::require(response.status != 416 || resume, "{}", download::http_status_error(416));
      if (response.status == 416 && range.total != size) {
        throw StartOver{};
      }
      core::require(response.status != 206 || range.total < 0 || range.total == size,
                    "the server sent {} of the file's {} bytes; try again", size, range.total);
      return response.status != 200;
    } catch (const StartOver&) {
      core::require(resume, "the server sent a part of the file that was not asked for; try again");
      return fetch(part, false);
    }
  }

  /// The server has answered, and the body is about to come: where does it belong?
  void begin(download::PartFile& part, const download::HttpResponse& response, const std::string& version) {
    if (response.status == 206) {
      const download::ContentRange range = download::parse_content_range(response.content_range);
      const std::string offered = download::version_of(response);
      const bool is_same = version.empty() || offered.empty() || offered == version;
      if (!is_same || range.first != static_cast<std::int64_t>(part.size())) {
        throw StartOver{};
      }
    } else {
      part.restart(download::part_source(url_, download::version_of(response)));
    }
    const std::uint64_t total = response.length > 0 ? part.size() + static_cast<std::uint64_t>(response.length) : 0;
    bar_.begin(url_, path_, total, part.size());
  }

  const std::string& url_;
  const std::filesystem::path& path_;
  const DownloadOptions& options_;
  download::DigestKind kind_;
  std::string hash_;  ///< in lower-case digits
  download::DownloadBar bar_;
};

}  // namespace detail

HEARTH_INLINE void download_file(const std::string& url, const std::filesystem::path& path,
                                 const DownloadOptions& options) {
  detail::Download(url, path, options).run();
}

}  // namespace hearth
