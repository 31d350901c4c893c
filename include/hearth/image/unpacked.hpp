/// What came of unpacking the data of a PNG file.
#pragma once

namespace hearth::image {

/// Everything, or why not: the stream is damaged or would give more, it gives less, or its checksum is another.
enum class Unpacked { all, unsound, too_few, wrong_checksum };

}  // namespace hearth::image
