#pragma once

#include <hearth/transforms/image_writer.hpp>

#include <cmath>
#include <limits>

#include <hearth/core/error.hpp>
#include <hearth/core/fetch_ahead.hpp>
#include <hearth/image/write_row.hpp>

namespace hearth::transforms {

namespace detail {

/// Scale and shift of values that are linear in the byte, as those of ToTensor and Normalize are but for the rounding
/// of floats; nullptr for others.
inline std::shared_ptr<const Normalization> normalization_of(const std::vector<image::FloatTable>& tables) {
  const auto linear = std::make_shared<Normalization>();
  for (const image::FloatTable& table : tables) {
    const double shift = table.front();
    const double scale = (static_cast<double>(table.back()) - shift) / 255;
    const double tolerance = 1e-6 * (std::abs(shift) + std::abs(scale) * 255);
    for (std::size_t byte = 0; byte < table.size(); ++byte) {
      if (!(std::abs(static_cast<double>(byte) * scale + shift - table[byte]) <= tolerance)) {
        return nullptr;
      }
    }
    linear->scale.push_back(static_cast<float>(scale));
    linear->shift.push_back(static_cast<float>(shift));
  }
  return linear;
}

/// A sample of more bytes than this does not stay in a core's cache until the batch is used.
constexpr std::ptrdiff_t most_cached = 128 * 1024;

/// Where the first row of a sample goes.
inline image::RowPlace first_row(const RawPlace& place) {
  const std::ptrdiff_t channels = place.shape[0];
  const std::ptrdiff_t pixels = place.shape[1] * place.shape[2];
  const bool last = place.layout == Layout::channels_last;
  const bool stream = pixels * channels * bytes_of(place.dtype) > most_cached;
  return {place.data, place.dtype, last ? 1 : pixels, last ? channels : 1, stream};
}

/// Carries the plan out into a place that fits it.
inline void write_rows(Plan& plan, const RawPlace& place, const image::ByteMap& map) {
  const int width = plan.size().width;
  image::RowPlace row_place = first_row(place);
  const std::ptrdiff_t row_bytes = width * row_place.next_pixel * bytes_of(place.dtype);
  plan.rows([&](int y, PixelRow row) {
    row_place.data = static_cast<std::byte*>(place.data) + y * row_bytes;
    image::write_row(map, row.first, row.step, width, row_place);
  });
  if (row_place.stream) {
    image::finish_streaming();
  }
}

}  // namespace detail

HEARTH_INLINE ImageWriter::Values ImageWriter::values_of(std::size_t channels, ValueOfByte value_of) {
  std::vector<image::FloatTable> tables(channels);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t byte = 0; byte < tables[channel].size(); ++byte) {
      tables[channel][byte] = value_of(static_cast<std::uint8_t>(byte), static_cast<int>(channel));
    }
  }
  return {image::ByteMap(tables), detail::normalization_of(tables)};
}

HEARTH_INLINE ImageWriter::ImageWriter(std::size_t channels, ValueOfByte value_of) {
  for (std::size_t count = 1; count <= channels; ++count) {
    values_.push_back(values_of(count, value_of));
  }
}

HEARTH_INLINE void ImageWriter::write(Plan& plan, SampleSink& sink, ValueOfByte value_of) const {
  with_values(plan.channels(), value_of, [&](const Values& values) {
    const Shape shape{plan.channels(), plan.size().height, plan.size().width};
    detail::write_rows(plan, sink.raw_place(shape, values.normalization), values.map);
  });
}

HEARTH_INLINE void ImageWriter::write_stack(const ImageStack& images, std::span<const std::size_t> indices,
                                            SampleSink& sink, ValueOfByte value_of) const {
  with_values(images.channels, value_of, [&](const Values& values) {
    const Shape shape{images.channels, images.height, images.width};
    image::RowPlace place = detail::first_row(sink.raw_place(shape, values.normalization));
    const std::ptrdiff_t sample_bytes = shape.numel() * bytes_of(place.dtype);
    const std::int64_t pixels = std::int64_t{images.height} * images.width;  // densely packed: as one row
    core::require(pixels <= std::numeric_limits<int>::max(),
                  "ToTensor: images of {} x {} pixels are too large for this", images.height, images.width);
    constexpr std::size_t ahead = 2;  // images: one is converted sooner than memory answers; more was slower
    const auto fetch = [&](std::size_t i) {
      if (i < indices.size()) {
        core::fetch_ahead(images.image(indices[i]).data, images.image_bytes());
      }
    };
    for (std::size_t i = 0; i < ahead; ++i) {
      fetch(i);
    }
    for (std::size_t i = 0; i < indices.size(); ++i) {
      fetch(i + ahead);
      image::write_row(values.map, images.image(indices[i]).data, images.channels, static_cast<int>(pixels), place);
      place.data = static_cast<std::byte*>(place.data) + sample_bytes;
    }
    if (place.stream) {
      image::finish_streaming();
    }
  });
}

HEARTH_INLINE SamplePlace ImageWriter::write_floats(Plan& plan, SampleSink& sink, ValueOfByte value_of) const {
  const SamplePlace place = sink.place({plan.channels(), plan.size().height, plan.size().width});
  with_values(plan.channels(), value_of, [&](const Values& values) {
    detail::write_rows(plan, {place.data, Dtype::float32, place.shape, place.layout}, values.map);
  });
  return place;
}

HEARTH_INLINE std::size_t accepted_channels(core::FunctionRef<void(int channels)> check) {
  for (const int channels : {3, 1}) {
    try {
      check(channels);
      return static_cast<std::size_t>(channels);
    } catch (const Error&) {
    }
  }
  return 0;
}

HEARTH_INLINE void check_is_image(const Shape& shape) {
  core::require(shape.rank() == 3, "Compose: a sample of shape {} is no image: it has no channels to work on",
                shape.to_string());
}

}  // namespace hearth::transforms
