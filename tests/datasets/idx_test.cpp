#include <hearth/core/random.hpp>
#include <hearth/datasets/fashion_mnist.hpp>
#include <hearth/datasets/gzip.hpp>
#include <hearth/datasets/idx.hpp>

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "data/recording_sink.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::error_of;
using hearth_test::read_text;
using hearth_test::RecordingSink;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

fs::path reference(const std::string& name) {
  return fs::path(HEARTH_TEST_DIR) / "datasets/reference" / name;
}

/// An IDX file's bytes by its definition.
std::string idx(std::initializer_list<std::uint32_t> dimensions, const std::string& values) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(dimensions.size())};
  for (const std::uint32_t size : dimensions) {
    for (const int shift : {24, 16, 8, 0}) {
      bytes += static_cast<char>(size >> shift & 0xFF);
    }
  }
  return bytes + values;
}

std::string idx_error(const std::string& bytes) {
  return error_of([&] { datasets::parse_idx(std::as_bytes(std::span(bytes)), "a.idx"); });
}

/// Three images of 2 x 2 and their labels, as `split`'s files.
void write_mnist(const TemporaryFolder& folder, const fs::path& below, const std::string& split,
                 const std::string& labels = {'\3', '\0', '\x09'}) {
  folder.write(below / (split + "-images-idx3-ubyte"), idx({3, 2, 2}, "ABCDEFGHIJKL"));
  folder.write(below / (split + "-labels-idx1-ubyte"), idx({static_cast<std::uint32_t>(labels.size())}, labels));
}

std::vector<std::string> lines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) {
    all.push_back(line);
  }
  return all;
}

}  // namespace

TEST_CASE("IDX files are read plain and packed, whatever their gzip header has", "[idx]") {
  for (const std::string name : {"plain.idx", "packed.idx.gz", "stored.idx.gz", "full_header.idx.gz"}) {
    INFO(name);
    const datasets::IdxArray array = datasets::read_idx(reference(name));
    CHECK(array.dimensions == std::vector<std::size_t>{2, 3, 2});
    CHECK(array.values == std::vector<std::uint8_t>{0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220});
  }
}

