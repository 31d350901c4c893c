#include <hearth/core/random.hpp>
#include <hearth/datasets/image_archive.hpp>
#include <hearth/datasets/image_folder.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "archive_files.hpp"
#include "catch.hpp"
#include "data/recording_sink.hpp"
#include "datasets/image_files.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using hearth_test::bmp;
using hearth_test::error_of;
using hearth_test::read_text;
using hearth_test::RecordingSink;
using hearth_test::TemporaryFolder;
using hearth_test::write_deflated_zip;
using hearth_test::write_tar;
using hearth_test::write_zip;
namespace fs = std::filesystem;

namespace {

/// Names of files with what is in them, in any order.
using Files = std::vector<std::pair<std::string, std::string>>;

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

/// Without a cache.
ImageArchiveOptions uncached(const fs::path& folder = {}) {
  return {.folder = folder, .index_folder = fs::path()};
}

ImageArchive<> open(const fs::path& path, const fs::path& folder = {}) {
  return ImageArchive<>(path, ToTensor{}, uncached(folder));
}

/// Every sample of a dataset: label, shape and pixels.
template <class Dataset>
std::vector<std::pair<std::int64_t, std::vector<float>>> samples_of(const Dataset& dataset) {
  std::vector<std::pair<std::int64_t, std::vector<float>>> samples;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    RecordingSink sink;
    RandomStream random(0, 0, i);
    const std::int64_t label = dataset.read(i, random, sink);
    samples.emplace_back(label, sink.values());
    samples.back().second.push_back(static_cast<float>(sink.shape()[2]));
  }
  return samples;
}

/// Small pictures of different sizes, in names on which orders differ.
Files pictures() {
  Files files;
  int number = 0;
  for (const std::string name : {"b/2.bmp", "b/10.bmp", "a-b/z.bmp", "a/c/x.bmp", "a/c-d/x.bmp", "a/b.bmp", "a/B.BMP",
                                 "\xC3\xA9/1.bmp", "Z/1.png"}) {
    const int width = 1 + ++number % 3;
    std::vector<int> rgb;
    for (int i = 0; i < 3 * width; ++i) {
      rgb.push_back((number * 37 + i * 11) % 256);
    }
    files.emplace_back(name, bmp(1, width, rgb));
  }
  files.emplace_back("a/photo.JPEG", read_text(reference("photo.jpg")));
  files.emplace_back("a/readme.txt", "no picture");
  files.emplace_back("list.txt", "at the top");
  return files;
}

fs::path write_tree(const TemporaryFolder& folder, const Files& files) {
  for (const auto& [name, content] : files) {
    folder.write(fs::path("tree") / name, content);
  }
  return folder / "tree";
}

}  // namespace

TEST_CASE("ImageArchive lists classes and images as torchvision does for the folder", "[image_archive]") {
  const TemporaryFolder folder;
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& name : lines("image_folder_tree.txt")) {
    files.emplace_back(name, "");
  }
  const std::vector<fs::path> archives{write_tar(folder / "a.tar", files, ""), write_zip(folder / "b.zip", files, ""),
                                       write_tar(folder / "c.tar", files, "./")};
  for (const fs::path& archive : archives) {
    INFO(archive);
    const ImageArchive<> dataset = open(archive);
    CHECK(dataset.classes() == lines("image_folder_classes.txt"));
    std::vector<std::string> samples;
    for (std::size_t i = 0; i < dataset.size(); ++i) {
      samples.push_back(std::to_string(dataset.label(i)) + " " + dataset.path(i).lexically_relative(archive).string());
    }
    CHECK(samples == lines("image_folder_samples.txt"));
    for (std::size_t i = 0; i < dataset.num_classes(); ++i) {
      CHECK(dataset.class_to_index().at(dataset.classes()[i]) == static_cast<std::int64_t>(i));
    }
  }
}

TEST_CASE("ImageArchive has the samples of ImageFolder on what it unpacks to", "[image_archive]") {
  const TemporaryFolder folder;
  Files files = pictures();
  const auto expected = samples_of(ImageFolder{write_tree(folder, files)});
  const std::vector<std::string> classes = ImageFolder{folder / "tree"}.classes();
  REQUIRE(expected.size() == 10);
  std::reverse(files.begin(), files.end());  // an archive has its entries in any order
  const std::vector<std::pair<fs::path, fs::path>> archives{{write_tar(folder / "x.tar", files, ""), ""},
                                                            {write_zip(folder / "x.zip", files, ""), ""},
                                                            {write_deflated_zip(folder / "y.zip", files, ""), ""},
                                                            {write_tar(folder / "y.tar", files, "top/"), "top"},
                                                            {write_tar(folder / "z.tar", files, "a/b/"), "./a//b/"}};
  for (const auto& [path, top] : archives) {
    INFO(path);
    const ImageArchive<> dataset = open(path, top);
    CHECK(dataset.classes() == classes);
    CHECK(samples_of(dataset) == expected);
    CHECK(dataset.root() == path);
  }
}

