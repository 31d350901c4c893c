#pragma once

#include <hearth/datasets/cifar_files.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include <hearth/archive/tar_headers.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/gzip.hpp>
#include <hearth/weights/pickle/reader.hpp>

namespace hearth::datasets {

namespace detail {

using pickle::Value;

constexpr int cifar_size = 32;
constexpr std::size_t cifar_plane = std::size_t{cifar_size} * cifar_size;
constexpr std::size_t cifar_bytes = 3 * cifar_plane;  // of an image

/// Where the files of a form are: in a folder, or in an archive, which is unpacked in memory.
class CifarFiles {
 public:
  CifarFiles(const std::filesystem::path& root, const CifarForm& form) : form_(form) {
    std::error_code error;
    if (std::filesystem::is_directory(root / form.folder, error)) {
      path_ = root / form.folder;
      is_folder_ = true;
    } else if (std::filesystem::exists(root / form.archive, error)) {
      path_ = root / form.archive;
      constexpr std::size_t largest = std::size_t{1} << 30;
      archive_ = gunzip(core::read_file(path_), core::printable(path_), largest);
    }
  }

  bool are_there() const noexcept { return !path_.empty(); }

  /// What messages call it.
  std::string name_of(std::string_view file) const {
    return is_folder_ ? core::printable(path_ / file) : std::string(file).append(" in ").append(core::printable(path_));
  }

  std::vector<std::byte> read(std::string_view file) const {
    if (is_folder_) {
      return core::read_file(path_ / file);
    }
    const std::string wanted = std::string(form_.folder).append("/").append(file);
    const std::span<const std::byte> bytes = archive_;
    for (std::size_t at = 0; at + archives::tar_block <= bytes.size();) {
      const archives::TarHeader header(bytes.subspan(at));
      if (header.is_empty()) {
        break;
      }
      const std::uint64_t size = header.size().value_or(bytes.size());
      at += archives::tar_block;
      core::require(header.is_sound() && size <= bytes.size() - at,
                    "{} is damaged: byte {} of the archive in it is "
                    "where a tar header should begin, but it is none; get it again",
                    core::printable(path_), at - archives::tar_block);
      const bool is_file = header.type() == '0' || header.type() == '\0';
      if (is_file && header.name() == wanted) {
        const auto data = bytes.subspan(at, static_cast<std::size_t>(size));
        return {data.begin(), data.end()};
      }
      at += static_cast<std::size_t>((size + archives::tar_block - 1) / archives::tar_block * archives::tar_block);
    }
    core::fail("there is no {} in {}", wanted, core::printable(path_));
  }

 private:
  const CifarForm& form_;
  std::filesystem::path path_;
  bool is_folder_ = false;
  std::vector<std::byte> archive_;
};

/// Images and labels while they are read.
struct CifarImages {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;

  /// An image as the files have it, [3, 32, 32].
  void add_image(const std::uint8_t* planes) {
    const std::size_t begin = pixels.size();
    pixels.resize(begin + cifar_bytes);
    std::uint8_t* out = pixels.data() + begin;
    for (std::size_t i = 0; i < cifar_plane; ++i, out += 3) {
      out[0] = planes[i];
      out[1] = planes[i + cifar_plane];
      out[2] = planes[i + 2 * cifar_plane];
    }
  }

