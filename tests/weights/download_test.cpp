/// Weights by their URL, as torch.hub.load_state_dict_from_url gets them.
#include <hearth/weights/download.hpp>

#include <chrono>
#include <filesystem>
#include <string>

#include "catch.hpp"
#include "environment.hpp"
#include "loopback_server.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::Environment;
using hearth_test::LoopbackServer;
using hearth_test::read_text;
using hearth_test::Reply;
using hearth_test::Request;
using hearth_test::TemporaryFolder;

TEST_CASE("The file's name is that of the URL's path, as Python's urlparse has it", "[weights]") {
  // os.path.basename(urllib.parse.urlparse(url).path)
  CHECK(weights::url_file_name("https://example.com/a/resnet50-11ad3fa6.pth") == "resnet50-11ad3fa6.pth");
  CHECK(weights::url_file_name("https://example.com/m-v2-ab.pth?x=1/2#f") == "m-v2-ab.pth");
  CHECK(weights::url_file_name("https://example.com/x;v=1/y-0a;z=2.pth") == "y-0a");
  CHECK(weights::url_file_name("https://example.com/a%20b-.pth") == "a%20b-.pth");
  CHECK(weights::url_file_name("https://example.com/dir/").empty());
  CHECK(weights::url_file_name("https://example.com").empty());
  CHECK(weights::url_file_name("https://example.com?x=a/b.pth").empty());
}

TEST_CASE("The hash in a name is what torch.hub's regular expression finds", "[weights]") {
  // re.search(r"-([a-f0-9]*)\.", name)
  CHECK(weights::hash_in_name("resnet50-11ad3fa6.pth") == "11ad3fa6");
  CHECK(weights::hash_in_name("m-v2-ab.pth") == "ab");
  CHECK(weights::hash_in_name("a-12.3-45.pth") == "12");
  CHECK(weights::hash_in_name("a--7.pth") == "7");
  CHECK(weights::hash_in_name("a-.pth").empty());
  CHECK(weights::hash_in_name("y-0a").empty());
  CHECK(weights::hash_in_name("a-AB.pth").empty());
  CHECK(weights::hash_in_name("resnet50.pth").empty());
}

TEST_CASE("Weights are downloaded into the cache, checked by their name's hash, once", "[weights]") {
  const Environment no_proxy("no_proxy", "127.0.0.1");
  const TemporaryFolder folder;
  const Environment torch_home("TORCH_HOME", folder.path().string());
  const LoopbackServer server([](const Request&) { return Reply{.body = "abc"}; });  // SHA-256 ba7816bf...

  const auto path = download_weights(server.url("/models/net-ba7816bf.pth?download=1"));
  CHECK(path == folder / "hub/checkpoints/net-ba7816bf.pth");
  CHECK(read_text(path) == "abc");
  CHECK(find_weights("net-ba7816bf.pth") == path);
  CHECK(server.requests().size() == 1);
  CHECK(download_weights(server.url("/models/net-ba7816bf.pth")) == path);
  CHECK(server.requests().size() == 1);

  CHECK_THROWS_WITH(download_weights(server.url("/net-ba7816be.pth")),
                    ContainsSubstring(server.url("/net-ba7816be.pth")) && ContainsSubstring("begin with ba7816be"));
  CHECK_FALSE(std::filesystem::exists(folder / "hub/checkpoints/net-ba7816be.pth"));
  CHECK(read_text(download_weights(server.url("/net-ba7816be.pth"), {.check_hash = false})) == "abc");
  CHECK(read_text(download_weights(server.url("/net.pth"))) == "abc");

  CHECK(download_weights(server.url("/net.pth"), {.folder = folder / "own"}) == folder / "own/net.pth");
  CHECK(read_text(folder / "own/net.pth") == "abc");
}

TEST_CASE("Weights that are in the cache already are taken as they are", "[weights]") {
  const TemporaryFolder folder;
  const Environment torch_home("TORCH_HOME", folder.path().string());
  const auto cached = folder.write("hub/checkpoints/net-00000000.pth", "Python's");
  CHECK(download_weights("https://example.com/net-00000000.pth") == cached);
  CHECK(read_text(cached) == "Python's");
}

TEST_CASE("A URL that ends in no file's name is refused", "[weights]") {
  CHECK_THROWS_WITH(download_weights("https://example.com/models/"),
                    "download_weights: https://example.com/models/ does not end in a file's name");
  CHECK_THROWS_WITH(download_weights("https://example.com/models/.."), ContainsSubstring("file's name"));
}

TEST_CASE("Weights come from a mirror's folder in place of the URL's", "[weights]") {
  const Environment no_proxy("no_proxy", "127.0.0.1");
  const TemporaryFolder folder;
  const LoopbackServer server([](const Request&) { return Reply{.body = "abc"}; });
  const std::string url = "https://example.com/models/net-ba7816bf.pth?x=1";
  for (const std::string mirror : {"/a/b", "/c/"}) {
    const auto path = download_weights(url, {.folder = folder / mirror.substr(1), .mirror = server.url(mirror)});
    CHECK(read_text(path) == "abc");
    CHECK(path.filename() == "net-ba7816bf.pth");
  }
  CHECK(server.requests()[0].target == "/a/b/net-ba7816bf.pth");
  CHECK(server.requests()[1].target == "/c/net-ba7816bf.pth");
}

TEST_CASE("A server of weights that falls silent is an error that says so", "[weights]") {
  const Environment no_proxy("no_proxy", "127.0.0.1");
  const TemporaryFolder folder;
  const LoopbackServer server([](const Request&) { return Reply{.body = "abc", .cut_after = 1, .stalls = true}; });
  CHECK_THROWS_WITH(download_weights(server.url("/net.pth"),
                                     {.folder = folder.path(), .stall_timeout = std::chrono::milliseconds(200)}),
                    ContainsSubstring(server.url("/net.pth")) && ContainsSubstring("nothing has come for"));
  CHECK_FALSE(std::filesystem::exists(folder / "net.pth"));
}
