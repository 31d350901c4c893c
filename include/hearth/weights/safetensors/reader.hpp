/// The tensors of a safetensors file, described in place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/weights/safetensors/header.hpp>
#include <hearth/weights/stored_tensor.hpp>

namespace hearth::safetensors {

namespace detail {

/// The strides, in elements, of a dense tensor of these sizes. Throws Error when it would be larger than any memory.
inline std::vector<std::int64_t> dense_strides(std::string_view name, const std::vector<std::int64_t>& sizes) {
  std::vector<std::int64_t> strides(sizes.size());
  std::int64_t stride = 1;
  for (std::size_t i = sizes.size(); i-- > 0;) {
    strides[i] = stride;
    core::require(!__builtin_mul_overflow(stride, std::max<std::int64_t>(sizes[i], 1), &stride),
                  "safetensors: the tensor {} is larger than any memory", name);
  }
  return strides;
}

/// Throws Error unless the tensors' bytes follow each other without gap or overlap and fill the data to its end.
inline void check_layout(std::vector<const Entry*> entries, std::uint64_t size) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry* a, const Entry* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
  std::uint64_t position = 0;
  std::string_view before = "the header";
  for (const Entry* const entry : entries) {
    core::require(entry->begin <= entry->end && entry->end <= size,
                  "safetensors: the tensor {} has the bytes {} to {} of {}: it is damaged or was cut short",
                  entry->name, entry->begin, entry->end, size);
    core::require(entry->begin >= position, "safetensors: the tensor {} overlaps {}", entry->name, before);
    core::require(entry->begin == position, "safetensors: there is a gap between {} and the tensor {}", before,
                  entry->name);
    position = entry->end;
    before = entry->name;
  }
  core::require(position == size, "safetensors: {} bytes after {} belong to no tensor", size - position, before);
}

}  // namespace detail

/// Whether the bytes begin as a safetensors file does: eight bytes of a size, then "{".
inline bool is_safetensors(std::span<const std::byte> file) noexcept {
  return file.size() > 8 && file[8] == std::byte{'{'};
}

namespace detail {

/// The header's text, and the bytes after it.
struct Parts {
  std::string_view header;
  std::span<std::byte> data;
};

inline Parts split_file(std::span<std::byte> file) {
  constexpr std::uint64_t longest_header = 100'000'000;
  core::require(is_safetensors(file), "safetensors: it does not begin with the size of a header and a header");
  const auto header_size = core::load_little_endian<std::uint64_t>(file, 0);
  core::require(header_size <= longest_header, "safetensors: its header should have {} bytes, but the most is {}",
                header_size, longest_header);
  core::require(header_size <= file.size() - sizeof(header_size),
                "safetensors: its header should have {} bytes, but the file has {}: it was cut short", header_size,
                file.size());
  const auto header = file.subspan(sizeof(header_size), static_cast<std::size_t>(header_size));
  return {core::as_text(header), file.subspan(sizeof(header_size) + header.size())};
}

}  // namespace detail

/// The names of the classes that the file's metadata has under "classes", as a JSON list of texts; empty when it has
/// none. Throws Error when the header is damaged.
inline std::vector<std::string> stored_classes(std::span<std::byte> file) {
  const Header header = read_safetensors_header(detail::split_file(file).header);
  const auto found = header.metadata.find("classes");
  const auto list = found != header.metadata.end()
                        ? nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false)
                        : nlohmann::json();
  std::vector<std::string> classes;
  for (const nlohmann::json& name : list.is_array() ? list : nlohmann::json::array()) {
    if (!name.is_string()) {
      return {};
    }
    classes.push_back(name.get<std::string>());
  }
  return classes;
}

/// The tensors of a safetensors file (the format of huggingface/safetensors), in the order of its header. Nothing is
/// copied: their storages are windows on `file`. Throws Error when the header is larger than the format's 100 MB or the
/// file, is not what the format has, or the tensors' bytes overlap, leave gaps or do not agree with their shapes.
inline std::vector<weights::StoredTensor> read_safetensors(std::span<std::byte> file) {
  const auto [header, data] = detail::split_file(file);
  const std::vector<Entry> entries = read_safetensors_header(header).entries;
  std::vector<const Entry*> places;
  for (const Entry& entry : entries) {
    places.push_back(&entry);
  }
  detail::check_layout(std::move(places), data.size());

  std::vector<weights::StoredTensor> tensors;
  for (const Entry& entry : entries) {
    weights::StoredTensor tensor;
    tensor.name = entry.name;
    tensor.dtype = weights::find_dtype(&weights::Dtype::safetensors, entry.dtype);
    core::require(tensor.dtype != nullptr, "safetensors: the tensor {} has the type {}, which is not understood",
                  entry.name, entry.dtype);
    tensor.sizes = entry.shape;
    tensor.strides = detail::dense_strides(entry.name, entry.shape);
    tensor.storage =
        data.subspan(static_cast<std::size_t>(entry.begin), static_cast<std::size_t>(entry.end - entry.begin));
    weights::check_bounds(tensor);
    const std::int64_t count =
        std::accumulate(entry.shape.begin(), entry.shape.end(), std::int64_t{1}, std::multiplies<>());
    core::require(static_cast<std::uint64_t>(count) * tensor.dtype->bytes == tensor.storage.size(),
                  "safetensors: the tensor {} has {} bytes, but its shape and type ask for {}", entry.name,
                  tensor.storage.size(), static_cast<std::uint64_t>(count) * tensor.dtype->bytes);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

}  // namespace hearth::safetensors