  void add_label(std::int64_t label, const CifarKind& kind, const std::string& name) {
    core::require(label >= 0 && static_cast<std::size_t>(label) < kind.classes,
                  "{} is damaged: a label in it is {}, but there are {} classes", name, label, kind.classes);
    labels.push_back(static_cast<std::uint8_t>(label));
  }
};

inline void add_binary(CifarImages& images, const CifarKind& kind, const std::vector<std::byte>& bytes,
                       const std::string& name) {
  const std::size_t record = kind.labels_a_record + cifar_bytes;
  core::require(!bytes.empty() && bytes.size() % record == 0,
                "{} is cut short or damaged: it has {} bytes, and an image with its label takes {}", name, bytes.size(),
                record);
  const auto* at = reinterpret_cast<const std::uint8_t*>(bytes.data());
  for (std::size_t i = 0; i < bytes.size() / record; ++i, at += record) {
    images.add_label(at[kind.labels_a_record - 1], kind, name);
    images.add_image(at + kind.labels_a_record);
  }
}

/// The name of the function that the value is a call of.
inline std::string_view pickled_function(const Value& value) noexcept {
  const auto* const call = value.as<Value::Call>();
  const auto* const function = call != nullptr ? call->function->as<Value::Global>() : nullptr;
  return function != nullptr ? std::string_view(function->name) : std::string_view();
}

/// The bytes of a numpy array [N, 3072] of uint8; empty where the value is something else. As pickled: a call of
/// _reconstruct with the state (version, shape, dtype, is it in Fortran's order, bytes).
inline std::string_view pickled_images(const Value* value) {
  const std::string_view function = value != nullptr ? pickled_function(*value) : std::string_view();
  const auto* const call = value != nullptr ? value->as<Value::Call>() : nullptr;
  if (call == nullptr || !function.ends_with("core.multiarray._reconstruct") || call->state == nullptr) {
    return {};
  }
  const auto* const state = call->state->as<Value::Tuple>();
  const auto* const shape =
      state != nullptr && state->items.size() == 5 ? state->items[1]->as<Value::Tuple>() : nullptr;
  if (shape == nullptr || shape->items.size() != 2) {
    return {};
  }
  const auto* const rows = shape->items[0]->as<std::int64_t>();
  const auto* const columns = shape->items[1]->as<std::int64_t>();
  const auto* const is_fortran = state->items[3]->as<bool>();
  const auto* const dtype = state->items[2]->as<Value::Call>();
  const auto* const arguments = dtype != nullptr ? dtype->arguments->as<Value::Tuple>() : nullptr;
  const auto* const type =
      arguments != nullptr && !arguments->items.empty() ? arguments->items[0]->as<std::string>() : nullptr;
  const auto* const text = state->items[4]->as<std::string>();
  const auto* const bytes = state->items[4]->as<Value::Bytes>();
  const std::string* const data = text != nullptr ? text : bytes != nullptr ? &bytes->bytes : nullptr;
  const bool is_sound =
      rows != nullptr && columns != nullptr && is_fortran != nullptr && !*is_fortran && type != nullptr &&
      *type == "u1" && data != nullptr && *columns == static_cast<std::int64_t>(cifar_bytes) && *rows >= 0 &&
      data->size() % cifar_bytes == 0 && static_cast<std::uint64_t>(*rows) == data->size() / cifar_bytes;
  return is_sound ? std::string_view(*data) : std::string_view();
}

/// The dict that the file holds. Python's own, of 2009: its texts are what Python 3 calls bytes.
inline pickle::Document read_pickled_dict(const std::vector<std::byte>& bytes, const std::string& name) {
  try {
    pickle::Document document = pickle::read_pickle(bytes, [](std::string_view global) {
      return global == "numpy.core.multiarray._reconstruct" || global == "numpy._core.multiarray._reconstruct" ||
             global == "numpy.ndarray" || global == "numpy.dtype";
    });
    core::require(document.root->as<Value::Dict>() != nullptr, "it holds {} where a dict should be",
                  document.root->kind());
    return document;
  } catch (const Error& error) {
    core::fail("{} is damaged, or no file of CIFAR's: {}", name, error.what());
  }
}

inline void add_pickled(CifarImages& images, const CifarKind& kind, const std::vector<std::byte>& bytes,
                        const std::string& name) {
  const pickle::Document document = read_pickled_dict(bytes, name);
  const auto& dict = *document.root->as<Value::Dict>();
  const std::string_view pixels = pickled_images(dict.find("data"));
  const Value* const labels = dict.find(kind.labels_key);
  const auto* const list = labels != nullptr ? labels->as<Value::List>() : nullptr;
  core::require(!pixels.empty() && list != nullptr,
                "{} is damaged, or no file of CIFAR's: it has no array [N, 3072] of bytes under \"data\", or no list "
                "under \"{}\"",
                name, kind.labels_key);
  const std::size_t count = pixels.size() / cifar_bytes;
  core::require(list->items.size() == count, "{} is damaged: it has {} images, but {} labels", name, count,
                list->items.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto* const label = list->items[i]->as<std::int64_t>();
    images.add_label(label != nullptr ? *label : -1, kind, name);
    images.add_image(reinterpret_cast<const std::uint8_t*>(pixels.data()) + i * cifar_bytes);
  }
}

inline std::vector<std::string> pickled_names(const CifarKind& kind, const std::vector<std::byte>& bytes,
                                              const std::string& name) {
  const pickle::Document document = read_pickled_dict(bytes, name);
  const Value* const names = document.root->as<Value::Dict>()->find(kind.names_key);
  const auto* const list = names != nullptr ? names->as<Value::List>() : nullptr;
  core::require(list != nullptr, "{} is damaged: it has no list under \"{}\"", name, kind.names_key);
  std::vector<std::string> classes;
  for (const Value* const item : list->items) {
    const auto* const text = item->as<std::string>();
    core::require(text != nullptr, "{} is damaged: under \"{}\" there is {} where a name should be", name,
                  kind.names_key, item->kind());
    classes.push_back(*text);
  }
  return classes;
}

inline std::vector<std::string> listed_names(const std::vector<std::byte>& bytes) {
  std::vector<std::string> classes;
  std::string_view text = core::as_text(bytes);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    if (!line.empty()) {  // the file ends in an empty one
      classes.emplace_back(line);
    }
  }
  return classes;
}

/// Neither form is there, nor an archive of one.
[[noreturn]] inline void refuse_cifar(const CifarKind& kind, const std::filesystem::path& root) {
  core::fail("{}: there is no {}, {}, {} or {} in {}; the option download gets the third", kind.known.dataset,
             kind.python.folder, kind.binary.folder, kind.python.archive, kind.binary.archive, core::printable(root));
}

}  // namespace detail

