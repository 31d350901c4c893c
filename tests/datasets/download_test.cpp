/// Datasets that get their own files, from a server of the test's own.
#include <hearth/datasets/fashion_mnist.hpp>
#include <hearth/datasets/known_files.hpp>

#include <array>
#include <filesystem>
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
namespace fs = std::filesystem;

namespace {

// hashlib.md5(text).hexdigest() of b"images" and b"labels"
constexpr std::array<datasets::KnownFile, 2> small_files{
    datasets::KnownFile{"images.gz", "59b514174bffe4ae402b3d63aad79fe0"},
    datasets::KnownFile{"labels.gz", "42cecfeff00cc916fef4f64e7b921079"}};
constexpr std::array<std::string_view, 2> own_mirrors{"https://one.example/x/", "http://two.example"};
constexpr datasets::KnownFiles small{"Small", small_files, own_mirrors};

struct Direct {
  Environment no_proxy{"no_proxy", "127.0.0.1"};
  Environment no_proxy_either{"NO_PROXY", "127.0.0.1"};
  Environment mirror{"HEARTH_DATASETS_MIRROR"};
  TemporaryFolder folder;
};

/// A server that has both small files below /NAME/.
Reply small_reply(const Request& request) {
  const std::string& target = request.target;
  return target.ends_with("/images.gz")   ? Reply{.body = "images"}
         : target.ends_with("/labels.gz") ? Reply{.body = "labels"}
                                          : Reply{.status = 404};
}

}  // namespace

TEST_CASE_METHOD(Direct,
                 "A dataset is asked for at its mirrors, at the user's, or at the one that the environment names",
                 "[datasets]") {
  CHECK(datasets::addresses(small, "a.gz", {}) == Names{"https://one.example/x/a.gz", "http://two.example/a.gz"});
  {
    const Environment own("HEARTH_DATASETS_MIRROR", "http://mirror.example/data");
    CHECK(datasets::addresses(small, "a.gz", {}) == Names{"http://mirror.example/data/Small/a.gz"});
    CHECK(datasets::addresses(small, "a.gz", {"http://mine/"}) == Names{"http://mine/a.gz"});
  }
  CHECK(datasets::addresses(small, "a.gz", {"http://mine", "http://yours/"}) ==
        Names{"http://mine/a.gz", "http://yours/a.gz"});
}

TEST_CASE_METHOD(Direct, "The mirrors of MNIST and FashionMNIST are torchvision's, in its order", "[datasets]") {
  // torchvision.datasets.MNIST.mirrors, .resources, and FashionMNIST's
  CHECK(datasets::addresses(datasets::mnist_files(), "f", {}) ==
        Names{"https://ossci-datasets.s3.amazonaws.com/mnist/f", "http://yann.lecun.com/exdb/mnist/f"});
  CHECK(datasets::addresses(datasets::fashion_mnist_files(), "f", {}) ==
        Names{"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/f"});
}

TEST_CASE_METHOD(Direct, "What is not there is downloaded to where torchvision has it, and once", "[datasets]") {
  const LoopbackServer server(small_reply);
  const Environment own("HEARTH_DATASETS_MIRROR", server.url("/all"));
  datasets::download_idx_files(folder.path(), small, {});
  CHECK(read_text(folder / "Small/raw/images.gz") == "images");
  CHECK(read_text(folder / "Small/raw/labels.gz") == "labels");
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[0].target == "/all/Small/images.gz");
  datasets::download_idx_files(folder.path(), small, {});
  CHECK(server.requests().size() == 2);

  // Damaged since: it is brought again, and the other is not.
  folder.write("Small/raw/labels.gz", "labelS");
  datasets::download_idx_files(folder.path(), small, {});
  CHECK(read_text(folder / "Small/raw/labels.gz") == "labels");
  CHECK(server.requests().size() == 3);
}

TEST_CASE_METHOD(Direct,
                 "Files that the user has put there, and those that torchvision unpacked, are taken as they are",
                 "[datasets]") {
  const LoopbackServer server(small_reply);
  folder.write("images", "the user's");
  folder.write("Small/raw/labels", "unpacked");
  datasets::download_idx_files(folder.path(), small, {.mirrors = {server.url("/")}});
  CHECK(server.requests().empty());
}

