/// What the development kit of ImageNet's 2012 challenge says: what the classes are called, and the validation images'.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <hearth/archive/archive_reader.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/matlab_file.hpp>

namespace hearth::datasets {

/// As torchvision reads it (torchvision/datasets/imagenet.py, parse_devkit_archive).
struct ImageNetDevkit {
  std::filesystem::path path;                             ///< what it was read from
  std::map<std::int64_t, std::string> wnids;              ///< by ILSVRC2012_ID
  std::map<std::string, std::vector<std::string>> words;  ///< by wnid: {"kit fox", "Vulpes macrotis"}
  std::vector<std::string> val;                           ///< the wnid of each validation image, by its number
};

namespace detail {

constexpr const char* devkit_name = "ILSVRC2012_devkit_t12";
constexpr std::string_view devkit_meta = "data/meta.mat";
constexpr std::string_view devkit_truth = "data/ILSVRC2012_validation_ground_truth.txt";

/// The classes of meta.mat: those of its synsets that have no children.
inline void read_devkit_meta(std::span<const std::byte> meta, ImageNetDevkit& devkit) {
  const std::optional<MatlabArray> synsets = read_matlab_array(meta, "synsets");
  core::require(synsets.has_value(), "it has no array \"synsets\"");
  const auto number = [&](std::size_t i, const char* name) {
    const MatlabArray* const field = synsets->field(i, name);
    core::require(field != nullptr && field->numbers.size() == 1, "synset {} of it has no number {}", i, name);
    return field->numbers[0];
  };
  const auto text = [&](std::size_t i, const char* name) -> const std::string& {
    const MatlabArray* const field = synsets->field(i, name);
    core::require(field != nullptr && !field->text.empty(), "synset {} of it has no text {}", i, name);
    return field->text;
  };
  for (std::size_t i = 0; i < synsets->count; ++i) {
    if (number(i, "num_children") != 0) {
      continue;
    }
    const double id = number(i, "ILSVRC2012_ID");
    core::require(id >= 1 && id <= 1e6, "synset {} of it has the ILSVRC2012_ID {}", i, id);
    const std::string& wnid = text(i, "WNID");
    core::require(devkit.wnids.emplace(static_cast<std::int64_t>(id), wnid).second,
                  "it has two synsets with the ILSVRC2012_ID {}", id);
    std::vector<std::string>& words = devkit.words[wnid];
    const std::string& all = text(i, "words");
    for (std::size_t at = 0; at <= all.size();) {
      const std::size_t end = std::min(all.find(", ", at), all.size());
      words.push_back(all.substr(at, end - at));
      at = end + 2;
    }
  }
}

/// A line for each validation image: the ILSVRC2012_ID of its class.
inline void read_devkit_truth(std::string_view text, ImageNetDevkit& devkit) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view number = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!number.empty() && (number.back() == '\r' || number.back() == ' ')) {
      number.remove_suffix(1);
    }
    if (number.empty() && text.empty()) {
      break;
    }
    std::int64_t id = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), id);
    const auto wnid = devkit.wnids.find(id);
    core::require(error == std::errc() && stop == number.data() + number.size() && wnid != devkit.wnids.end(),
                  "line {} of it is {}, which is no class of {}", line, core::printable(number, 40), devkit_meta);
    devkit.val.push_back(wnid->second);
  }
}

}  // namespace detail

/// The development kit in `root`, as it is downloaded (ILSVRC2012_devkit_t12.tar.gz) or unpacked
/// (ILSVRC2012_devkit_t12/); none when neither is there. Throws Error naming the file when one of its two files is
/// missing or damaged.
inline std::optional<ImageNetDevkit> read_imagenet_devkit(const std::filesystem::path& root) {
  std::error_code error;
  const std::filesystem::path folder = root / detail::devkit_name;
  const std::filesystem::path packed = root / (std::string(detail::devkit_name) + ".tar.gz");
  std::map<std::string_view, std::vector<std::byte>> files;
  ImageNetDevkit devkit;
  if (std::filesystem::is_directory(folder, error)) {
    devkit.path = folder;
    for (const std::string_view name : {detail::devkit_meta, detail::devkit_truth}) {
      files[name] = core::read_file(folder / name);
    }
  } else if (std::filesystem::exists(packed, error)) {
    devkit.path = packed;
    for (archives::ArchiveReader archive(packed); archive.next();) {
      for (const std::string_view name : {detail::devkit_meta, detail::devkit_truth}) {
        if (archive.kind() == archives::EntryKind::file && archive.name().ends_with('/' + std::string(name))) {
          constexpr std::size_t most = 1 << 28;
          files[name] = archive.read(most);
        }
      }
    }
  } else {
    return std::nullopt;
  }
  const auto read = [&](std::string_view name, const auto& parse) {
    const auto file = files.find(name);
    core::require(file != files.end(), "ImageNet: {} has no {}: get it again", core::printable(devkit.path), name);
    try {
      parse(file->second);
    } catch (const Error& fault) {
      core::fail("ImageNet: {} of {} cannot be read: {}", name, core::printable(devkit.path), fault.what());
    }
  };
  read(detail::devkit_meta, [&](const std::vector<std::byte>& bytes) { detail::read_devkit_meta(bytes, devkit); });
  read(detail::devkit_truth,
       [&](const std::vector<std::byte>& bytes) { detail::read_devkit_truth(core::as_text(bytes), devkit); });
  return devkit;
}

}  // namespace hearth::datasets