HEARTH_INLINE LabelledImages read_cifar(const CifarKind& kind, const std::filesystem::path& root, Split split,
                                        const CIFAROptions& options) {
  std::error_code error;
  const auto is_there = [&](std::string_view name) { return std::filesystem::exists(root / name, error); };
  // Folders first: they need not be unpacked.
  const bool has_folder = is_there(kind.python.folder) || is_there(kind.binary.folder);
  const bool has_archive = is_there(kind.python.archive) || is_there(kind.binary.archive);
  if (!has_folder && !has_archive) {
    if (!options.download) {
      detail::refuse_cifar(kind, root);
    }
    download_known(kind.known, kind.known.files.front(), root / kind.python.archive, options.mirrors, options.transfer);
  }
  const bool is_python =
      is_there(kind.python.folder) || (!is_there(kind.binary.folder) && is_there(kind.python.archive));
  const CifarForm& form = is_python ? kind.python : kind.binary;
  const detail::CifarFiles files(root, form);
  core::require(files.are_there(), "{}: {} is in the way: it is no folder", kind.known.dataset,
                core::printable(root / form.folder));

  detail::CifarImages images;
  for (const std::string_view file : split == Split::train ? form.train : form.test) {
    const auto add = is_python ? detail::add_pickled : detail::add_binary;
    add(images, kind, files.read(file), files.name_of(file));
  }
  const std::vector<std::byte> names = files.read(form.names);
  std::vector<std::string> classes =
      is_python ? detail::pickled_names(kind, names, files.name_of(form.names)) : detail::listed_names(names);
  core::require(classes.size() == kind.classes, "{} is damaged: it names {} classes, but there are {}",
                files.name_of(form.names), classes.size(), kind.classes);
  return {{detail::cifar_size, detail::cifar_size},
          3,
          std::move(images.pixels),
          std::move(images.labels),
          std::move(classes)};
}

// Names and MD5 as in torchvision.datasets.cifar; the binary form as on https://www.cs.toronto.edu/~kriz/cifar.html.
HEARTH_INLINE const CifarKind& cifar10() noexcept {
  static constexpr std::array<std::string_view, 1> mirrors{"https://www.cs.toronto.edu/~kriz/"};
  static constexpr std::array<KnownFile, 1> archive{
      KnownFile{"cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a"}};
  static constexpr std::array<std::string_view, 5> train{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                                                         "data_batch_5"};
  static constexpr std::array<std::string_view, 1> test{"test_batch"};
  static constexpr std::array<std::string_view, 5> binary_train{
      "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
  static constexpr std::array<std::string_view, 1> binary_test{"test_batch.bin"};
  static constexpr CifarKind kind{
      .known = {"CIFAR10", archive, mirrors},
      .python = {"cifar-10-batches-py", "cifar-10-python.tar.gz", train, test, "batches.meta"},
      .binary = {"cifar-10-batches-bin", "cifar-10-binary.tar.gz", binary_train, binary_test, "batches.meta.txt"},
      .labels_key = "labels",
      .names_key = "label_names"};
  return kind;
}

HEARTH_INLINE const CifarKind& cifar100() noexcept {
  static constexpr std::array<std::string_view, 1> mirrors{"https://www.cs.toronto.edu/~kriz/"};
  static constexpr std::array<KnownFile, 1> archive{
      KnownFile{"cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85"}};
  static constexpr std::array<std::string_view, 1> train{"train"};
  static constexpr std::array<std::string_view, 1> test{"test"};
  static constexpr std::array<std::string_view, 1> binary_train{"train.bin"};
  static constexpr std::array<std::string_view, 1> binary_test{"test.bin"};
  static constexpr CifarKind kind{
      .known = {"CIFAR100", archive, mirrors},
      .python = {"cifar-100-python", "cifar-100-python.tar.gz", train, test, "meta"},
      .binary = {"cifar-100-binary", "cifar-100-binary.tar.gz", binary_train, binary_test, "fine_label_names.txt"},
      .labels_key = "fine_labels",
      .names_key = "fine_label_names",
      .labels_a_record = 2,
      .classes = 100};
  return kind;
}

}  // namespace hearth::datasets
