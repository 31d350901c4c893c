/// Downloads from a server of the test's own. The hashes are Python's: hashlib.sha256(pattern).hexdigest(), with
/// pattern = bytes(i * 31 % 251 for i in range(300000)), and 37 in place of 31 for the changed file.
#include <hearth/download/download.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "environment.hpp"
#include "loopback_server.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::Environment;
using hearth_test::error_of;
using hearth_test::LoopbackServer;
using hearth_test::read_text;
using hearth_test::Reply;
using hearth_test::Request;
using hearth_test::serve_file;
using hearth_test::TemporaryFolder;
using Names = std::vector<std::string>;

namespace {

const std::string file_sha256 = "4b842fb90e12c8e34f6484748f2e67e138ec9c7c53f72a919f9919c180c6f8d4";
const std::string changed_sha256 = "410b998f3a80e01d6660fb30d6cd0afda24e8bf11dce0888b2b70088ff7e7c05";

std::string pattern(std::size_t step) {
  std::string bytes(300'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i * step % 251);
  }
  return bytes;
}

const std::string file = pattern(31);
const std::string changed = pattern(37);

/// Only the first of its answers, cut after so many bytes.
class CutOnce {
 public:
  explicit CutOnce(std::size_t after) : after_(after) {}

  Reply operator()(Reply reply) {
    if (!done_.exchange(true)) {
      reply.cut_after = after_;
    }
    return reply;
  }

 private:
  std::size_t after_;
  std::atomic<bool> done_ = false;
};

/// No proxy of this machine's stands between the test and its server.
struct Direct {
  Environment no_proxy{"no_proxy", "127.0.0.1"};
  Environment no_proxy_either{"NO_PROXY", "127.0.0.1"};
  TemporaryFolder folder;
};

Names sorted_names(const TemporaryFolder& folder) {
  Names names = folder.names();
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE_METHOD(Direct, "A file is downloaded whole, and asked for once", "[download]") {
  const LoopbackServer server([](const Request& request) { return serve_file(request, file); });
  const auto path = folder / "made/for/it/weights.pth";
  download_file(server.url("/weights.pth?version=2"), path, {.sha256 = file_sha256});
  CHECK((read_text(path) == file));
  CHECK(std::filesystem::directory_iterator(path.parent_path())->path() == path);
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].target == "/weights.pth?version=2");
  CHECK(server.requests()[0].header("range").empty());

  download_file(server.url("/weights.pth"), path, {.sha256 = file_sha256.substr(0, 8)});
  download_file(server.url("/weights.pth"), path);
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(Direct, "A file that has another hash is replaced", "[download]") {
  const LoopbackServer server([](const Request& request) { return serve_file(request, file); });
  const auto path = folder.write("weights.pth", "older");
  download_file(server.url("/weights.pth"), path, {.sha256 = "4B842FB9"});
  CHECK((read_text(path) == file));
}

TEST_CASE_METHOD(Direct, "An empty file and one of unknown length are files too", "[download]") {
  const LoopbackServer server([](const Request& request) {
    return Reply{.body = request.target == "/empty" ? "" : "short", .has_length = request.target != "/endless"};
  });
  download_file(server.url("/empty"), folder / "empty");
  download_file(server.url("/endless"), folder / "endless");
  CHECK(read_text(folder / "empty").empty());
  CHECK(read_text(folder / "endless") == "short");
  CHECK(sorted_names(folder) == Names{"empty", "endless"});
}

TEST_CASE_METHOD(Direct, "A download that was cut goes on where it ended", "[download]") {
  CutOnce cut(100'000);
  const LoopbackServer server([&](const Request& request) { return cut(serve_file(request, file)); });
  const auto path = folder / "weights.pth";
  const std::string url = server.url("/weights.pth");
  // Without a hash too: the ETag tells that the file is the same.
  const DownloadOptions options{.sha256 = GENERATE(as<std::string>(), "", file_sha256)};

  CHECK_THROWS_WITH(download_file(url, path, options),
                    ContainsSubstring("cannot download " + url) && ContainsSubstring("200000 bytes remaining") &&
                        ContainsSubstring("(0.1 MB have come; the next try goes on from there)"));
  CHECK(sorted_names(folder) == Names{"weights.pth.part", "weights.pth.part.source"});
  CHECK(std::filesystem::file_size(folder / "weights.pth.part") == 100'000);

  download_file(url, path, options);
  CHECK((read_text(path) == file));
  CHECK(folder.names() == Names{"weights.pth"});
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].header("range") == "bytes=100000-");
  CHECK(server.requests()[1].header("if-range") == "\"1\"");
  CHECK(server.bytes_sent() == file.size());
}

TEST_CASE_METHOD(Direct, "Without an ETag the time of the last change tells that the file is the same", "[download]") {
  const std::string date = "Wed, 21 Oct 2015 07:28:00 GMT";
  CutOnce cut(100'000);
  const LoopbackServer server([&](Request request) {
    if (request.header("if-range") == date) {
      request.headers.erase("if-range");
    }
    Reply reply = serve_file(request, file, "W/\"weak\"");
    reply.headers.push_back("LAST-MODIFIED:  " + date + " ");
    return cut(reply);
  });
  CHECK_THROWS_AS(download_file(server.url("/f"), folder / "weights.pth"), Error);
  download_file(server.url("/f"), folder / "weights.pth");
  CHECK((read_text(folder / "weights.pth") == file));
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].header("if-range") == date);
  CHECK(server.bytes_sent() == file.size());
}

