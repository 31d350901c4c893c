/// A web server on this machine's loopback that answers as a test says, and counts what it is asked.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth_test {

struct Request {
  std::string method;                          ///< "GET"
  std::string target;                          ///< "/weights.pth?x=1"
  std::map<std::string, std::string> headers;  ///< by their lower-case names
  std::string body;                            ///< as long as Content-Length says

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  }
};

struct Reply {
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  int status = 200;
  std::vector<std::string> headers = {};
  std::string body = {};
  bool has_length = true;       ///< sends Content-Length
  std::size_t cut_after = all;  ///< closes the connection after so many bytes of the body
  bool stalls = false;          ///< after those bytes (none, when `cut_after` is 0) stays silent instead of closing
};

/// Answers as a server of files does: with all of the body, or with the range that is asked for, if the file's version
/// is the one that If-Range names.
inline Reply serve_file(const Request& request, const std::string& body, const std::string& etag = "\"1\"") {
  Reply reply{.headers = {"Accept-Ranges: bytes"}, .body = body};
  if (!etag.empty()) {
    reply.headers.push_back("ETag: " + etag);
  }
  const std::string range = request.header("range");
  const std::string version = request.header("if-range");
  if (range.empty() || (!version.empty() && version != etag)) {
    return reply;
  }
  const std::size_t first = std::stoul(range.substr(std::string("bytes=").size()));
  if (first >= body.size()) {
    return {.status = 416, .headers = {fmt::format("Content-Range: bytes */{}", body.size())}, .body = "no such range"};
  }
  reply.status = 206;
  reply.headers.push_back(fmt::format("Content-Range: bytes {}-{}/{}", first, body.size() - 1, body.size()));
  reply.body = body.substr(first);
  return reply;
}

/// Each connection has a thread and carries one request.
class LoopbackServer {
 public:
  using Answer = std::function<Reply(const Request&)>;

  explicit LoopbackServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const bool ready = listener_ >= 0 && ::bind(listener_, any, size) == 0 && ::listen(listener_, 64) == 0 &&
                       ::getsockname(listener_, any, &size) == 0 && ::pipe(stop_) == 0;
    hearth::core::require(ready, "the tests' server cannot listen on the loopback");
    port_ = ntohs(address.sin_port);
    accepter_ = std::thread([this] { accept_all(); });
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer() {
    ::close(stop_[1]);  // wakes all that wait
    accepter_.join();
    for (std::thread& connection : connections_) {
      connection.join();
    }
    ::close(stop_[0]);
    ::close(listener_);
  }

  std::uint16_t port() const noexcept { return port_; }

  std::string url(std::string_view target) const { return fmt::format("http://127.0.0.1:{}{}", port_, target); }

  /// What was asked so far.
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  /// How many bytes of bodies were put on the way so far.
  std::size_t bytes_sent() const {
    const std::lock_guard lock(mutex_);
    return bytes_sent_;
  }

 private:
  /// Waits until there is something to read; false when the server stops.
  bool wait(int descriptor) const {
    pollfd watched[] = {{.fd = stop_[0], .events = POLLIN, .revents = 0},
                        {.fd = descriptor, .events = POLLIN, .revents = 0}};
    while (::poll(watched, descriptor < 0 ? 1 : 2, -1) < 0) {
    }
    return watched[0].revents == 0;
  }

  void accept_all() {
    while (wait(listener_)) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      connections_.emplace_back([this, connection] {
        serve(connection);
        ::close(connection);
      });
    }
  }

  void serve(int connection) {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      char part[4096];
      const ssize_t count = wait(connection) ? ::recv(connection, part, sizeof part, 0) : 0;
      if (count <= 0) {
        return;
      }
      head.append(part, static_cast<std::size_t>(count));
    }
    Request request = parse(head);
    const std::string length = request.header("content-length");
    request.body = head.substr(head.find("\r\n\r\n") + 4);
    while (!length.empty() && request.body.size() < std::stoul(length)) {
      char part[4096];
      const ssize_t count = wait(connection) ? ::recv(connection, part, sizeof part, 0) : 0;
      if (count <= 0) {
        return;
      }
      request.body.append(part, static_cast<std::size_t>(count));
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const Reply reply = answer_(request);
    std::string answer = fmt::format("HTTP/1.1 {} Answer\r\nConnection: close\r\n", reply.status);
    if (reply.has_length) {
      answer += fmt::format("Content-Length: {}\r\n", reply.body.size());
    }
    for (const std::string& header : reply.headers) {
      answer += header + "\r\n";
    }
    const std::string body = reply.body.substr(0, reply.cut_after);
    {
      const std::lock_guard lock(mutex_);
      bytes_sent_ += body.size();
    }
    send_all(connection, answer + "\r\n" + body);
    if (reply.stalls) {
      wait(-1);
    }
  }

  static Request parse(const std::string& head) {
    Request request;
    const std::size_t begin = head.find(' ') + 1;
    request.method = head.substr(0, begin - 1);
    request.target = head.substr(begin, head.find(' ', begin) - begin);
    for (std::size_t line = head.find("\r\n") + 2; head.compare(line, 2, "\r\n") != 0;) {
      const std::size_t end = head.find("\r\n", line);
      const std::size_t colon = head.find(": ", line);
      std::string name = head.substr(line, colon - line);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
      request.headers[name] = head.substr(colon + 2, end - colon - 2);
      line = end + 2;
    }
    return request;
  }

  static void send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) {
        return;
      }
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  Answer answer_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::size_t bytes_sent_ = 0;
  std::vector<std::thread> connections_;  // touched by the accepting thread, and after its end
  std::thread accepter_;
};

}  // namespace hearth_test
