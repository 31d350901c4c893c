#include <hearth/core/random.hpp>
#include <hearth/datasets/cifar.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
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

const fs::path reference = fs::path(HEARTH_TEST_DIR) / "datasets/reference/cifar";

/// As make_cifar_reference.py has it.
std::uint8_t pixel(std::size_t i, std::size_t c, std::size_t y, std::size_t x) {
  return static_cast<std::uint8_t>((7 * i + 50 * c + 3 * y + x) % 256);
}

/// Whether image `index` is the one that the script calls `number`.
template <class Dataset>
bool is_image(const Dataset& dataset, std::size_t index, std::size_t number) {
  const ImageView view = dataset.image(index);
  bool is_equal = view.height == 32 && view.width == 32 && view.channels == 3;
  for (std::size_t y = 0; is_equal && y < 32; ++y) {
    for (std::size_t x = 0; x < 32; ++x) {
      for (std::size_t c = 0; c < 3; ++c) {
        is_equal = is_equal && view.row(static_cast<int>(y))[3 * x + c] == pixel(number, c, y, x);
      }
    }
  }
  return is_equal;
}

/// A file of the binary form, by its definition: of each image `labels` bytes, of which the last is `label(i)`, then
/// its planes.
template <class Label>
std::string binary(std::size_t begin, std::size_t end, std::size_t labels, const Label& label) {
  std::string bytes;
  for (std::size_t i = begin; i < end; ++i) {
    bytes.append(labels - 1, '\x63');
    bytes += static_cast<char>(label(i));
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t y = 0; y < 32; ++y) {
        for (std::size_t x = 0; x < 32; ++x) {
          bytes += static_cast<char>(pixel(i, c, y, x));
        }
      }
    }
  }
  return bytes;
}

void check_cifar10(const fs::path& root) {
  const CIFAR10 train{root};
  REQUIRE(train.size() == 7);
  for (std::size_t i = 0; i < 7; ++i) {
    INFO("image " << i);
    CHECK(is_image(train, i, i));
    CHECK(train.label(i) == static_cast<std::int64_t>(3 * i % 10));
  }
  const CIFAR10 test{root, Split::test};
  REQUIRE(test.size() == 2);
  CHECK(is_image(test, 1, 8));
  CHECK(test.label(0) == 1);
  CHECK(test.label(1) == 4);
  CHECK(train.classes() == std::vector<std::string>{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog",
                                                    "horse", "ship", "truck"});
}

void check_cifar100(const fs::path& root) {
  const CIFAR100 train{root};
  REQUIRE(train.size() == 3);
  const CIFAR100 test{root, Split::test};
  REQUIRE(test.size() == 2);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto& part = i < 3 ? train : test;
    CHECK(is_image(part, i % 3, i));
    CHECK(part.label(i % 3) == static_cast<std::int64_t>(37 * i % 100));
  }
  CHECK(train.num_classes() == 100);
  CHECK(train.classes()[37] == "fine 37");
}

fs::path write_binary(const TemporaryFolder& folder) {
  const auto label = [](std::size_t i) { return 3 * i % 10; };
  const fs::path ten = "cifar-10-batches-bin";
  const std::size_t ends[]{2, 3, 4, 5, 7};
  for (std::size_t batch = 0, begin = 0; batch < 5; begin = ends[batch++]) {
    folder.write(ten / ("data_batch_" + std::to_string(batch + 1) + ".bin"), binary(begin, ends[batch], 1, label));
  }
  folder.write(ten / "test_batch.bin", binary(7, 9, 1, label));
  folder.write(ten / "batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  return folder.path();
}

}  // namespace

TEST_CASE("CIFAR-10 and CIFAR-100 are read as Python 2 pickled them and torchvision reads them", "[cifar]") {
  check_cifar10(reference);
  check_cifar100(reference);
}

TEST_CASE("CIFAR-10 and CIFAR-100 are read out of their archives", "[cifar]") {
  const TemporaryFolder folder;
  for (const char* const name : {"cifar-10-python.tar.gz", "cifar-100-python.tar.gz"}) {
    fs::copy_file(reference / name, folder / name);
  }
  check_cifar10(folder.path());
  check_cifar100(folder.path());
}

TEST_CASE("CIFAR-10 and CIFAR-100 are read in their binary form", "[cifar]") {
  const TemporaryFolder folder;
  check_cifar10(write_binary(folder));
  const auto label = [](std::size_t i) { return 37 * i % 100; };
  folder.write("cifar-100-binary/train.bin", binary(0, 3, 2, label));
  folder.write("cifar-100-binary/test.bin", binary(3, 5, 2, label));
  std::string names;
  for (int i = 0; i < 100; ++i) {
    names += "fine " + std::to_string(i) + "\r\n";
  }
  folder.write("cifar-100-binary/fine_label_names.txt", names);
  check_cifar100(folder.path());
}

