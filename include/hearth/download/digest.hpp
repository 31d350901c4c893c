/// SHA-256 and MD5, by which a file is known to be the one that is meant.
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

enum class DigestKind { sha256, md5 };

/// What a kind is called, "SHA-256", and how many bytes it has.
struct DigestName {
  std::string_view name;
  std::size_t size;
};

inline constexpr DigestName digest_name(DigestKind kind) {
  return kind == DigestKind::md5 ? DigestName{"MD5", 16} : DigestName{"SHA-256", 32};
}

/// The hash of bytes that come in parts.
class Digest {
 public:
  explicit Digest(DigestKind kind) : kind_(kind), context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    check(context_ != nullptr);
#ifdef EVP_MD_CTX_FLAG_NON_FIPS_ALLOW
    EVP_MD_CTX_set_flags(context_.get(), EVP_MD_CTX_FLAG_NON_FIPS_ALLOW);  // it finds errors here, and guards nothing
#endif
    check(EVP_DigestInit_ex(context_.get(), kind == DigestKind::md5 ? EVP_md5() : EVP_sha256(), nullptr) == 1);
  }

  void update(std::span<const std::byte> bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }

  /// The hash of all bytes so far, in lower-case hexadecimal digits. It is asked for once, at the end.
  std::string hex() {
    std::array<unsigned char, 32> digest{};
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    std::string digits;
    for (std::size_t i = 0; i < digest_name(kind_).size; ++i) {
      digits += fmt::format("{:02x}", digest[i]);
    }
    return digits;
  }

 private:
  void check(bool done) const {
    core::require(done, "this machine's OpenSSL offers no {}", digest_name(kind_).name);
  }

  DigestKind kind_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// The SHA-256 of a text, in hexadecimal digits.
inline std::string sha256_of_text(std::string_view text) {
  Digest hash(DigestKind::sha256);
  hash.update(std::as_bytes(std::span(text.data(), text.size())));
  return hash.hex();
}

/// The hash of a file's bytes, in hexadecimal digits. Throws Error naming the file when it cannot be read.
inline std::string digest_of_file(DigestKind kind, const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  core::require(file.is_open(), "cannot open {}: {}", core::printable(path), std::strerror(errno));
  std::vector<char> part(std::size_t{1} << 20);
  Digest hash(kind);
  while (file.good()) {
    file.read(part.data(), static_cast<std::streamsize>(part.size()));
    hash.update(std::as_bytes(std::span(part).first(static_cast<std::size_t>(file.gcount()))));
  }
  core::require(file.eof(), "cannot read {}: {}", core::printable(path), std::strerror(errno));
  return hash.hex();
}

}  // namespace hearth::download
