/// The checksums of zip entries and of TensorBoard's records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// The CRC-32 of zip, gzip and PNG (polynomial 0x04C11DB7, reflected); little-endian machines.
std::uint32_t crc32(std::span<const std::byte> bytes) noexcept;

/// The CRC-32C of iSCSI and of TFRecord files (polynomial 0x1EDC6F41, reflected; RFC 3720, B.4); little-endian
/// machines.
std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept;

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/crc32.ipp>
#endif
