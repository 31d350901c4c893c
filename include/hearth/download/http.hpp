/// One request over http or https, with libcurl.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/no_pipe_signal.hpp>
#include <hearth/download/http_error.hpp>
#include <hearth/download/libcurl.hpp>
#include <hearth/version.hpp>

namespace hearth::download {

/// What to ask for, and how long to wait.
struct HttpRequest {
  std::string url;
  std::vector<std::string> headers = {};  ///< "Range: bytes=100-"
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(60);  ///< without a single byte; looked at each second
};

/// What a request brings to the server.
struct HttpUpload {
  std::string method = "POST";         ///< GET, POST or PUT
  std::string body = {};               ///< of POST, and of PUT unless there is a file
  std::filesystem::path file = {};     ///< whose bytes are PUT
  std::function<bool()> is_left = {};  ///< asked each second: whether to end it, for nobody waits any more
};

/// What a server says before the body.
struct HttpResponse {
  long status = 0;
  std::int64_t length = -1;  ///< of the body; -1 when the server does not say
  std::string etag = {};
  std::string last_modified = {};
  std::string content_range = {};
};

/// What a server says of any kind.
struct HttpAnswer {
  long status = 0;
  std::string body = {};
};

namespace detail {

/// libcurl's state for one request.
class HttpTransfer {
 public:
  using Receive = std::function<void(const HttpResponse&, std::span<const std::byte>)>;

  /// `upload`: null for a GET whose answer is a file.
  HttpTransfer(const HttpRequest& request, const Receive& receive, const HttpUpload* upload = nullptr)
      : request_(request), receive_(receive), upload_(upload) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    core::require(started == CURLE_OK, "libcurl cannot start: {}", curl_easy_strerror(started));
    handle_.reset(curl_easy_init());
    core::require(handle_ != nullptr, "libcurl cannot start");
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_USERAGENT, "hearth/" HEARTH_VERSION);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, words_.data());
    set(CURLOPT_FAILONERROR, upload == nullptr ? 1L : 0L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    follow_redirects();
    trust_as_openssl();
    for (const std::string& header : request.headers) {
      headers_.reset(curl_slist_append(headers_.release(), header.c_str()));
    }
    if (upload != nullptr) {
      bring(*upload);
    }
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &HttpTransfer::on_time);
    set(CURLOPT_XFERINFODATA, this);
  }

  HttpResponse perform() {
    const core::NoPipeSignal no_pipe_signal;
    heard_ = std::chrono::steady_clock::now();
    const CURLcode code = curl_easy_perform(handle_.get());
    if (failure_) {
      std::rethrow_exception(failure_);
    }
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = status;
    if (upload_ != nullptr) {
      core::require(code == CURLE_OK, "{}", http_error(code, words_.data()));
      return response_;
    }
    if (status == 416) {
      return response_;
    }
    core::require(code != CURLE_HTTP_RETURNED_ERROR, "{}", http_status_error(status));
    core::require(code == CURLE_OK, "{}", http_error(code, words_.data()));
    if (!begun_) {
      begin();
      receive_(response_, {});
    }
    return response_;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
    core::require(code == CURLE_OK, "libcurl: {}", curl_easy_strerror(code));
  }

  /// The method and what it sends. What was sent once is not sent to another address: no redirection is followed.
  void bring(const HttpUpload& upload) {
    set(CURLOPT_FOLLOWLOCATION, 0L);
    if (upload.method == "POST") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(upload.body.size()));
      set(CURLOPT_POSTFIELDS, upload.body.data());
      headers_.reset(curl_slist_append(headers_.release(), "Expect:"));  // no server that we know asks for a wait
    } else if (upload.method == "PUT") {
      std::uint64_t size = upload.body.size();
      if (!upload.file.empty()) {
        core::OpenFile file = core::open_file(upload.file);
        file_ = std::move(file.descriptor);
        size = file.size;
      }
      rest_ = upload.body;
      set(CURLOPT_UPLOAD, 1L);
      set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
      set(CURLOPT_READFUNCTION, &HttpTransfer::on_read);
      set(CURLOPT_READDATA, this);
      headers_.reset(curl_slist_append(headers_.release(), "Expect:"));
    }
  }

  /// To http and https alone, and from https not back to http.
  void follow_redirects() {
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, 10L);
    const bool is_https = request_.url.size() > 4 && (request_.url[4] == 's' || request_.url[4] == 'S');