TEST_CASE("A tar of class tars is a folder of class folders", "[image_archive]") {
  const TemporaryFolder folder;
  const Files files = pictures();
  const auto expected = samples_of(ImageFolder{write_tree(folder, files)});
  Files classes;
  for (const std::string name : {"b", "a-b", "a", "\xC3\xA9", "Z"}) {
    Files own;
    for (const auto& [path, content] : files) {
      if (path.starts_with(name + "/")) {
        own.emplace_back(path.substr(name.size() + 1), content);
      }
    }
    classes.emplace_back(name + ".tar", read_text(write_tar(folder / "class.tar", own, "")));
  }
  const ImageArchive<> dataset = open(write_tar(folder / "all.tar", classes, ""));
  CHECK(dataset.classes() == ImageFolder{folder / "tree"}.classes());
  CHECK(samples_of(dataset) == expected);
}

TEST_CASE("ImageArchive takes the first classes, other names and its folder as asked", "[image_archive]") {
  const TemporaryFolder folder;
  const fs::path path = write_tar(
      folder / "x.tar",
      Files{{"train/c/1.png", ""}, {"train/a/1.png", ""}, {"train/b/1.png", ""}, {"val/a/1.png", ""}, {"note", ""}},
      "");
  const ImageArchive two(path, ToTensor{},
                         {.folder = "train", .num_classes = 2, .class_names = {"x", "y"}, .index_folder = fs::path()});
  CHECK(two.classes() == std::vector<std::string>{"x", "y"});
  CHECK(two.class_to_index().at("b") == 1);
  CHECK(two.size() == 2);
  CHECK(two.path(1) == path / "train/b/1.png");
  CHECK(open(path).classes() == std::vector<std::string>{"train", "val"});
  const auto error = [&](ImageArchiveOptions options) {
    options.index_folder = fs::path();
    return error_of([&] { ImageArchive(path, ToTensor{}, options); });
  };
  CHECK_THAT(error({.folder = "train", .num_classes = 4}),
             StartsWith("ImageArchive: num_classes is 4, but the folder train of ") &&
                 ContainsSubstring("x.tar has 3 class folders"));
  CHECK_THAT(error({.folder = "train", .class_names = {"x"}}), ContainsSubstring("class_names has 1 names, but"));
  CHECK_THAT(error({.folder = "test"}), ContainsSubstring("there is no folder test in " + path.string() +
                                                          "; at its top are the folders: train, val"));
  CHECK_THAT(error({.folder = "note"}), ContainsSubstring("couldn't find any class folder in the folder note of"));
  CHECK_THAT(error({.folder = "train/a"}), ContainsSubstring("couldn't find any class folder in the folder train/a"));
}

TEST_CASE("An archive without classes, or with a class without images, is an error that names it", "[image_archive]") {
  const TemporaryFolder folder;
  const auto error = [&](const Files& files) {
    const fs::path path = write_tar(folder / "x.tar", files, "");
    return error_of([&] { open(path); });
  };
  CHECK_THAT(error({}),
             ContainsSubstring("ImageArchive: couldn't find any class folder in") && ContainsSubstring("x.tar"));
  CHECK_THAT(error({{"1.png", ""}}), ContainsSubstring("couldn't find any class folder"));
  CHECK_THAT(
      error({{"a/1.png", ""}, {"b/readme.txt", ""}, {"c/", ""}}),
      ContainsSubstring("ImageArchive: found no valid file for the classes b, c in ") && ContainsSubstring("x.tar"));
  CHECK_THAT(error({{"a/1.png", "1"}, {"a/1.png", "2"}}), ContainsSubstring("x.tar has the entry a/1.png twice"));
  CHECK_THAT(error({{"a/1.png", "1"}, {"../b/1.png", "2"}}), ContainsSubstring("../b/1.png points outside"));
  const fs::path gz = hearth_test::write_tar_gz(folder / "x.tar.gz", Files{{"a/1.png", ""}}, "");
  CHECK_THAT(error_of([&] { open(gz); }), ContainsSubstring("x.tar.gz is packed as a whole, by gzip"));
}

