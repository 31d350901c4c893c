/// The records of TensorBoard's event files: protocol buffers of tensorflow/core/util/event.proto and of the files that
/// it imports, framed as TFRecord.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth::train {

/// When an event happened: seconds since 1970, and the step of the run.
struct EventTime {
  double seconds = 0;
  std::int64_t step = 0;
};

/// The first event of every file.
std::string version_event(double seconds);

/// Says to a reader that a run goes on, or begins anew, at the step: what older files have of it and of later ones
/// counts no more.
std::string restart_event(EventTime time);

std::string scalar_event(EventTime time, std::string_view tag, double value);

/// Throws Error when the image has no pixels, or is neither grey nor RGB.
std::string image_event(EventTime time, std::string_view tag, const ImageView& image);

/// For TensorBoard's page of texts, which reads Markdown.
std::string text_event(EventTime time, std::string_view tag, std::string_view text);

/// An event as it stands in a file: its length (8 bytes) and that one's checksum, the event and its checksum. The
/// checksums are masked CRC-32C.
std::string framed(std::string_view event);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/event_record.ipp>
#endif
