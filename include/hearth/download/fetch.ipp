#pragma once

#include <hearth/download/fetch.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#ifdef HEARTH_WITH_DOWNLOAD  // linking hearth::download defines it
#include <hearth/download/download.hpp>
#endif

namespace hearth::download {

HEARTH_INLINE Downloader& downloader() noexcept {
  static Downloader function = nullptr;
  return function;
}

#ifdef HEARTH_WITH_DOWNLOAD
namespace detail {
// Parts of a header-only program may be compiled with libcurl and without it. What they share must be the same in all,
// so those that have it say so when the program starts.
HEARTH_INLINE const Downloader registered = downloader() = &download_file;
}  // namespace detail
#endif

HEARTH_INLINE void fetch_file(const std::vector<std::string>& urls, const std::filesystem::path& path,
                              const DownloadOptions& options) {
  core::require(!urls.empty(), "download: there is no address for {}", core::printable(path));
  std::error_code ignored;
  if (downloader() == nullptr && std::filesystem::exists(path, ignored)) {
    return;
  }
  core::require(downloader() != nullptr,
                "this program cannot download: it was built without libcurl and OpenSSL (hearth::download). Get {} in "
                "another way, and put it into {} as {}",
                fmt::join(urls, " or "), core::printable(std::filesystem::absolute(path, ignored).parent_path()),
                core::printable(path.filename()));
  std::string reasons;
  for (std::size_t i = 0; i < urls.size(); ++i) {
    try {
      downloader()(urls[i], path, options);
      return;
    } catch (const Error& error) {
      if (urls.size() == 1) {
        throw;
      }
      reasons += fmt::format("{}({}) {}", i == 0 ? "" : "; ", i + 1, error.what());
    }
  }
  core::fail("cannot download {}: none of its {} addresses gave it: {}", core::printable(path.filename()), urls.size(),
             reasons);
}

}  // namespace hearth::download
