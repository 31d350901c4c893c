#pragma once

#include <hearth/datasets/image_file.hpp>

#include <exception>
#include <new>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::datasets {

namespace detail {

/// Calls `read`. What it throws names the file.
template <class Read>
Image image_of(const std::filesystem::path& file, const Read& read) {
  try {
    return read();
  } catch (const Error&) {  // it names the file
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    core::fail("{}: {}", core::printable(file), error.what());
  }
}

}  // namespace detail

HEARTH_INLINE Image read_sample_image(const std::filesystem::path& file, const DecodeOptions& decoding) {
  return detail::image_of(file, [&] { return read_image(file, decoding); });
}

HEARTH_INLINE Image decode_sample_image(std::span<const std::byte> bytes, const std::filesystem::path& file,
                                        const DecodeOptions& decoding) {
  return detail::image_of(file, [&] { return decode_image(bytes, core::printable(file), decoding); });
}

HEARTH_INLINE void fail_transform(const std::filesystem::path& file) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    core::fail("{}: {}", core::printable(file), error.what());
  }
}

}  // namespace hearth::datasets
