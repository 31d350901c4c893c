/// Requests with a body, to a server of the test's own.
#include <hearth/download/http.hpp>

#include <atomic>
#include <chrono>
#include <string>

#include "catch.hpp"
#include "environment.hpp"
#include "loopback_server.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using namespace hearth_test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using download::http_send;

TEST_CASE("a body or a file is sent as it is, and the answer is given whatever its status", "[http]") {
  const Environment proxy("http_proxy");
  const LoopbackServer server([](const Request& request) {
    return Reply{.status = request.method == "PUT" ? 404 : 201, .body = "answer to " + request.method};
  });
  const TemporaryFolder folder;
  std::string large(300'000, '\0');  // more than libcurl reads at once
  for (std::size_t i = 0; i < large.size(); ++i) {
    large[i] = static_cast<char>(i * 31 % 251);
  }
  folder.write("large", large);
  const auto posted = http_send({.url = server.url("/a"), .headers = {"Content-Type: text/x"}}, {.body = "b\0y"});
  CHECK(posted.status == 201);
  CHECK(posted.body == "answer to POST");
  CHECK(http_send({.url = server.url("/b")}, {.method = "PUT", .file = folder / "large"}).status == 404);
  CHECK(http_send({.url = server.url("/c")}, {.method = "PUT", .body = large}).body == "answer to PUT");
  CHECK(http_send({.url = server.url("/d")}, {.method = "POST"}).status == 201);
  CHECK(http_send({.url = server.url("/e")}, {.method = "GET"}).body == "answer to GET");
  const auto asked = server.requests();
  REQUIRE(asked.size() == 5);
  CHECK(asked[0].header("content-type") == "text/x");
  CHECK(asked[0].body == "b");
  CHECK(asked[1].body == large);
  CHECK(asked[2].body == large);
  CHECK(asked[3].header("content-length") == "0");
  CHECK_FALSE(asked[3].headers.contains("expect"));
}

TEST_CASE("what was sent is sent to no other address, and a request ends when nobody waits for it", "[http]") {
  const Environment proxy("http_proxy");
  const LoopbackServer server([](const Request& request) {
    return request.target == "/moved" ? Reply{.status = 307, .headers = {"Location: /there"}}
                                      : Reply{.has_length = false, .cut_after = 0, .stalls = true};
  });
  CHECK(http_send({.url = server.url("/moved")}, {.body = "secret"}).status == 307);
  CHECK(server.requests().size() == 1);
  std::atomic<int> asked{0};
  CHECK_THROWS_WITH(http_send({.url = server.url("/stalls")}, {.is_left = [&] { return ++asked > 1; }}),
                    ContainsSubstring("nobody waits for it any more"));
  CHECK_THROWS_WITH(http_send({.url = server.url("/stalls")}, {.method = "PUT", .file = "/nowhere/file"}),
                    ContainsSubstring("/nowhere/file"));
}
