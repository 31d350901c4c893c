#include <hearth/core/random.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/list_files.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/recording_sink.hpp"
#include "datasets/image_files.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::bmp;
using hearth_test::error_of;
using hearth_test::read_text;
using hearth_test::RecordingSink;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

fs::path reference(const std::string& name) {
  return fs::path(HEARTH_TEST_DIR) / "datasets/reference" / name;
}

std::vector<std::string> lines(const std::string& name) {
  std::ifstream file(reference(name));
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) {
    all.push_back(line);
  }
  return all;
}

}  // namespace

TEST_CASE("ImageFolder lists classes and images as torchvision does", "[image_folder]") {
  const TemporaryFolder folder;
  for (const std::string& name : lines("image_folder_tree.txt")) {
    folder.write(name, "");
  }
  const ImageFolder dataset{folder.path()};
  CHECK(dataset.classes() == lines("image_folder_classes.txt"));
  CHECK(dataset.num_classes() == dataset.classes().size());
  std::vector<std::string> samples;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    samples.push_back(std::to_string(dataset.label(i)) + " " +
                      dataset.path(i).lexically_relative(folder.path()).string());
  }
  CHECK(samples == lines("image_folder_samples.txt"));
  for (std::size_t i = 0; i < dataset.num_classes(); ++i) {
    CHECK(dataset.class_to_index().at(dataset.classes()[i]) == static_cast<std::int64_t>(i));
  }
}

TEST_CASE("ImageFolder reads an image as RGB, transformed, with its label", "[image_folder]") {
  const TemporaryFolder folder;
  folder.write("cat/a.bmp", bmp(1, 1, {0, 0, 0}));
  folder.write("dog/b.bmp", bmp(1, 2, {255, 0, 0, 0, 51, 102}));
  const ImageFolder dataset{folder.path()};
  RecordingSink sink;
  RandomStream random(0, 0, 0);
  CHECK(dataset.read(1, random, sink) == 1);
  CHECK(sink.shape() == Shape{3, 1, 2});
  CHECK(sink.values() == std::vector<float>{1.0F, 0.0F, 0.0F, 0.2F, 0.0F, 0.4F});
  CHECK_THROWS_WITH(dataset.read(2, random, sink), ContainsSubstring("index 2 is out of range: there are 2 images"));
  CHECK_THROWS_WITH(dataset.label(2), ContainsSubstring("index 2 is out of range"));
  CHECK_THROWS_WITH(dataset.path(2), ContainsSubstring("index 2 is out of range"));
}

TEST_CASE("num_classes takes the first classes by name", "[image_folder]") {
  const TemporaryFolder folder;
  for (const std::string name : {"c/1.png", "a/1.png", "b/1.png", "b/2.png"}) {
    folder.write(name, "");
  }
  const ImageFolder two(folder.path(), ToTensor{}, {.num_classes = 2});
  CHECK(two.classes() == std::vector<std::string>{"a", "b"});
  CHECK(two.size() == 3);
  CHECK_THROWS_WITH(ImageFolder(folder.path(), ToTensor{}, {.num_classes = 4}),
                    ContainsSubstring("num_classes is 4, but") && ContainsSubstring("has 3 class folders"));
}

TEST_CASE("A folder that is missing, empty or without images is an error that names it", "[image_folder]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(ImageFolder{folder / "none"},
                    ContainsSubstring((folder / "none").string()) && ContainsSubstring("does not exist"));
  CHECK_THROWS_WITH(ImageFolder{folder.path()},
                    ContainsSubstring("couldn't find any class folder in " + folder.path().string()));
  CHECK_THROWS_WITH(ImageFolder{folder.write("file", "")}, ContainsSubstring("file is not a folder"));
  folder.write("a/1.png", "");
  folder.write("b/readme.txt", "");
  fs::create_directory(folder / "c");
  CHECK_THROWS_WITH(ImageFolder{folder.path()},
                    ContainsSubstring("found no valid file for the classes b, c in " + folder.path().string()));
  CHECK(ImageFolder(folder.path(), ToTensor{}, {.num_classes = 1}).size() == 1);
}

TEST_CASE("An image that cannot be read is an error that names its file", "[image_folder]") {
  const TemporaryFolder folder;
  const std::string photo = read_text(reference("photo.jpg"));
  folder.write("a/0.jpg", photo);
  folder.write("a/1.jpg", photo.substr(0, photo.size() / 2));
  folder.write("a/2.jpg", "this is a text\n");
  folder.write("a/3.jpg", "");
  folder.write("a/4.webp", "RIFF....WEBP");
  const ImageFolder dataset{folder.path()};
  RecordingSink sink;
  RandomStream random(0, 0, 0);
  CHECK(dataset.read(0, random, sink) == 0);
  CHECK(sink.shape() == Shape{3, 24, 32});
  CHECK_THAT(error_of([&] { dataset.read(1, random, sink); }),
             ContainsSubstring((folder / "a/1.jpg").string()) && ContainsSubstring("truncated"));
  for (std::size_t i = 2; i < 5; ++i) {
    CHECK_THAT(error_of([&] { dataset.read(i, random, sink); }), ContainsSubstring(dataset.path(i).string()));
  }
  fs::remove(dataset.path(0));
  CHECK_THAT(error_of([&] { dataset.read(0, random, sink); }), ContainsSubstring(dataset.path(0).string()));
}