TEST_CASE("Images that are links, encrypted or packed in an unknown way are errors that name them", "[image_archive]") {
  const TemporaryFolder folder;
  const auto tar_with_link = [&](const std::string& name, const std::string& target) {
    ::archive* const writer = archive_write_new();
    archive_write_set_format_pax_restricted(writer);
    REQUIRE(archive_write_open_filename(writer, (folder / "link.tar").c_str()) == ARCHIVE_OK);
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_symlink(entry, target.c_str());
    REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_close(writer);
    archive_write_free(writer);
    return folder / "link.tar";
  };
  for (const std::string name : {"a/1.png", "a/more", "a"}) {
    const fs::path path = tar_with_link(name, "elsewhere");
    CHECK_THAT(error_of([&] { open(path); }), ContainsSubstring("link.tar: the entry " + name + " is a link"));
  }
  const std::string zip = read_text(write_zip(folder / "x.zip", Files{{"a/1.png", "123"}}, ""));
  const auto with = [&](std::size_t from_mark, char byte) {
    std::string changed = zip;
    changed[changed.find("PK\1\2") + from_mark] = byte;
    return folder.write("y.zip", changed);
  };
  CHECK_THAT(error_of([&] { open(with(8, 1)); }), ContainsSubstring("y.zip: the entry a/1.png is encrypted"));
  CHECK_THAT(error_of([&] { open(with(10, 93)); }),
             ContainsSubstring("y.zip: the entry a/1.png is packed by zip's method 93"));
}

TEST_CASE("An image that cannot be read is an error that names archive and entry", "[image_archive]") {
  struct Refuse {
    void write(ImageView, RandomStream&, SampleSink&) const { core::fail("Refuse: not this one"); }
  };
  const TemporaryFolder folder;
  const std::string photo = read_text(reference("photo.jpg"));
  const fs::path path = write_tar(folder / "x.tar",
                                  Files{{"a/0.jpg", photo},
                                        {"a/1.jpg", photo.substr(0, photo.size() / 2)},
                                        {"a/2.jpg", "this is a text\n"},
                                        {"a/3.jpg", ""},
                                        {"a/4.bmp", bmp(1, 2, {0, 0, 0, 0, 0, 0})}},
                                  "");
  const ImageArchive<> dataset = open(path);
  RecordingSink sink;
  RandomStream random(0, 0, 0);
  CHECK(dataset.read(0, random, sink) == 0);
  CHECK(sink.shape() == Shape{3, 24, 32});
  CHECK_THAT(error_of([&] { dataset.read(1, random, sink); }),
             ContainsSubstring((path / "a/1.jpg").string()) && ContainsSubstring("truncated"));
  for (std::size_t i = 2; i < 4; ++i) {
    CHECK_THAT(error_of([&] { dataset.read(i, random, sink); }), ContainsSubstring(dataset.path(i).string()));
  }
  CHECK_THROWS_WITH(dataset.read(5, random, sink), ContainsSubstring("index 5 is out of range: there are 5 images"));
  CHECK_THROWS_WITH((ImageArchive(path, Refuse{}, uncached()).read(0, random, sink)),
                    (path / "a/0.jpg").string() + ": Refuse: not this one");
  CHECK_THROWS_WITH(
      (ImageArchive(path, ToTensor{}, {.max_pixels = 1, .index_folder = fs::path()}).read(4, random, sink)),
      ContainsSubstring("4.bmp has 2 x 1 pixels, but max_pixels allows at most 1"));
  fs::resize_file(path, 1024);
  CHECK_THAT(error_of([&] { dataset.read(4, random, sink); }),
             ContainsSubstring("x.tar: the entry a/4.bmp cannot be read"));
}

TEST_CASE("Threads share an ImageArchive, and copies its archive", "[image_archive]") {
  const TemporaryFolder folder;
  const Files files = pictures();
  for (const fs::path& path :
       {write_tar(folder / "x.tar", files, ""), write_deflated_zip(folder / "x.zip", files, "")}) {
    const ImageArchive<> dataset = open(path);
    const ImageArchive<> copy = dataset;
    CHECK(&copy.classes() == &dataset.classes());
    const auto expected = samples_of(dataset);
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 3; ++round) {
          right += samples_of(copy) == expected ? 1 : 0;
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(right == 12);
  }
}