#if LIBCURL_VERSION_NUM >= 0x075500
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, is_https ? "https" : "http,https");
#else
    set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    set(CURLOPT_REDIR_PROTOCOLS, static_cast<long>(is_https ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  }

  /// The certificates that OpenSSL's own variables name, as in Python; libcurl itself looks at none.
  void trust_as_openssl() {
    if (const char* const file = std::getenv("SSL_CERT_FILE"); file != nullptr) {
      set(CURLOPT_CAINFO, file);
    }
    if (const char* const folder = std::getenv("SSL_CERT_DIR"); folder != nullptr) {
      set(CURLOPT_CAPATH, folder);
    }
  }

  void begin() {
    begun_ = true;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
    curl_off_t length = -1;
    curl_easy_getinfo(handle_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    response_.length = length;
    core::require(upload_ != nullptr || response_.status == 200 || response_.status == 206, "{}",
                  http_status_error(response_.status));
  }

  /// libcurl's own limit is on an average of seconds, and comes late.
  void check_time() {
    if (upload_ != nullptr && upload_->is_left) {
      core::require(!upload_->is_left(), "nobody waits for it any more");
    }
    curl_off_t connected = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_CONNECT_TIME_T, &connected);
    const auto now = std::chrono::steady_clock::now();
    if (connected == 0) {
      heard_ = now;  // the time until then is for connect_timeout
    }
    core::require(now - heard_ <= request_.stall_timeout,
                  "nothing has come for {:.1f} s; try again, or wait longer (stall_timeout)",
                  std::chrono::duration<double>(now - heard_).count());
  }

  void note_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // a redirect's answer came before this one
      response_ = {};
      return;
    }
    note_header(line, "etag", response_.etag);
    note_header(line, "last-modified", response_.last_modified);
    note_header(line, "content-range", response_.content_range);
  }

  static void note_header(std::string_view line, std::string_view name, std::string& value) {
    const bool is_it = line.size() > name.size() && line[name.size()] == ':' &&
                       curl_strnequal(line.data(), name.data(), name.size()) != 0;
    if (is_it) {
      line.remove_prefix(name.size() + 1);
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      value = line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
    }
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    transfer.heard_ = std::chrono::steady_clock::now();
    return transfer.guard([&] { transfer.note_header({data, size}); }) ? size : 0;
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    const bool done = transfer.guard([&] {
      if (!transfer.begun_) {
        transfer.begin();
      }
      transfer.receive_(transfer.response_, std::as_bytes(std::span(data, size)));
    });
    transfer.heard_ = std::chrono::steady_clock::now();  // what a slow disk takes is not the server's silence
    return done ? size : 0;
  }

  static std::size_t on_read(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    transfer.heard_ = std::chrono::steady_clock::now();
    if (!transfer.file_) {
      const std::size_t count = transfer.rest_.copy(data, size);
      transfer.rest_.remove_prefix(count);
      return count;
    }
    const ::ssize_t count = ::read(transfer.file_.number(), data, size);
    return count < 0 ? CURL_READFUNC_ABORT : static_cast<std::size_t>(count);
  }

  static int on_time(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    return transfer.guard([&] { transfer.check_time(); }) ? 0 : 1;
  }

  /// An exception cannot go through libcurl: it ends the transfer and is thrown again behind it.
  template <class Action>
  bool guard(const Action& action) noexcept {
    try {
      action();
      return true;
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
  }

  const HttpRequest& request_;
  const Receive& receive_;
  const HttpUpload* const upload_;
  core::Descriptor file_;    ///< that is sent
  std::string_view rest_{};  ///< of the body that is sent
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_{nullptr, &curl_easy_cleanup};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_{nullptr, &curl_slist_free_all};
  std::array<char, CURL_ERROR_SIZE> words_{};
  HttpResponse response_;
  bool begun_ = false;
  std::chrono::steady_clock::time_point heard_;  ///< when the last bytes came
  std::exception_ptr failure_;
};

}  // namespace detail

/// Asks for the request's URL, follows redirects, and calls `receive` with the parts of the body as they come (at least
/// once, with an empty part where the body is empty). Proxies are those of the environment (http_proxy, https_proxy,
/// no_proxy). The answer's status is 200, 206, or 416, whose body is not given on; everything else, and a body that
/// ends early, throws Error with the reason and what to do, for the caller to put behind the URL. What `receive` throws
/// ends the transfer and is thrown on.
inline HttpResponse http_get(const HttpRequest& request,
                             const std::function<void(const HttpResponse&, std::span<const std::byte>)>& receive) {
  return detail::HttpTransfer(request, receive).perform();
}

/// Sends the upload to the request's URL and gives what the server answers, whatever its status, without following
/// redirections. Throws Error with the reason and what to do, for the caller to put behind the URL, when there is no
/// whole answer, and when the file cannot be read.
inline HttpAnswer http_send(const HttpRequest& request, const HttpUpload& upload) {
  HttpAnswer answer;
  const auto receive = [&](const HttpResponse&, std::span<const std::byte> bytes) {
    answer.body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const std::function<void(const HttpResponse&, std::span<const std::byte>)> take = receive;
  answer.status = detail::HttpTransfer(request, take, &upload).perform().status;
  return answer;
}

}  // namespace hearth::download
