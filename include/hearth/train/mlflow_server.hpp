/// MLflow's REST interface, as far as a run needs it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/download/http.hpp>
#include <hearth/train/base64.hpp>
#include <hearth/train/json_find.hpp>
#include <hearth/train/json_text.hpp>

namespace hearth::train {

/// What the server does not take, and what it will not take another time either.
class MlflowRefusal : public Error {
 public:
  MlflowRefusal(const std::string& text, std::string code) : Error(text), code_(std::move(code)) {}
  const std::string& code() const noexcept { return code_; }  ///< MLflow's: "RESOURCE_DOES_NOT_EXIST"

 private:
  std::string code_;
};

/// Letters that an address may have as they are stay; all others become %XX. Slashes stay where `keep` has them.
inline std::string url_escaped(std::string_view text, std::string_view keep = "") {
  std::string escaped;
  for (const char letter : text) {
    const bool is_plain = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                          (letter >= 'A' && letter <= 'Z') ||
                          std::string_view("-._~").find(letter) != std::string::npos;
    escaped += is_plain || keep.find(letter) != std::string_view::npos
                   ? std::string(1, letter)
                   : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return escaped;
}

/// The address as it may be shown: without a name and a password in it.
inline std::string without_credentials(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t at = uri.substr(0, uri.find('/', begin)).rfind('@');
  return at == std::string_view::npos || at < begin ? std::string(uri)
                                                    : std::string(uri.substr(0, begin)).append(uri.substr(at + 1));
}

/// A server. What it refuses for good is an MlflowRefusal; what it may take another time (it is away or silent, or
/// answers 408, 429 or 5xx) is another Error.
class MlflowServer {
 public:
  /// `is_left`: asked each second, whether to end a request. Name, password and token are the environment's.
  MlflowServer(std::string uri, std::chrono::milliseconds timeout, std::function<bool()> is_left)
      : uri_(std::move(uri)), timeout_(timeout), is_left_(std::move(is_left)) {
    while (uri_.ends_with('/')) {
      uri_.pop_back();
    }
    const char* const token = std::getenv("MLFLOW_TRACKING_TOKEN");
    const char* const name = std::getenv("MLFLOW_TRACKING_USERNAME");
    const char* const password = std::getenv("MLFLOW_TRACKING_PASSWORD");
    if (name != nullptr && password != nullptr) {
      const std::string both = fmt::format("{}:{}", name, password);
      authorization_ = "Authorization: Basic " + base64(std::as_bytes(std::span(both.data(), both.size())));
    } else if (token != nullptr) {
      authorization_ = fmt::format("Authorization: Bearer {}", token);
    }
  }

  /// What the server answers to a call of the interface: `post("runs/create", json)`.
  std::string post(std::string_view call, std::string body) const {
    return ask(fmt::format("/api/2.0/mlflow/{}", call),
               {.method = "POST", .body = std::move(body), .is_left = is_left_});
  }
  std::string get(std::string_view call) const {
    return ask(fmt::format("/api/2.0/mlflow/{}", call), {.method = "GET", .is_left = is_left_});
  }

  /// Puts an artifact, a body or a file, at the path below the root that the server has for all artifacts.
  void put(std::string_view path, std::string body, const std::filesystem::path& file) const {
    if (!file.empty()) {
      try {
        core::open_file(file);
      } catch (const Error& error) {  // to ask again would not help
        throw MlflowRefusal(error.what(), "");
      }
    }
    ask("/api/2.0/mlflow-artifacts/artifacts/" + url_escaped(path, "/"),
        {.method = "PUT", .body = std::move(body), .file = file, .is_left = is_left_});
  }

 private:
  std::string ask(const std::string& target, const download::HttpUpload& upload) const {
    download::HttpRequest request{.url = uri_ + target, .connect_timeout = timeout_, .stall_timeout = timeout_};
    if (upload.method == "POST") {
      request.headers.push_back("Content-Type: application/json");
    }
    if (!authorization_.empty()) {
      request.headers.push_back(authorization_);
    }
    download::HttpAnswer answer;
    try {
      answer = download::http_send(request, upload);
    } catch (const Error& error) {
      core::fail("{}: {}", core::printable(std::string_view(without_credentials(uri_))), error.what());
    }
    if (answer.status >= 200 && answer.status < 300) {
      return std::move(answer.body);
    }
    const std::string said = json_find(answer.body, {"message"});
    const std::string text =
        fmt::format("{} answered {} to {}{}{}", core::printable(std::string_view(without_credentials(uri_))),
                    answer.status, core::printable(std::string_view(target).substr(0, target.find('?'))),
                    said.empty() ? "" : ": ", core::printable(std::string_view(said), 300));
    if (answer.status >= 500 || answer.status == 408 || answer.status == 429) {
      throw Error(text);
    }
    throw MlflowRefusal(text, json_find(answer.body, {"error_code"}));
  }

  std::string uri_;
  std::string authorization_;
  std::chrono::milliseconds timeout_;
  std::function<bool()> is_left_;
};

}  // namespace hearth::train
