#pragma once

#include <hearth/datasets/write_pack.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <limits>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <hearth/core/crc32.hpp>
#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/file_error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/in_threads.hpp>
#include <hearth/datasets/pack_format.hpp>
#include <hearth/version.hpp>

namespace hearth::datasets {

namespace detail {

/// Appends to a file. Throws Error naming `path` when that is not possible: the disk may be full.
class PackOutput {
 public:
  PackOutput(const std::filesystem::path& aside, const std::filesystem::path& path)
      : path_(path), descriptor_(::open(aside.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW)) {
    if (!descriptor_) {
      fail();
    }
  }

  std::uint64_t size() const noexcept { return size_; }

  void append(std::span<const std::byte> bytes) {
    size_ += bytes.size();
    if (waiting_.size() + bytes.size() < most) {
      waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
      return;
    }
    flush();
    write(bytes);
  }

  void align(std::uint64_t alignment) {
    constexpr std::array<std::byte, pack_alignment> zeros{};
    append(std::span(zeros).first(static_cast<std::size_t>((alignment - size_ % alignment) % alignment)));
  }

  void flush() {
    write(waiting_);
    waiting_.clear();
  }

  /// Replaces the first bytes of the file.
  void write_start(std::span<const std::byte> bytes) {
    flush();
    if (::lseek(descriptor_.number(), 0, SEEK_SET) != 0) {
      fail();
    }
    write(bytes);
  }

 private:
  static constexpr std::size_t most = std::size_t{1} << 20;

  void write(std::span<const std::byte> rest) {
    while (!rest.empty()) {
      const ssize_t count = ::write(descriptor_.number(), rest.data(), std::min(rest.size(), std::size_t{1} << 30));
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count < 0) {
        fail();
      }
      rest = rest.subspan(static_cast<std::size_t>(count));
    }
  }

  [[noreturn]] void fail() const { core::fail_on_file("cannot write", path_, errno); }

  const std::filesystem::path& path_;
  core::Descriptor descriptor_;
  std::uint64_t size_ = 0;
  std::vector<std::byte> waiting_;
};

/// What the pack says beside its samples, as PackFile reads it.
inline std::string texts_of(const PackSource& source) {
  std::string texts;
  const auto number = [&](std::uint64_t value) { core::append_little_endian(texts, value); };
  const auto text = [&](const std::string& value) {
    number(value.size());
    texts += value;
  };
  text(fmt::format("made by hearth {} of {}", HEARTH_VERSION,
                   source.root.empty() ? "a dataset" : core::printable(source.root)));
  number(source.classes.size());
  for (const std::string& name : source.classes) {
    text(name);
  }
  number(source.class_to_index.size());
  for (const auto& [folder, label] : source.class_to_index) {
    text(folder);
    number(static_cast<std::uint64_t>(label));
  }
  return texts;
}

/// A sample, loaded, or why it could not be.
struct LoadedSample {
  PackedSample sample;
  std::uint32_t checksum = 0;
  bool is_bad = false;
};

inline LoadedSample load_sample(const PackSource& source, std::size_t index, bool keep_bad) {
  LoadedSample loaded;
  try {
    loaded.sample = source.load(index);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    if (!keep_bad) {
      throw;
    }
    const std::string_view reason = error.what();
    const auto bytes = std::as_bytes(std::span(reason));
    loaded = {{{bytes.begin(), bytes.end()}}, 0, true};
  }
  loaded.checksum = core::crc32(loaded.sample.bytes);
  return loaded;
}

/// The file that a sample is made of, as far as there is one.
inline void describe_source(PackEntry& entry, const std::filesystem::path& path) {
  struct ::stat status {};
  if (!path.empty() && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
    entry.source_size = static_cast<std::uint64_t>(status.st_size);
#ifdef __APPLE__
    const timespec time = status.st_mtimespec;
#else
    const timespec time = status.st_mtim;
#endif
    entry.source_modified = std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_nsec};
  }
}

}  // namespace detail