TEST_CASE("An IDX header that promises more or less than is there is an error that names the file", "[idx]") {
  CHECK_THAT(idx_error(idx({3, 2, 2}, "ABCDEFGHIJK")),
             ContainsSubstring("a.idx is cut short: its IDX header promises 12 values, but 11 are there"));
  CHECK_THAT(idx_error(idx({3, 2, 2}, "ABCDEFGHIJKLM")),
             ContainsSubstring("a.idx: its IDX header promises 12 values, but 13 are there"));
  CHECK_THAT(idx_error(idx({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "A")),
             ContainsSubstring("a.idx: the IDX header promises"));
  CHECK_THAT(idx_error(idx({4000000000, 2}, "A")), ContainsSubstring("promises 8000000000 values, but 1 are there"));
  CHECK_THAT(idx_error(idx({2, 2}, "ABCD").substr(0, 9)), ContainsSubstring("ends inside the IDX header"));
  CHECK(idx_error(idx({0, 5}, "")).empty());
}

TEST_CASE("What is not an IDX file of bytes is an error that names it", "[idx]") {
  CHECK_THAT(idx_error(""), ContainsSubstring("a.idx is not an IDX file"));
  CHECK_THAT(idx_error("<html>"), ContainsSubstring("a.idx is not an IDX file"));
  std::string floats = idx({1}, "ABCD");
  floats[2] = '\x0D';
  CHECK_THAT(idx_error(floats), ContainsSubstring("a.idx: an IDX file of type 0x0D"));
  CHECK_THAT(idx_error(idx({}, "")), ContainsSubstring("no dimensions"));
  CHECK_THROWS_WITH(datasets::read_idx(reference("none.idx")), ContainsSubstring("none.idx"));
}

TEST_CASE("An IDX file's header and size are checked before its values are read", "[idx]") {
  const TemporaryFolder folder;
  constexpr std::uintmax_t size = std::uintmax_t{200} << 30;  // more than this machine's memory; no block of it is used
  const auto error = [&](const std::string& start) {
    const fs::path path = folder.write("large.idx", start);
    fs::resize_file(path, size);
    return error_of([&] { datasets::read_idx(path); });
  };
  CHECK_THAT(error(""), ContainsSubstring("large.idx: an IDX file of type 0x00"));
  CHECK_THAT(error("no IDX file"), ContainsSubstring("large.idx is not an IDX file"));
  CHECK_THAT(error(idx({3, 2, 2}, "ABCDEFGHIJKL")),
             ContainsSubstring("its IDX header promises 12 values, but 214748364784 are there"));
  CHECK_THAT(error("\x1F\x8B\x08 packed"), ContainsSubstring("large.idx"));
  std::size_t checks = 0;
  folder.write("plain.idx", idx({3, 2, 2}, "ABCDEFGHIJKL"));
  CHECK_THROWS_WITH(datasets::read_idx(folder / "plain.idx",
                                       [&](const std::vector<std::size_t>& dimensions) {
                                         ++checks;
                                         core::require(dimensions.empty(), "not wanted");
                                       }),
                    "not wanted");
  CHECK(checks == 1);
}

TEST_CASE("A pipe or a device in the place of an IDX file is an error at once", "[idx]") {
  const TemporaryFolder folder;
  write_mnist(folder, "", "train");
  fs::remove(folder / "train-labels-idx1-ubyte");
  REQUIRE(::mkfifo((folder / "train-labels-idx1-ubyte").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(datasets::read_idx(folder / "train-labels-idx1-ubyte"), ContainsSubstring("train-labels-idx1"));
  CHECK_THROWS_WITH(MNIST{folder.path()}, ContainsSubstring("train-labels-idx1-ubyte"));
  CHECK_THROWS_WITH(datasets::read_gzip_or_plain("/dev/zero"), ContainsSubstring("/dev/zero"));
}

TEST_CASE("A gzip file cut short anywhere is an error that names it and says so", "[gzip]") {
  const TemporaryFolder folder;
  for (const std::string name : {"packed.idx.gz", "stored.idx.gz", "full_header.idx.gz"}) {
    const std::string whole = read_text(reference(name));
    for (std::size_t size = 3; size < whole.size(); ++size) {
      const fs::path path = folder.write(name, whole.substr(0, size));
      INFO(name << " at " << size);
      CHECK_THAT(error_of([&] { datasets::read_gzip_or_plain(path); }),
                 ContainsSubstring(name) && ContainsSubstring("cut short"));
    }
  }
}

TEST_CASE("A gzip file with a wrong bit, or something after its end, is an error", "[gzip]") {
  const std::string whole = read_text(reference("packed.idx.gz"));
  const auto error = [](const std::string& bytes) {
    return error_of([&] { datasets::gunzip(std::as_bytes(std::span(bytes)), "a.gz"); });
  };
  CHECK(error(whole).empty());
  for (std::size_t i = 10 * 8; i < whole.size() * 8; ++i) {  // the header's time and system may be anything
    std::string damaged = whole;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
    const std::string message = error(damaged);
    INFO(i);
    // A bit in the padding of the last block says nothing.
    CHECK((message.find("a.gz") != std::string::npos || datasets::gunzip(std::as_bytes(std::span(damaged)), "a.gz") ==
                                                            datasets::gunzip(std::as_bytes(std::span(whole)), "a.gz")));
  }
  CHECK_THAT(error(whole + "x"), ContainsSubstring("a.gz is cut short or damaged"));
  CHECK_THAT(error(whole + std::string(8, '\0')), ContainsSubstring("a.gz is cut short or damaged"));
  CHECK_THAT(error("no gzip file"), ContainsSubstring("a.gz is not a gzip file"));
}

TEST_CASE("A gzip file may not unpack to more than is allowed", "[gzip]") {
  const std::string whole = read_text(reference("packed.idx.gz"));
  const std::span<const std::byte> bytes = std::as_bytes(std::span(whole));
  CHECK(datasets::gunzip(bytes, "a.gz", 28).size() == 28);
  CHECK_THROWS_WITH(datasets::gunzip(bytes, "a.gz", 27), ContainsSubstring("a.gz unpacks to 28 bytes"));
}

TEST_CASE("FashionMNIST and MNIST give grey images and labels from their files", "[fashion_mnist]") {
  const TemporaryFolder folder;
  write_mnist(folder, "", "train");
  write_mnist(folder, "", "t10k", {'\1', '\2', '\0'});
  const FashionMNIST train{folder.path()};
  const FashionMNIST test{folder.path(), Split::test};
  CHECK(train.size() == 3);
  CHECK(train.label(0) == 3);
  CHECK(train.label(2) == 9);
  CHECK(test.label(1) == 2);

  RecordingSink sink;
  RandomStream random(0, 0, 0);
  CHECK(train.read(1, random, sink) == 0);
  CHECK(sink.shape() == Shape{1, 2, 2});
  CHECK(sink.values() == std::vector<float>{'E' / 255.0F, 'F' / 255.0F, 'G' / 255.0F, 'H' / 255.0F});
  CHECK_THROWS_WITH(train.read(3, random, sink), ContainsSubstring("index 3 is out of range: there are 3"));
  CHECK_THROWS_WITH(train.label(3), ContainsSubstring("index 3 is out of range"));
}

TEST_CASE("The classes have torchvision's names", "[fashion_mnist]") {
  const TemporaryFolder folder;
  write_mnist(folder, "", "train");
  CHECK(FashionMNIST{folder.path()}.classes() == lines(reference("fashion_mnist_classes.txt")));
  CHECK(MNIST{folder.path()}.classes() == lines(reference("mnist_classes.txt")));
  CHECK(MNIST{folder.path()}.num_classes() == 10);
}

TEST_CASE("The files are found where torchvision puts them, and packed", "[fashion_mnist]") {
  const TemporaryFolder folder;
  write_mnist(folder, "FashionMNIST/raw", "train");
  CHECK(FashionMNIST{folder.path()}.size() == 3);
  CHECK_THROWS_WITH(MNIST{folder.path()}, ContainsSubstring("MNIST: there is no train-images-idx3-ubyte") &&
                                              ContainsSubstring((folder / "MNIST/raw").string()));
  CHECK_THROWS_WITH(FashionMNIST(folder.path(), Split::test), ContainsSubstring("t10k-images-idx3-ubyte"));
  CHECK_THROWS_WITH(MNIST{folder / "missing"},
                    ContainsSubstring("the folder") && ContainsSubstring("missing does not exist"));

  const TemporaryFolder packed;
  fs::copy_file(reference("packed.idx.gz"), packed / "train-images-idx3-ubyte.gz");
  packed.write("train-labels-idx1-ubyte", idx({2}, "\1\2"));
  CHECK(MNIST{packed.path()}.image(1).row(0)[0] == 120);
}

TEST_CASE("A program that cannot download says where MNIST's files are and where they belong", "[fashion_mnist]") {
  const TemporaryFolder folder;
  const MNISTOptions options{.download = true};
  CHECK_THROWS_WITH(MNIST(folder.path(), Split::train, ToTensor{}, options),
                    ContainsSubstring("MNIST: this program cannot download") &&
                        ContainsSubstring("https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz or "
                                          "http://yann.lecun.com/exdb/mnist/train-images-idx3-ubyte.gz") &&
                        ContainsSubstring("put it into " + (folder / "MNIST/raw").string()));
  CHECK(folder.names().empty());
  write_mnist(folder, "", "train");
  write_mnist(folder, "MNIST/raw", "t10k");
  CHECK(MNIST(folder.path(), Split::test, ToTensor{}, options).size() == 3);
}

TEST_CASE("Images and labels that don't belong together are errors that name the files", "[fashion_mnist]") {
  const TemporaryFolder folder;
  write_mnist(folder, "", "train", {'\1', '\2'});
  CHECK_THROWS_WITH(MNIST{folder.path()}, ContainsSubstring("train-images-idx3-ubyte has 3 images, but") &&
                                              ContainsSubstring("train-labels-idx1-ubyte has 2 labels"));
  write_mnist(folder, "", "train", {'\1', '\x0A', '\2'});
  CHECK_THROWS_WITH(MNIST{folder.path()}, ContainsSubstring("train-labels-idx1-ubyte: label 1 is 10"));
  folder.write("train-labels-idx1-ubyte", idx({3, 1}, "\1\2\3"));
  CHECK_THROWS_WITH(MNIST{folder.path()}, ContainsSubstring("train-labels-idx1-ubyte has 2 dimensions"));
  folder.write("train-images-idx3-ubyte", idx({3, 4}, "ABCDEFGHIJKL"));
  CHECK_THROWS_WITH(MNIST{folder.path()}, ContainsSubstring("train-images-idx3-ubyte has 2 dimensions"));
}

TEST_CASE("The real MNIST is read whole", "[fashion_mnist][shared]") {
  const char* const shared = std::getenv("HEARTH_SHARED");
  if (shared == nullptr) {
    WARN("skipped: HEARTH_SHARED does not name the folder of the real data");
    return;
  }
  const MNIST train{fs::path(shared) / "data/mnist"};
  const MNIST test{fs::path(shared) / "data/mnist", Split::test};
  CHECK(train.size() == 60000);
  CHECK(test.size() == 10000);
  // The digits' counts, and the mean that everybody normalises MNIST with.
  std::vector<std::size_t> counts(10);
  double sum = 0;
  for (std::size_t i = 0; i < train.size(); ++i) {
    ++counts.at(static_cast<std::size_t>(train.label(i)));
    const std::uint8_t* const pixels = train.image(i).data;
    sum += std::accumulate(pixels, pixels + 28 * 28, 0.0);
  }
  CHECK(counts == std::vector<std::size_t>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});
  CHECK(sum / (60000.0 * 28 * 28 * 255) == Approx(0.1307).margin(0.00005));
}
