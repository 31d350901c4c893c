/// The https side of a LoopbackServer: takes TLS connections and passes what is asked on to it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <hearth/core/error.hpp>
#include <hearth/core/no_pipe_signal.hpp>

namespace hearth_test {

/// A certificate for 127.0.0.1 that signs itself, made anew each time.
class Certificate {
 public:
  Certificate() {
    X509* const x509 = x509_.get();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key_.get());
    X509_NAME* const name = X509_get_subject_name(x509);
    const auto* const text = reinterpret_cast<const unsigned char*>("hearth's tests");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_EXTENSION* const address = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(x509, address, -1);
    X509_EXTENSION_free(address);
    hearth::core::require(X509_sign(x509, key_.get(), EVP_sha256()) > 0, "the tests cannot make a certificate");
  }

  X509* x509() const noexcept { return x509_.get(); }
  EVP_PKEY* key() const noexcept { return key_.get(); }

  void write(const std::filesystem::path& path) const {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    hearth::core::require(file != nullptr && PEM_write_X509(file, x509_.get()) == 1, "cannot write {}", path.string());
    std::fclose(file);
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> x509_{X509_new(), &X509_free};
};

/// Takes one connection after the other.
class TlsFront {
 public:
  TlsFront(const Certificate& certificate, std::uint16_t behind) : behind_(behind) {
    SSL_CTX_use_certificate(context_.get(), certificate.x509());
    SSL_CTX_use_PrivateKey(context_.get(), certificate.key());
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const bool ready = listener_ >= 0 && ::bind(listener_, any, size) == 0 && ::listen(listener_, 64) == 0 &&
                       ::getsockname(listener_, any, &size) == 0;
    hearth::core::require(ready, "the tests' TLS server cannot listen on the loopback");
    port_ = ntohs(address.sin_port);
    accepter_ = std::thread([this] { accept_all(); });
  }
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;
  ~TlsFront() {
    ::shutdown(listener_, SHUT_RDWR);  // ends the waiting accept()
    accepter_.join();
    ::close(listener_);
  }

  std::string url(std::string_view target) const { return fmt::format("https://127.0.0.1:{}{}", port_, target); }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void accept_all() {
    const hearth::core::NoPipeSignal no_pipe_signal;
    for (int connection = -1; (connection = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_.get()), &SSL_free);
      SSL_set_fd(ssl.get(), connection);
      if (SSL_accept(ssl.get()) == 1) {
        pass_on(ssl.get());
        SSL_shutdown(ssl.get());
      }
      ::close(connection);
    }
  }

  void pass_on(SSL* ssl) const {
    std::string head;
    char part[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
      const int count = SSL_read(ssl, part, sizeof part);
      if (count <= 0) {
        return;
      }
      head.append(part, static_cast<std::size_t>(count));
    }
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(behind_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::send(server, head.data(), head.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(head.size())) {
      for (ssize_t count = 0; (count = ::recv(server, part, sizeof part, 0)) > 0;) {
        if (SSL_write(ssl, part, static_cast<int>(count)) <= 0) {
          break;
        }
      }
    }
    ::close(server);
  }

  std::uint16_t behind_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
  int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  std::thread accepter_;
};

}  // namespace hearth_test