HEARTH_INLINE PackSummary write_pack(const std::filesystem::path& file, const PackSource& source,
                                     const PackOptions& options) {
  core::require(options.workers >= 0, "pack_images: workers must be at least 0, but got {}", options.workers);
  core::require(source.size > 0, "pack_images: the dataset has no samples");
  PackSummary summary{.samples = source.size};
  core::replace_file(file, [&](const std::filesystem::path& aside) {
    detail::PackOutput output(aside, file);
    PackHeader header;
    header.content = static_cast<std::uint32_t>(options.content);
    header.samples = source.size;
    header.mark = {};  // until all is there, it is no pack
    output.append(std::as_bytes(std::span(&header, 1)));
    std::vector<PackEntry> table;
    table.reserve(source.size);
    std::string names;
    const std::size_t threads = threads_for(options.workers);
    std::vector<detail::LoadedSample> loaded;
    while (table.size() < source.size) {
      core::require(!options.stop.stop_requested(), "pack_images: {} was not written: a stop was requested",
                    core::printable(file));
      const std::size_t first = table.size();
      loaded.clear();
      loaded.resize(std::min(source.size - first, 8 * threads));
      in_threads(loaded.size(), threads, [&](std::size_t i) {
        loaded[i] = detail::load_sample(source, first + i, options.keep_bad);
        return !options.stop.stop_requested();
      });
      if (options.stop.stop_requested()) {
        continue;
      }
      for (std::size_t i = 0; i < loaded.size(); ++i) {
        const detail::LoadedSample& each = loaded[i];
        if (options.content == PackContent::decoded) {
          output.align(pack_alignment);
        }
        const std::filesystem::path path = source.path(first + i);
        std::filesystem::path own = source.root.empty() ? path : path.lexically_relative(source.root);
        own = own.empty() || *own.begin() == ".." ? path : own;
        const std::string name = path.empty() ? fmt::format("{}", first + i) : own.generic_string();
        PackEntry entry;
        entry.offset = output.size();
        entry.size = each.sample.bytes.size();
        entry.label = source.label(first + i);
        if (!source.classes.empty() &&
            (entry.label < 0 || static_cast<std::size_t>(entry.label) >= source.classes.size())) {
          core::fail("pack_images: the label of sample {} ({}) is {}, but there are {} classes", first + i, name,
                     entry.label, source.classes.size());
        }
        entry.name = names.size();
        entry.name_size = static_cast<std::uint32_t>(name.size());
        entry.checksum = each.checksum;
        entry.height = static_cast<std::uint32_t>(each.sample.height);
        entry.width = static_cast<std::uint32_t>(each.sample.width);
        entry.channels = static_cast<std::uint32_t>(each.sample.channels);
        entry.is_bad = each.is_bad ? 1 : 0;
        summary.bad += entry.is_bad;
        detail::describe_source(entry, path);
        names += name;
        output.append(each.sample.bytes);
        table.push_back(entry);
      }
      if (options.progress) {
        options.progress(table.size(), source.size);
      }
    }
    output.align(sizeof(std::uint64_t));
    const std::string texts = detail::texts_of(source);
    header.table = output.size();
    header.names = names.size();
    header.about = texts.size();
    const auto table_bytes = std::as_bytes(std::span(table));
    std::vector<std::byte> end(table_bytes.begin(), table_bytes.end());
    for (const std::string& part : {names, texts}) {
      const auto bytes = std::as_bytes(std::span(part));
      end.insert(end.end(), bytes.begin(), bytes.end());
    }
    header.checksum = core::crc32(end);
    output.append(end);
    header.file_size = output.size();
    header.mark = PackHeader().mark;
    header.own = checksum_of(header);
    output.write_start(std::as_bytes(std::span(&header, 1)));
    summary.bytes = output.size();
  });
  return summary;
}

}  // namespace hearth::datasets
