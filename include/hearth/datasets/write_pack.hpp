/// Writes the file of a pack, sample by sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/stop.hpp>
#include <hearth/datasets/pack_file.hpp>

namespace hearth {

/// How a dataset is packed.
struct PackOptions {
  /// The images' files as they are, which takes their room and is decoded at each reading, or their pixels, which take
  /// 3 bytes each and need no decoder any more.
  PackContent content = PackContent::encoded;

  /// Threads that read and decode; 0: as there are cores.
  int workers = 0;

  /// An image that cannot be read, or decoded where pixels are packed, is an Error of its own whenever it is read from
  /// the pack, as it is in the dataset. Without this it is the Error of the packing, and there is no pack.
  bool keep_bad = false;

  /// Called now and then with the samples written so far and in all.
  std::function<void(std::size_t done, std::size_t total)> progress = {};

  /// When it is requested, packing ends with an Error, and nothing of the pack is left.
  StopToken stop = {};
};

/// What was packed.
struct PackSummary {
  std::size_t samples = 0;  ///< in the pack
  std::size_t bad = 0;      ///< of these, images that cannot be read
  std::uint64_t bytes = 0;  ///< of the file
};

}  // namespace hearth

namespace hearth::datasets {

/// The bytes of one sample; `height`, `width` and `channels` are those of a decoded image.
struct PackedSample {
  std::vector<std::byte> bytes;
  int height = 0;
  int width = 0;
  int channels = 0;
};

/// Where the samples of a pack come from.
struct PackSource {
  std::size_t size = 0;
  std::vector<std::string> classes;
  std::map<std::string, std::int64_t> class_to_index;
  core::FunctionRef<std::int64_t(std::size_t)> label;
  core::FunctionRef<std::filesystem::path(std::size_t)> path;  // of the file; empty: there is none
  std::filesystem::path root;                                  // of the files
  core::FunctionRef<PackedSample(std::size_t)> load;           // several threads call it at once
};

PackSummary write_pack(const std::filesystem::path& file, const PackSource& source, const PackOptions& options);

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/write_pack.ipp>
#endif
