/// SHA-256, by which a file is known to be the one that is meant.
#pragma once

#if !__has_include(<openssl/evp.h>)
#error "hearth/download needs OpenSSL: install it (Debian and Ubuntu: apt install libssl-dev) and link hearth::download"
#endif

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::download {

/// The hash of bytes that come in parts.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    check(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void update(std::span<const std::byte> bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }

  /// The hash of all bytes so far, in 64 lower-case hexadecimal digits. It is asked for once, at the end.
  std::string hex() {
    std::array<unsigned char, 32> digest{};
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    std::string digits;
    for (const unsigned char byte : digest) {
      digits += fmt::format("{:02x}", byte);
    }
    return digits;
  }

 private:
  static void check(bool done) { core::require(done, "Sha256: this machine's OpenSSL offers no SHA-256"); }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// The SHA-256 of a text, in hexadecimal digits.
inline std::string sha256_of_text(std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text.data(), text.size())));
  return hash.hex();
}

/// The SHA-256 of a file's bytes, in hexadecimal digits. Throws Error naming the file when it cannot be read.
inline std::string sha256_of_file(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  core::require(file.is_open(), "cannot open {}: {}", core::printable(path), std::strerror(errno));
  std::vector<char> part(std::size_t{1} << 20);
  Sha256 hash;
  while (file.good()) {
    file.read(part.data(), static_cast<std::streamsize>(part.size()));
    hash.update(std::as_bytes(std::span(part).first(static_cast<std::size_t>(file.gcount()))));
  }
  core::require(file.eof(), "cannot read {}: {}", core::printable(path), std::strerror(errno));
  return hash.hex();
}

}  // namespace hearth::download
