/// Downloads for the layers above, which work without libcurl and OpenSSL but for that.
///
/// A program downloads when hearth::compiled was built with the two libraries, or, where it uses the headers alone,
/// when any of its parts links hearth::download, which defines HEARTH_WITH_DOWNLOAD.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/download/download_options.hpp>

namespace hearth::download {

/// Brings a file: `download_file`.
using Downloader = void (*)(const std::string& url, const std::filesystem::path& path, const DownloadOptions& options);

/// The program's own; null where no part of it has been compiled with one.
Downloader& downloader() noexcept;

/// Sees to it that the file is at `path`, as `download_file` does: from the first of the addresses, or, where that
/// fails, from the next. A part of it that one of them has sent is continued from another. Throws Error when all fail,
/// with the reason of each. In a program that cannot download, a file that is there is taken as it is; otherwise the
/// Error names the addresses, and where to put the file.
void fetch_file(const std::vector<std::string>& urls, const std::filesystem::path& path,
                const DownloadOptions& options = {});

}  // namespace hearth::download

#ifndef HEARTH_COMPILED
#include <hearth/download/fetch.ipp>
#endif