TEST_CASE_METHOD(Direct, "FashionMNIST and MNIST ask the mirrors in turn, and refuse a file with another MD5",
                 "[datasets][fashion_mnist]") {
  const LoopbackServer server([](const Request& request) {
    return request.target.starts_with("/gone") ? Reply{.status = 404} : Reply{.body = "no images"};
  });
  const MNISTOptions options{.download = true, .mirrors = {server.url("/gone"), server.url("/other")}};
  const std::string error = error_of([&] { FashionMNIST data(folder / "data", Split::train, ToTensor{}, options); });
  CHECK_THAT(error,
             ContainsSubstring("FashionMNIST: cannot download train-images-idx3-ubyte.gz") &&
                 ContainsSubstring(server.url("/gone/train-images-idx3-ubyte.gz") + ": the server answered 404") &&
                 ContainsSubstring(server.url("/other/train-images-idx3-ubyte.gz") + ": the MD5") &&
                 ContainsSubstring("which does not begin with 8d4fb7e6c68d591d4c3dfef9ec88bf0d"));
  CHECK_FALSE(fs::exists(folder / "data/FashionMNIST/raw/train-images-idx3-ubyte.gz"));
  CHECK_THROWS_WITH(MNIST(folder / "data", Split::test, ToTensor{}, options),
                    ContainsSubstring("MNIST: cannot download train-images-idx3-ubyte.gz") &&
                        ContainsSubstring("f68b3c2dcbeaaa9fbdd348bbdeb94873"));
  CHECK_FALSE(fs::exists(folder / "data/MNIST/raw/train-images-idx3-ubyte.gz"));
}

TEST_CASE_METHOD(Direct, "Without the option nothing is asked for, and the error names it",
                 "[datasets][fashion_mnist]") {
  const LoopbackServer server(small_reply);
  const Environment own("HEARTH_DATASETS_MIRROR", server.url("/"));
  CHECK_THROWS_WITH(FashionMNIST{folder.path()}, ContainsSubstring("--download"));
  CHECK(server.requests().empty());
}

TEST_CASE_METHOD(Direct, "A dataset is downloaded from mirrors that are cut short, continued, and read",
                 "[datasets][fashion_mnist]") {
  // Three images of 2 x 2 and their labels, in the IDX format; hashlib.md5 of these bytes.
  const std::string images("\0\0\x08\3\0\0\0\3\0\0\0\2\0\0\0\2ABCDEFGHIJKL", 28);
  const std::string train("\0\0\x08\1\0\0\0\3\3\0\x09", 11);
  const std::string test("\0\0\x08\1\0\0\0\3\1\2\0", 11);
  static constexpr std::array<datasets::KnownFile, 4> files{
      datasets::KnownFile{"train-images-idx3-ubyte.gz", "af7c71de09efb9c767b403899fe10978"},
      datasets::KnownFile{"train-labels-idx1-ubyte.gz", "387a0c29e9e523fd57c96252a4b887a2"},
      datasets::KnownFile{"t10k-images-idx3-ubyte.gz", "af7c71de09efb9c767b403899fe10978"},
      datasets::KnownFile{"t10k-labels-idx1-ubyte.gz", "79d21c5aa00c78b8fa2c53a5517914be"}};
  const LoopbackServer server([&](const Request& request) {
    const bool is_labels = request.target.find("labels") != std::string::npos;
    const bool is_train = request.target.find("train") != std::string::npos;
    Reply reply = serve_file(request, !is_labels ? images : is_train ? train : test);
    if (request.target.starts_with("/first")) {
      reply.cut_after = 5;
    }
    return reply;
  });
  const MNISTOptions options{.download = true, .mirrors = {server.url("/first"), server.url("/second")}};
  const datasets::KnownFiles known{"Small", files, own_mirrors};
  const auto data =
      datasets::read_mnist(folder / "made/for/it", Split::test, known, datasets::mnist_classes(), options);
  CHECK(data.size() == 3);
  CHECK(data.label(1) == 2);
  CHECK(data.image(2).row(1)[1] == 'L');
  REQUIRE(server.requests().size() == 8);
  CHECK(server.requests()[1].target == "/second/train-images-idx3-ubyte.gz");
  CHECK(server.requests()[1].header("range") == "bytes=5-");
  // The other split is there, and nothing is asked for.
  CHECK(
      datasets::read_mnist(folder / "made/for/it", Split::train, known, datasets::mnist_classes(), options).label(2) ==
      9);
  CHECK(server.requests().size() == 8);
}