TEST_CASE("An image of more pixels than max_pixels is an error that names its file", "[image_folder]") {
  const TemporaryFolder folder;
  folder.write("a/x.bmp", bmp(1, 2, {0, 0, 0, 0, 0, 0}));
  RecordingSink sink;
  RandomStream random(0, 0, 0);
  CHECK(ImageFolder{folder.path(), ToTensor{}, {.max_pixels = 2}}.read(0, random, sink) == 0);
  CHECK_THROWS_WITH((ImageFolder{folder.path(), ToTensor{}, {.max_pixels = 1}}.read(0, random, sink)),
                    ContainsSubstring("x.bmp has 2 x 1 pixels, but max_pixels allows at most 1"));
}

TEST_CASE("What a transform says against an image comes with the file's name", "[image_folder]") {
  struct Refuse {
    void write(ImageView, RandomStream&, SampleSink&) const { core::fail("Refuse: not this one"); }
  };
  const TemporaryFolder folder;
  folder.write("a/x.bmp", bmp(1, 1, {0, 0, 0}));
  const ImageFolder dataset(folder.path(), Refuse{});
  RecordingSink sink;
  RandomStream random(0, 0, 0);
  CHECK_THROWS_WITH(dataset.read(0, random, sink), (folder / "a/x.bmp").string() + ": Refuse: not this one");
}

TEST_CASE("Whatever keeps an image from being read is an Error that names its file", "[image_folder]") {
  struct Break {
    void write(ImageView, RandomStream&, SampleSink&) const { throw std::out_of_range("no such column"); }
  };
  struct NoMemory {
    void write(ImageView, RandomStream&, SampleSink&) const { throw std::bad_alloc(); }
  };
  const TemporaryFolder folder;
  folder.write("a/image.bmp", bmp(1, 1, {0, 0, 0}));
  fs::create_symlink("loop.jpg", folder / "a/loop.jpg");
  fs::create_symlink("nowhere", folder / "a/nowhere.jpg");
  folder.write("a/shut/x.jpg", "");
  const ImageFolder dataset(folder.path(), Break{});
  REQUIRE(dataset.size() == 4);
  const auto error = [&](std::size_t index) {
    RecordingSink sink;
    RandomStream random(0, 0, 0);
    return error_of([&] { dataset.read(index, random, sink); });
  };
  CHECK(error(0) == (folder / "a/image.bmp").string() + ": no such column");
  CHECK_THAT(error(1), ContainsSubstring((folder / "a/loop.jpg").string()));
  CHECK_THAT(error(2), ContainsSubstring((folder / "a/nowhere.jpg").string()));
  fs::permissions(folder / "a/shut", fs::perms::none);  // nothing to root
  CHECK_THAT(error(3), ContainsSubstring((folder / "a/shut/x.jpg").string()));
  fs::permissions(folder / "a/shut", fs::perms::owner_all);
  RecordingSink sink;
  RandomStream random(0, 0, 0);
  CHECK_THROWS_AS(ImageFolder(folder.path(), NoMemory{}).read(0, random, sink), std::bad_alloc);
  CHECK_THROWS_WITH(ImageFolder{folder / "a/loop.jpg"}, ContainsSubstring("loop.jpg cannot be read"));
}

TEST_CASE("A message about a file is one line of valid text, whatever the file's name is", "[image_folder]") {
  struct Refuse {
    void write(ImageView, RandomStream&, SampleSink&) const { core::fail("Refuse: not this one"); }
  };
  const TemporaryFolder folder;
  folder.write("a/one\ntwo\xFF.jpg", bmp(1, 1, {0, 0, 0}));
  const ImageFolder dataset(folder.path(), Refuse{});
  RecordingSink sink;
  RandomStream random(0, 0, 0);
  const std::string message = error_of([&] { dataset.read(0, random, sink); });
  CHECK_THAT(message, ContainsSubstring("one\\ntwo\\xff.jpg"));
  CHECK(message.find_first_of("\n\xFF") == std::string::npos);
}

TEST_CASE("Links to files and folders are followed, and a circle of them is refused", "[list_files]") {
  const TemporaryFolder folder;
  folder.write("elsewhere/x.png", "");
  folder.write("root/a/1.png", "");
  fs::create_directory_symlink(folder / "elsewhere", folder / "root/b");
  fs::create_symlink(folder / "elsewhere/x.png", folder / "root/a/2.png");
  const ImageFolder dataset{folder / "root"};
  CHECK(dataset.classes() == std::vector<std::string>{"a", "b"});
  CHECK(dataset.size() == 3);
  CHECK(dataset.path(2) == folder / "root/b/x.png");
  fs::create_directory_symlink(folder / "root", folder / "root/a/up");
  CHECK_THROWS_WITH(ImageFolder{folder / "root"}, ContainsSubstring("root/a/up/a is a link to a folder above it"));
}

TEST_CASE("Copies of an ImageFolder share its list", "[image_folder]") {
  const TemporaryFolder folder;
  folder.write("a/1.png", "");
  const ImageFolder dataset{folder.path()};
  const ImageFolder copy = dataset;
  CHECK(&copy.classes() == &dataset.classes());
}
