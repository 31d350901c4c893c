/// What the tests of images share with the Python scripts that write their expected values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <hearth/core/file.hpp>
#include <hearth/image/image.hpp>

/// Noise that Python makes too: `noise` in tests/image/reference.py.
inline hearth::Image noise(int height, int width, int channels, std::uint32_t seed) {
  hearth::Image image(height, width, channels);
  std::uint32_t index = 0;
  for (std::uint8_t& byte : image.pixels()) {
    std::uint32_t v = index++ * 2654435761U + seed * 40503U;
    v = (v ^ (v >> 16)) * 2246822519U;
    v = (v ^ (v >> 13)) * 3266489917U;
    byte = static_cast<std::uint8_t>((v ^ (v >> 16)) >> 24);
  }
  return image;
}

/// A file of named arrays, one after the other, as `Pack` in tests/image/reference.py writes it.
class Pack {
 public:
  struct Array {
    std::string name;
    std::vector<std::int32_t> shape;
    std::span<const std::byte> bytes;

    hearth::ImageView image() const {
      const int channels = shape.size() == 3 ? shape[2] : 1;
      return {reinterpret_cast<const std::uint8_t*>(bytes.data()), shape[0], shape[1], channels,
              std::ptrdiff_t{shape[1]} * channels};
    }

    template <class T>
    std::vector<T> values() const {
      std::vector<T> values(bytes.size() / sizeof(T));
      if (!values.empty()) {  // an empty vector has no place to copy to
        std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
      }
      return values;
    }
  };

  explicit Pack(const std::filesystem::path& path) : bytes_(hearth::core::read_file(path)) {
    std::size_t at = 0;
    const auto take = [&](std::size_t count) {
      const auto taken = std::span<const std::byte>(bytes_).subspan(at, count);
      at += count;
      return taken;
    };
    const auto number = [&] {
      std::int32_t value;
      std::memcpy(&value, take(sizeof value).data(), sizeof value);
      return value;
    };
    while (at < bytes_.size()) {
      Array array;
      const auto name = take(static_cast<std::size_t>(number()));
      array.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
      array.shape.resize(static_cast<std::size_t>(number()));
      for (std::int32_t& size : array.shape) {
        size = number();
      }
      array.bytes = take(static_cast<std::size_t>(number()));
      arrays_.push_back(array);
    }
  }

  const std::vector<Array>& arrays() const { return arrays_; }

  const Array& operator[](const std::string& name) const {
    for (const Array& array : arrays_) {
      if (array.name == name) {
        return array;
      }
    }
    throw std::runtime_error("no array " + name);
  }

 private:
  std::vector<std::byte> bytes_;
  std::vector<Array> arrays_;
};
