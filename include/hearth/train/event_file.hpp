/// An event file that TensorBoard reads: numbers, pictures and texts over the steps of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth {

struct EventFileOptions {
  /// Where a run goes on: of this step and of later ones, what older files of the folder hold counts no more. As in
  /// PyTorch's SummaryWriter.
  std::optional<std::int64_t> purge_step = {};
};

/// Writes a file events.out.tfevents.… into a folder, as PyTorch's SummaryWriter does. What is added is kept in memory
/// until `flush`, or until the object goes. The file is made by the first flush, with a name that sorts behind those of
/// older files, in which order they are read.
///
///     EventFile file{"runs/tiny/tensorboard"};
///     file.scalar("loss/train", 3, 0.25);
///     file.flush();
class EventFile {
 public:
  explicit EventFile(std::filesystem::path folder, EventFileOptions options = {});
  EventFile(EventFile&& other) noexcept;
  EventFile& operator=(EventFile&& other) = delete;
  ~EventFile();

  void scalar(std::string_view tag, std::int64_t step, double value);

  /// Throws Error when the image has no pixels, or is neither grey nor RGB.
  void image(std::string_view tag, std::int64_t step, const ImageView& image);

  /// A text in Markdown.
  void text(std::string_view tag, std::int64_t step, std::string_view text);

  /// Writes what was added to the disk. Throws Error when that is not possible; the file then ends before it, and the
  /// next flush tries it again.
  void flush();

  /// The file; empty before the first flush.
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  void open();

  std::filesystem::path folder_;
  EventFileOptions options_;
  std::filesystem::path path_;
  core::Descriptor file_;
  std::uint64_t written_ = 0;  // bytes of the file that are whole records
  std::string waiting_;        // records that are not in the file yet
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/event_file.ipp>
#endif