TEST_CASE_METHOD(Direct, "A server that ignores ranges sends the file anew", "[download]") {
  CutOnce cut(100'000);
  const LoopbackServer server([&](const Request&) { return cut(Reply{.headers = {"ETag: \"1\""}, .body = file}); });
  const auto path = folder / "weights.pth";
  CHECK_THROWS_AS(download_file(server.url("/f"), path), Error);
  download_file(server.url("/f"), path);
  CHECK((read_text(path) == file));
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].header("range") == "bytes=100000-");
}

TEST_CASE_METHOD(Direct, "Nothing is resumed when nobody can tell that it is the same file", "[download]") {
  CutOnce cut(100'000);
  const std::string etag = GENERATE(as<std::string>(), "", "W/\"weak\"");
  const LoopbackServer server([&](const Request& request) { return cut(serve_file(request, file, etag)); });
  const auto path = folder / "weights.pth";
  const std::string error = error_of([&] { download_file(server.url("/f"), path); });
  CHECK_THAT(error, ContainsSubstring("cannot download") && !ContainsSubstring("next try"));
  CHECK(folder.names().empty());
  download_file(server.url("/f"), path);
  CHECK((read_text(path) == file));
  CHECK(server.requests()[1].header("range").empty());
}

TEST_CASE_METHOD(Direct, "A file that changed meanwhile is downloaded anew", "[download]") {
  const bool honours_if_range = GENERATE(true, false);
  CutOnce cut(100'000);
  std::atomic<bool> is_changed = false;
  const LoopbackServer server([&](Request request) {
    if (!honours_if_range) {
      request.headers.erase("if-range");
    }
    return cut(is_changed ? serve_file(request, changed, "\"2\"") : serve_file(request, file));
  });
  const auto path = folder / "weights.pth";
  CHECK_THROWS_AS(download_file(server.url("/f"), path), Error);
  is_changed = true;
  download_file(server.url("/f"), path);
  CHECK((read_text(path) == changed));
  CHECK(folder.names() == Names{"weights.pth"});
  CHECK(server.requests().size() == (honours_if_range ? 2 : 3));
}

TEST_CASE_METHOD(Direct, "Where only the hash can tell that the file changed, it starts over once", "[download]") {
  CutOnce cut(100'000);
  std::atomic<bool> is_changed = false;
  const LoopbackServer server([&](const Request& request) {
    return cut(is_changed ? serve_file(request, changed, "") : serve_file(request, file, ""));
  });
  const auto path = folder / "weights.pth";
  CHECK_THROWS_AS(download_file(server.url("/f"), path, {.sha256 = changed_sha256}), Error);
  is_changed = true;
  download_file(server.url("/f"), path, {.sha256 = changed_sha256});
  CHECK((read_text(path) == changed));
  REQUIRE(server.requests().size() == 3);
  CHECK(server.requests()[1].header("range") == "bytes=100000-");
  CHECK(server.requests()[2].header("range").empty());
}

TEST_CASE_METHOD(Direct, "The part of another address is not continued, unless the hash will tell", "[download]") {
  CutOnce cut(100'000);
  const LoopbackServer server(
      [&](const Request& request) { return cut(serve_file(request, request.target == "/old" ? file : changed)); });
  const auto path = folder / "weights.pth";
  CHECK_THROWS_AS(download_file(server.url("/old"), path), Error);
  download_file(server.url("/new"), path);
  CHECK((read_text(path) == changed));
  CHECK(server.requests()[1].header("range").empty());
}

TEST_CASE_METHOD(Direct, "The part of another address is continued when the hash will tell", "[download]") {
  CutOnce cut(100'000);
  const LoopbackServer server([&](const Request& request) { return cut(serve_file(request, file)); });
  const auto path = folder / "weights.pth";
  CHECK_THROWS_AS(download_file(server.url("/weights?signature=1"), path), Error);
  download_file(server.url("/weights?signature=2"), path, {.sha256 = file_sha256});
  CHECK((read_text(path) == file));
  CHECK(server.bytes_sent() == file.size());
}

TEST_CASE_METHOD(Direct, "A part that is complete already becomes the file", "[download]") {
  const LoopbackServer server([](const Request& request) { return serve_file(request, file); });
  folder.write("weights.pth.part", file);
  download_file(server.url("/f"), folder / "weights.pth", {.sha256 = file_sha256});
  CHECK((read_text(folder / "weights.pth") == file));
  CHECK(folder.names() == Names{"weights.pth"});
  CHECK(server.requests().size() == 1);
  CHECK(server.bytes_sent() == std::string_view("no such range").size());
}

TEST_CASE_METHOD(Direct, "A part that is longer than the file is dropped", "[download]") {
  const LoopbackServer server([](const Request& request) { return serve_file(request, file); });
  folder.write("weights.pth.part", file + "and more");
  download_file(server.url("/f"), folder / "weights.pth", {.sha256 = file_sha256});
  CHECK((read_text(folder / "weights.pth") == file));
  CHECK(server.requests().size() == 2);
}

TEST_CASE_METHOD(Direct, "A wrong hash is an error, and leaves nothing", "[download]") {
  const LoopbackServer server([](const Request& request) { return serve_file(request, file); });
  CHECK_THROWS_WITH(download_file(server.url("/f"), folder / "weights.pth", {.sha256 = "4b842fb8"}),
                    ContainsSubstring("cannot download " + server.url("/f")) &&
                        ContainsSubstring(file_sha256 + ", which does not begin with 4b842fb8") &&
                        ContainsSubstring("check_hash = false, or download with an empty sha256"));
  CHECK(folder.names().empty());
  CHECK(server.requests().size() == 1);

  const auto kept = folder.write("kept.pth", "older");
  CHECK_THROWS_AS(download_file(server.url("/f"), kept, {.sha256 = "4b842fb8"}), Error);
  CHECK(read_text(kept) == "older");
  CHECK(folder.names() == Names{"kept.pth"});
}

TEST_CASE_METHOD(Direct, "An answer that is no success is an error, and its page is not taken for the file",
                 "[download]") {
  const LoopbackServer server([](const Request& request) {
    return Reply{.status = std::stoi(request.target.substr(1)), .body = "a page that says so"};
  });
  const auto message = [&](const std::string& target) {
    return error_of([&] { download_file(server.url(target), folder / "weights.pth"); });
  };
  CHECK(message("/404") == "cannot download " + server.url("/404") + ": the server answered 404; check the address");
  CHECK_THAT(message("/403"), ContainsSubstring("answered 403; it asks for rights"));
  CHECK_THAT(message("/503"), ContainsSubstring("answered 503; try again later"));
  CHECK_THAT(message("/204"), ContainsSubstring("answered 204"));
  CHECK_THAT(message("/304"), ContainsSubstring("answered 304"));
  CHECK_THAT(message("/206"), ContainsSubstring("part of the file that was not asked for"));
  CHECK_THAT(message("/416"), ContainsSubstring("answered 416"));
  CHECK(folder.names().empty());
}

TEST_CASE_METHOD(Direct, "A passing failure keeps what has come", "[download]") {
  std::atomic<int> count = 0;
  const LoopbackServer server([&](const Request& request) {
    Reply reply = serve_file(request, file);
    if (count == 0) {
      reply.cut_after = 100'000;
    }
    return ++count == 2 ? Reply{.status = 503} : reply;
  });
  const auto path = folder / "weights.pth";
  CHECK_THROWS_AS(download_file(server.url("/f"), path), Error);
  CHECK_THROWS_WITH(download_file(server.url("/f"), path),
                    ContainsSubstring("answered 503") && ContainsSubstring("0.1 MB"));
  download_file(server.url("/f"), path);
  CHECK((read_text(path) == file));
  CHECK(server.bytes_sent() == file.size());
}

TEST_CASE_METHOD(Direct, "Redirections are followed, but not out of http and https or in circles", "[download]") {
  const LoopbackServer server([&](const Request& request) {
    const auto to = [](const std::string& target) {
      return Reply{.status = 302, .headers = {"Location: " + target, "ETag: \"of the redirection\""}, .body = "moved"};
    };
    if (request.target == "/circle") {
      return to("/circle");
    }
    if (request.target == "/file") {
      return to("file:///etc/hostname");
    }
    if (request.target == "/cut") {
      return Reply{.body = file, .cut_after = 1000};
    }
    if (request.target == "/to/cut") {
      return to("/cut");
    }
    return request.target == "/there" ? serve_file(request, file) : to("/there");
  });
  download_file(server.url("/here"), folder / "weights.pth", {.sha256 = file_sha256});
  CHECK(server.requests().size() == 2);
  CHECK_THROWS_WITH(download_file(server.url("/file"), folder / "file"), ContainsSubstring("may be http and https"));
  CHECK_THROWS_WITH(download_file(server.url("/circle"), folder / "circle"),
                    ContainsSubstring("cannot download " + server.url("/circle")) && ContainsSubstring("redirects"));
  // The ETag of a redirection says nothing of the file.
  CHECK_THAT(error_of([&] { download_file(server.url("/to/cut"), folder / "cut"); }),
             ContainsSubstring("bytes remaining") && !ContainsSubstring("next try"));
  CHECK(folder.names() == Names{"weights.pth"});
}

TEST_CASE_METHOD(Direct, "A refused connection is an error that names the address", "[download]") {
  std::string url;
  {
    const LoopbackServer server([](const Request&) { return Reply{}; });
    url = server.url("/weights.pth");
  }
  CHECK_THROWS_WITH(download_file(url, folder / "weights.pth"),
                    ContainsSubstring("cannot download " + url + ": ") && ContainsSubstring("connect") &&
                        ContainsSubstring("check the address, the network"));
  CHECK(folder.names().empty());
}

TEST_CASE_METHOD(Direct, "A server that takes no call is given up", "[download]") {
  // The queue of those that wait to be accepted is full: the system answers no further ones.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener, any, size) == 0);
  REQUIRE(::listen(listener, 0) == 0);
  REQUIRE(::getsockname(listener, any, &size) == 0);
  std::vector<int> callers;
  for (int i = 0; i < 4; ++i) {
    callers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(callers.back(), any, size));
  }
  const std::string url = fmt::format("http://127.0.0.1:{}/weights.pth", ntohs(address.sin_port));
  const std::string error = error_of(
      [&] { download_file(url, folder / "weights.pth", {.connect_timeout = std::chrono::milliseconds(200)}); });
  CHECK_THAT(error, ContainsSubstring("cannot download " + url) && ContainsSubstring("check the address, the network"));
  CHECK(folder.names().empty());
  for (const int caller : callers) {
    ::close(caller);
  }
  ::close(listener);
}

TEST_CASE_METHOD(Direct, "A server that falls silent is given up, before its answer or in it", "[download]") {
  const std::size_t after = GENERATE(std::size_t{0}, std::size_t{1000});
  const LoopbackServer server([&](const Request& request) {
    Reply reply = serve_file(request, file);
    reply.cut_after = after;
    reply.stalls = true;
    return reply;
  });
  CHECK_THROWS_WITH(
      download_file(server.url("/f"), folder / "weights.pth", {.stall_timeout = std::chrono::milliseconds(200)}),
      ContainsSubstring("cannot download " + server.url("/f")) && ContainsSubstring("nothing has come for"));
  CHECK(std::filesystem::exists(folder / "weights.pth.part") == (after > 0));
}

TEST_CASE_METHOD(Direct, "A disk without room is an error, and the download goes on when there is some", "[download]") {
  // A limit on the size of files stands in for the full disk: writing past it fails (EFBIG where that is ENOSPC).
  const LoopbackServer server([](const Request& request) { return serve_file(request, file); });
  const auto path = folder / "weights.pth";
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit limit{100'000, before.rlim_max};
  ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const std::string error = error_of([&] { download_file(server.url("/f"), path); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_DFL);
  CHECK_THAT(error, ContainsSubstring("cannot download " + server.url("/f") + ": cannot write " + path.string()) &&
                        ContainsSubstring("File too large") && ContainsSubstring("0.1 MB have come"));
  CHECK_FALSE(std::filesystem::exists(path));
  download_file(server.url("/f"), path);
  CHECK((read_text(path) == file));
  CHECK(server.requests()[1].header("range") == "bytes=100000-");
}

TEST_CASE_METHOD(Direct, "Of many that want a file at once, one gets it and the others wait", "[download]") {
  const LoopbackServer server([](const Request& request) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return serve_file(request, file);
  });
  const auto path = folder / "weights.pth";
  std::atomic<int> complete = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      download_file(server.url("/f"), path, {.sha256 = file_sha256.substr(0, 8)});
      complete += read_text(path) == file ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(complete == 8);
  CHECK(server.requests().size() == 1);
  CHECK(folder.names() == Names{"weights.pth"});
}

TEST_CASE_METHOD(Direct, "When the one that downloads fails, one that waits goes on", "[download]") {
  CutOnce cut(100'000);
  const LoopbackServer server([&](const Request& request) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return cut(serve_file(request, file));
  });
  const auto path = folder / "weights.pth";
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { failed += error_of([&] { download_file(server.url("/f"), path); }).empty() ? 0 : 1; });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(failed == 1);
  CHECK((read_text(path) == file));
  CHECK(server.requests().size() == 2);
  CHECK(server.bytes_sent() == file.size());
}

TEST_CASE("The proxy of the environment is asked", "[download]") {
  const TemporaryFolder folder;
  const LoopbackServer proxy([](const Request& request) { return serve_file(request, file); });
  const Environment http_proxy("http_proxy", proxy.url(""));
  const Environment no_proxy("no_proxy");
  const Environment no_proxy_either("NO_PROXY");
  download_file("http://example.com/weights.pth", folder / "weights.pth", {.sha256 = file_sha256});
  REQUIRE(proxy.requests().size() == 1);
  CHECK(proxy.requests()[0].target == "http://example.com/weights.pth");
}

TEST_CASE_METHOD(Direct, "A folder that cannot be written to is an error that names the address and the file",
                 "[download]") {
  const LoopbackServer server([](const Request& request) { return serve_file(request, file); });
  folder.write("plain", "not a folder");
  CHECK_THROWS_WITH(download_file(server.url("/f"), folder / "plain/weights.pth"),
                    ContainsSubstring("cannot download " + server.url("/f") + ": cannot make the folder " +
                                      (folder / "plain").string()));
  CHECK_THROWS_WITH(download_file(server.url("/f"), "/proc/weights.pth"),
                    ContainsSubstring("cannot download " + server.url("/f") + ": cannot write /proc/weights.pth.part"));
  CHECK(server.requests().empty());
}

TEST_CASE("What a Content-Range tells", "[download]") {
  // RFC 9110, 14.4
  const auto tells = [](std::string_view header, std::int64_t first, std::int64_t total) {
    const download::ContentRange range = download::parse_content_range(header);
    return range.first == first && range.total == total;
  };
  CHECK(tells("bytes 42-1233/1234", 42, 1234));
  CHECK(tells("bytes 42-1233/*", 42, -1));
  CHECK(tells("bytes */1234", -1, 1234));
  CHECK(tells("seconds 1-2/3", -1, -1));
  CHECK(tells("bytes ", -1, -1));
  CHECK(tells("", -1, -1));
}

TEST_CASE("Wrong options are refused in a sentence", "[download]") {
  const TemporaryFolder folder;
  const auto path = folder / "weights.pth";
  CHECK_THROWS_WITH(download_file("ftp://example.com/f", path), ContainsSubstring("ftp://example.com/f is no address"));
  CHECK_THROWS_WITH(download_file("/etc/hostname", path), ContainsSubstring("begins with http:// or https://"));
  CHECK_THROWS_WITH(download_file("https://example.com/f", path, {.sha256 = "xyz"}),
                    ContainsSubstring("hexadecimal digits, but is \"xyz\""));
  CHECK_THROWS_WITH(download_file("https://example.com/f", path, {.connect_timeout = std::chrono::milliseconds(0)}),
                    ContainsSubstring("must be more than 0, but are 0 ms and 60000 ms"));
  CHECK_THROWS_WITH(download_file("https://example.com/f", path, {.stall_timeout = std::chrono::seconds(-1)}),
                    ContainsSubstring("30000 ms and -1000 ms"));
  CHECK_THROWS_WITH(download_file("https://example.com/f", folder.path()), ContainsSubstring("not a folder's"));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(download_file("https://example.com/f", folder / "pipe", {.sha256 = "00"}),
                    ContainsSubstring("pipe is there, and is no regular file"));
  std::filesystem::remove(folder / "pipe");
  CHECK(folder.names().empty());
}
