/// Downloads for the layers above: several addresses for a file, and programs that cannot download. The MD5 is
/// Python's: hashlib.md5(b"wanted").hexdigest().
#include <hearth/download/fetch.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
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

const std::string wanted = "wanted";
const std::string wanted_md5 = "dc1f3d93b4d480fdd3a7e22b44cff8ba";

/// A server with mirrors of every kind, by the first folder of what is asked.
struct Mirrors {
  Environment no_proxy{"no_proxy", "127.0.0.1"};
  Environment no_proxy_either{"NO_PROXY", "127.0.0.1"};
  TemporaryFolder folder;
  std::atomic<int> cuts = 0;
  LoopbackServer server{[this](const Request& request) {
    const std::string& target = request.target;
    if (target.starts_with("/gone")) {
      return Reply{.status = 404, .body = "no such file"};
    }
    if (target.starts_with("/silent")) {
      return Reply{.body = wanted, .cut_after = 0, .stalls = true};
    }
    if (target.starts_with("/other")) {
      return Reply{.body = "something else"};
    }
    Reply reply = serve_file(request, wanted);
    if (target.starts_with("/cut") && cuts++ == 0) {
      reply.cut_after = 2;
    }
    return reply;
  }};
  DownloadOptions options{.md5 = wanted_md5, .progress = false, .stall_timeout = std::chrono::milliseconds(200)};

  Names urls(const Names& folders) const {
    Names all;
    for (const std::string& name : folders) {
      all.push_back(server.url("/" + name + "/file.gz"));
    }
    return all;
  }

  Names asked() const {
    Names all;
    for (const Request& request : server.requests()) {
      all.push_back(request.target);
    }
    return all;
  }
};

/// A program without libcurl.
struct NoDownloader {
  NoDownloader() { download::downloader() = nullptr; }
  NoDownloader(const NoDownloader&) = delete;
  NoDownloader& operator=(const NoDownloader&) = delete;
  ~NoDownloader() { download::downloader() = before; }
  download::Downloader before = download::downloader();
};

}  // namespace

TEST_CASE_METHOD(Mirrors, "A mirror that has no file, falls silent or has another file is passed over", "[fetch]") {
  const std::string bad = GENERATE(as<std::string>(), "gone", "silent", "other");
  download::fetch_file(urls({bad, "good", "gone"}), folder / "file.gz", options);
  CHECK(read_text(folder / "file.gz") == wanted);
  CHECK(folder.names() == Names{"file.gz"});
  CHECK(asked() == Names{"/" + bad + "/file.gz", "/good/file.gz"});
}

TEST_CASE_METHOD(Mirrors, "What a mirror has sent before it was cut short is continued from the next", "[fetch]") {
  download::fetch_file(urls({"cut", "good"}), folder / "file.gz", options);
  CHECK(read_text(folder / "file.gz") == wanted);
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].target == "/good/file.gz");
  CHECK(server.requests()[1].header("range") == "bytes=2-");
}

TEST_CASE_METHOD(Mirrors, "When all mirrors fail the error says of each why, and no file is there", "[fetch]") {
  const Names all = urls({"gone", "silent", "other"});
  const std::string error = error_of([&] { download::fetch_file(all, folder / "file.gz", options); });
  CHECK_THAT(error, ContainsSubstring("cannot download file.gz: none of its 3 addresses gave it: (1) cannot download " +
                                      all[0] + ": the server answered 404") &&
                        ContainsSubstring("; (2) cannot download " + all[1] + ": nothing has come for") &&
                        ContainsSubstring("; (3) cannot download " + all[2] +
                                          ": the MD5 of what came is "
                                          "6c7ba9c5a141421e1c03cb9807c97c74, which does not begin with " +
                                          wanted_md5));
  CHECK(folder.names().empty());
}

TEST_CASE_METHOD(Mirrors, "A file with the right MD5 is not asked for again, and one with another is replaced",
                 "[fetch]") {
  folder.write("file.gz", wanted);
  download::fetch_file(urls({"good"}), folder / "file.gz", options);
  CHECK(server.requests().empty());
  folder.write("file.gz", "wanteD");
  download::fetch_file(urls({"good"}), folder / "file.gz", options);
  CHECK(read_text(folder / "file.gz") == wanted);
}

TEST_CASE_METHOD(Mirrors, "An MD5 that is none, or that comes with a SHA-256, is refused before anything is asked",
                 "[fetch]") {
  options.md5 = "dc1f3d93b4d480fdd3a7e22b44cff8baf";
  CHECK_THROWS_WITH(download::fetch_file(urls({"good"}), folder / "file.gz", options),
                    ContainsSubstring("md5 must be up to 32 hexadecimal digits"));
  options.md5 = wanted_md5;
  options.sha256 = "00";
  CHECK_THROWS_WITH(download::fetch_file(urls({"good"}), folder / "file.gz", options),
                    ContainsSubstring("give sha256 or md5, not both"));
  CHECK(server.requests().empty());
}

TEST_CASE_METHOD(Mirrors, "A program without libcurl says what to get and where to put it, and takes what is there",
                 "[fetch]") {
  const NoDownloader without;
  const Names all = urls({"good", "gone"});
  CHECK_THROWS_WITH(download::fetch_file(all, folder / "raw/file.gz", options),
                    ContainsSubstring("cannot download") && ContainsSubstring("hearth::download") &&
                        ContainsSubstring(all[0] + " or " + all[1]) &&
                        ContainsSubstring("put it into " + (folder / "raw").string() + " as file.gz"));
  folder.write("raw/file.gz", "there");
  download::fetch_file(all, folder / "raw/file.gz", options);
  CHECK(read_text(folder / "raw/file.gz") == "there");
  CHECK(server.requests().empty());
}
