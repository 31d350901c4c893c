/// Why a transfer failed, and what to do about it, in words.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include <hearth/download/libcurl.hpp>

namespace hearth::download {

/// The reason for an answer that is no success: "the server answered 404; check the address".
inline std::string http_status_error(long status) {
  std::string_view remedy = "try again later";
  if (status == 401 || status == 403) {
    remedy = "it asks for rights that this request does not have";
  } else if (status == 407) {
    remedy = "the proxy asks for a name and a password: http://name:password@proxy:port";
  } else if (status < 500 && status != 408 && status != 425 && status != 429) {
    remedy = "check the address";
  }
  return fmt::format("the server answered {}; {}", status, remedy);
}

/// The reason for libcurl's `code`. `words` is its own description of what happened.
inline std::string http_error(CURLcode code, std::string_view words) {
  const std::string_view said = words.empty() ? std::string_view(curl_easy_strerror(code)) : words;
  std::string_view remedy;
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_HOST:
      remedy = "check the address and the network";
      break;
    case CURLE_COULDNT_RESOLVE_PROXY:
      remedy = "check the proxy's address (http_proxy, https_proxy)";
      break;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
      remedy = "check the address, the network and the proxy (http_proxy, https_proxy), or try again later";
      break;
    case CURLE_UNSUPPORTED_PROTOCOL:
      remedy = "addresses and redirections may be http and https, and none leads from https to http";
      break;
    case CURLE_TOO_MANY_REDIRECTS:
      remedy = "check the address";
      break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      remedy = "check the clock, install ca-certificates, or name the certificates to trust with SSL_CERT_FILE";
      break;
    default:
      remedy = "try again";
  }
  return fmt::format("{}; {}", said, remedy);
}

}  // namespace hearth::download