TEST_CASE("A sample of CIFAR-10 is an image of three channels, 0 to 1", "[cifar]") {
  const CIFAR10 train{reference};
  RecordingSink sink;
  RandomStream random(0, 0, 0);
  CHECK(train.read(4, random, sink) == 2);
  CHECK(sink.shape() == Shape{3, 32, 32});
  CHECK(sink.values()[2 * 1024 + 5 * 32 + 6] == static_cast<float>(pixel(4, 2, 5, 6)) / 255.0F);
  CHECK_THROWS_WITH(train.read(7, random, sink), ContainsSubstring("index 7 is out of range: there are 7"));
}

TEST_CASE("CIFAR's files that are missing are errors that say what would do", "[cifar]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(CIFAR10{folder.path()},
                    ContainsSubstring("CIFAR10: there is no cifar-10-batches-py, cifar-10-batches-bin, "
                                      "cifar-10-python.tar.gz or cifar-10-binary.tar.gz in " +
                                      folder.path().string()) &&
                        ContainsSubstring("the option download"));
  CHECK_THROWS_WITH(CIFAR100(folder.path(), Split::test, ToTensor{}, {.download = true}),
                    ContainsSubstring("CIFAR100: this program cannot download") &&
                        ContainsSubstring("https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"));
  write_binary(folder);
  fs::remove(folder / "cifar-10-batches-bin/data_batch_3.bin");
  CHECK_THROWS_WITH(CIFAR10{folder.path()}, ContainsSubstring("data_batch_3.bin"));
  CHECK(CIFAR10(folder.path(), Split::test).size() == 2);
  folder.write("cifar-10-batches-py", "a file");
  CHECK_THROWS_WITH(CIFAR10{folder.path()}, ContainsSubstring("cifar-10-batches-py is in the way: it is no folder"));
}

TEST_CASE("Damaged files of CIFAR's are errors that name them", "[cifar]") {
  const TemporaryFolder folder;
  write_binary(folder);
  const fs::path bin = "cifar-10-batches-bin";
  const auto error = [&] { return error_of([&] { CIFAR10{folder.path(), Split::test}; }); };
  folder.write(bin / "test_batch.bin", std::string(3072, '\1'));
  CHECK_THAT(error(), ContainsSubstring("test_batch.bin is cut short or damaged: it has 3072 bytes"));
  folder.write(bin / "test_batch.bin", std::string(3073, '\x0A'));
  CHECK_THAT(error(), ContainsSubstring("test_batch.bin is damaged: a label in it is 10, but there are 10 classes"));
  folder.write(bin / "test_batch.bin", "");
  CHECK_THAT(error(), ContainsSubstring("it has 0 bytes"));
  folder.write(bin / "test_batch.bin", std::string(3073, '\1'));
  folder.write(bin / "batches.meta.txt", "airplane\nautomobile\n");
  CHECK_THAT(error(), ContainsSubstring("batches.meta.txt is damaged: it names 2 classes, but there are 10"));
}

TEST_CASE("A pickle of CIFAR's that is cut short or changed anywhere is an error that names it, or is read",
          "[cifar]") {
  const TemporaryFolder folder;
  const fs::path inner = "cifar-10-batches-py";
  const std::string whole = read_text(reference / inner / "test_batch");
  folder.write(inner / "batches.meta", read_text(reference / inner / "batches.meta"));
  const auto error = [&](const std::string& bytes) {
    folder.write(inner / "test_batch", bytes);
    return error_of([&] { CIFAR10{folder.path(), Split::test}; });
  };
  CHECK(error(whole).empty());
  for (std::size_t size = 0; size < whole.size(); size += size < 400 ? 1 : 97) {
    INFO("the first " << size << " bytes");
    CHECK_THAT(error(whole.substr(0, size)), ContainsSubstring("test_batch"));
  }
  std::size_t refused = 0;
  for (std::size_t at = 0; at < 300; ++at) {  // what stands before the pixels
    for (const char change : {'\x01', '\x80'}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      const std::string message = error(damaged);
      INFO("byte " << at);
      CHECK((message.empty() || message.find("test_batch") != std::string::npos));
      refused += message.empty() ? 0 : 1;
    }
  }
  CHECK(refused > 200);
}

TEST_CASE("An archive of CIFAR's that is cut short or lacks a file is an error that names it", "[cifar]") {
  const TemporaryFolder folder;
  const std::string whole = read_text(reference / "cifar-10-python.tar.gz");
  folder.write("cifar-10-python.tar.gz", whole.substr(0, whole.size() / 2));
  CHECK_THROWS_WITH(CIFAR10{folder.path()}, ContainsSubstring("cifar-10-python.tar.gz is cut short"));
  const TemporaryFolder other;
  fs::copy_file(reference / "cifar-100-python.tar.gz", other / "cifar-10-python.tar.gz");
  CHECK_THROWS_WITH(CIFAR10{other.path()}, ContainsSubstring("there is no cifar-10-batches-py/data_batch_1 in") &&
                                               ContainsSubstring("cifar-10-python.tar.gz"));
}
