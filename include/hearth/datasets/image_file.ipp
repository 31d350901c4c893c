#pragma once

#include <hearth/datasets/image_file.hpp>

#include <exception>
#include <new>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::datasets {

HEARTH_INLINE Image read_sample_image(const std::filesystem::path& file, const DecodeOptions& decoding) {
  try {
    return read_image(file, decoding);
  } catch (const Error&) {  // it names the file
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    core::fail("{}: {}", core::printable(file), error.what());
  }
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
