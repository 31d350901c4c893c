/// What an entry of an archive can be.
#pragma once

#include <cstdint>

namespace hearth::archives {

/// What an archive's entry is. `link` is a symbolic or a hard link, `other` a device, socket or pipe.
enum class EntryKind : std::uint8_t { file, folder, link, other };

}  // namespace hearth::archives
