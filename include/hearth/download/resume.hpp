/// How a download that ended early goes on: what is known of the bytes that are there, and whether the server's file is
/// still the same.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <hearth/download/digest.hpp>
#include <hearth/download/http.hpp>
#include <hearth/download/part_file.hpp>

namespace hearth::download {

/// A Content-Range header: "bytes 100-199/200", or "bytes */200" in an answer 416. What is not told is -1.
struct ContentRange {
  std::int64_t first = -1;
  std::int64_t total = -1;
};

inline ContentRange parse_content_range(std::string_view header) {
  const auto number = [](std::string_view text) {
    std::int64_t value = -1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  ContentRange range;
  if (constexpr std::string_view unit = "bytes "; header.starts_with(unit)) {
    range.first = number(header.substr(unit.size()));
    if (const std::size_t slash = header.find('/'); slash != std::string_view::npos) {
      range.total = number(header.substr(slash + 1));
    }
  }
  return range;
}

/// What tells one version of the server's file from another, for If-Range (RFC 9110, 13.1.5): its ETag, unless that is
/// a weak one, or the time of its last change. Empty when the server says neither.
inline std::string version_of(const HttpResponse& response) {
  const bool is_strong = !response.etag.empty() && !response.etag.starts_with("W/");
  return is_strong ? response.etag : response.last_modified;
}

/// What is noted beside a part: of which URL (as its SHA-256, because a URL can hold a password) and of which version
/// of the server's file it is.
inline std::string part_source(const std::string& url, std::string_view version) {
  return fmt::format("{}\n{}", sha256_of_text(url), version);
}

/// The version that the part is of; empty when it is of another URL or that is not known.
inline std::string part_version(const PartFile& part, const std::string& url) {
  const std::string head = part_source(url, "");
  const std::string noted = part.source();
  return noted.starts_with(head) ? noted.substr(head.size()) : std::string{};
}

}  // namespace hearth::download
