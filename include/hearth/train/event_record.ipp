#pragma once

#include <hearth/train/event_record.hpp>

#include <cstddef>
#include <span>
#include <vector>

#include <hearth/core/crc32.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/image/encode.hpp>

namespace hearth::train {

namespace detail {

/// A message of protocol buffers, field after field (https://protobuf.dev/programming-guides/encoding).
class Message {
 public:
  Message& number(int field, std::int64_t value) {
    key(field, 0);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  Message& real(int field, double value) {
    key(field, 1);
    core::append_little_endian(bytes_, value);
    return *this;
  }
  Message& single(int field, float value) {
    key(field, 5);
    core::append_little_endian(bytes_, value);
    return *this;
  }
  Message& bytes(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return bytes(field, value.bytes_); }

  const std::string& bytes() const noexcept { return bytes_; }

 private:
  void key(int field, int type) { varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(type)); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      bytes_ += static_cast<char>(value | 0x80);
    }
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

/// An Event without what happened.
HEARTH_INLINE Message event_at(EventTime time) {
  Message event;
  event.real(1, time.seconds);
  if (time.step != 0) {  // what has its default value is left out
    event.number(2, time.step);
  }
  return event;
}

/// An Event with a Summary that has one Value.
HEARTH_INLINE std::string summary_event(EventTime time, const Message& value) {
  return event_at(time).message(5, Message().message(1, value)).bytes();
}

HEARTH_INLINE std::span<const std::byte> as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A checksum of data that may hold checksums itself, as TFRecord has it.
HEARTH_INLINE std::uint32_t masked_crc32c(std::string_view text) noexcept {
  const std::uint32_t crc = core::crc32c(as_bytes(text));
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

}  // namespace detail

HEARTH_INLINE std::string version_event(double seconds) {
  return detail::event_at({seconds, 0}).bytes(3, "brain.Event:2").bytes();
}

HEARTH_INLINE std::string restart_event(EventTime time) {
  constexpr int start = 1;  // SessionLog::START
  return detail::event_at(time).message(7, detail::Message().number(1, start)).bytes();
}

HEARTH_INLINE std::string scalar_event(EventTime time, std::string_view tag, double value) {
  return detail::summary_event(time, detail::Message().bytes(1, tag).single(2, static_cast<float>(value)));
}

HEARTH_INLINE std::string image_event(EventTime time, std::string_view tag, const ImageView& image) {
  const std::vector<std::byte> png = encode_png(image);
  const auto picture = detail::Message()
                           .number(1, image.height)
                           .number(2, image.width)
                           .number(3, image.channels)  // 1: grey, 3: RGB
                           .bytes(4, core::as_text(png));
  return detail::summary_event(time, detail::Message().bytes(1, tag).message(4, picture));
}

HEARTH_INLINE std::string text_event(EventTime time, std::string_view tag, std::string_view text) {
  constexpr int string_type = 7;  // DT_STRING
  const auto shape = detail::Message().message(2, detail::Message().number(1, 1));
  const auto tensor = detail::Message().number(1, string_type).message(2, shape).bytes(8, text);
  const auto metadata = detail::Message().message(1, detail::Message().bytes(1, "text"));
  return detail::summary_event(time, detail::Message().bytes(1, tag).message(8, tensor).message(9, metadata));
}

HEARTH_INLINE std::string framed(std::string_view event) {
  std::string record;
  core::append_little_endian(record, std::uint64_t{event.size()});
  core::append_little_endian(record, detail::masked_crc32c(record));
  record += event;
  core::append_little_endian(record, detail::masked_crc32c(event));
  return record;
}

}  // namespace hearth::train
