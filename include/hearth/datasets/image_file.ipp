#pragma once

#include <hearth/datasets/image_file.hpp>

#include <new>
#include <string_view>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::datasets {

HEARTH_INLINE std::span<const std::byte> read_image_bytes(const std::filesystem::path& root, const std::string& name,
                                                          std::vector<std::byte>& memory) {
  const core::ThreadSpare<std::string> path;  // a std::filesystem::path would take memory for each image
  path->assign(root.native());
  if (!path->empty() && path->back() != '/') {
    path->push_back('/');
  }
  path->append(name);
  return core::read_file(path->c_str(), memory);
}

HEARTH_INLINE void open_sample_image(SampleReader& reader, image::NameOf name, const DecodeOptions& decoding,
                                     BytesOf bytes) {
  try {
    reader.image.open(bytes(reader.memory), name, decoding);
  } catch (const Error&) {  // it names the file
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    core::fail("{}: {}", name(), error.what());
  }
}

HEARTH_INLINE Image decode_sample_image(const std::filesystem::path& file, const DecodeOptions& decoding,
                                        BytesOf bytes) {
  const core::ThreadSpare<SampleReader> reader;
  const auto name = [&] { return core::printable(file); };
  open_sample_image(*reader, name, decoding, bytes);
  return reader->image.image();
}

HEARTH_INLINE std::string name_of_sample(PathOf path) {
  return core::printable(path());
}

HEARTH_INLINE void fail_transform(PathOf path) {
  const std::string name = name_of_sample(path);
  try {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    if (std::string_view(error.what()).find(name) != std::string_view::npos) {
      throw;  // the decoder's: it names the file
    }
    core::fail("{}: {}", name, error.what());
  }
}

}  // namespace hearth::datasets
