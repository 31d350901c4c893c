#include <hearth/core/random.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/imagenet.hpp>
#include <hearth/datasets/matlab_file.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "archive_files.hpp"
#include "catch.hpp"
#include "data/recording_sink.hpp"
#include "datasets/image_files.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::bmp;
using hearth_test::error_of;
using hearth_test::Files;
using hearth_test::read_text;
using hearth_test::RecordingSink;
using hearth_test::TemporaryFolder;
using hearth_test::write_tar;
using hearth_test::write_tar_gz;
using hearth_test::write_zip;
namespace fs = std::filesystem;

namespace {

const ImageNetOptions uncached{.index_folder = fs::path()};

ImageNet<> open(const fs::path& root, Split split) {
  return ImageNet<>(root, split, ToTensor{}, uncached);
}

std::string error_of_opening(const fs::path& root, Split split) {
  return error_of([&] { open(root, split); });
}

fs::path reference(const std::string& name) {
  return fs::path(HEARTH_TEST_DIR) / "datasets/reference" / name;
}

/// The classes of the kit in the reference, as torchvision's own lines read it: id, wnid, words with '|' between them.
struct Synset {
  std::int64_t id = 0;
  std::string wnid;
  std::string words;
};

std::vector<Synset> synsets() {
  std::vector<Synset> all;
  std::ifstream file(reference("imagenet_classes.txt"));
  for (std::string id, wnid, words;
       std::getline(file, id, '\t') && std::getline(file, wnid, '\t') && std::getline(file, words);) {
    all.push_back({std::stoll(id), wnid, words});
  }
  return all;
}

/// A picture that no other is like.
std::string picture(int number) {
  return bmp(1, 1, {number % 256, number / 256, 77});
}

/// The training images, below their class folders, by which the tests know what is right.
Files train_files() {
  Files files;
  int number = 0;
  for (const Synset& synset : synsets()) {
    for (const std::string each : {"1", "10", "2"}) {
      files[synset.wnid + "/" + synset.wnid + "_" + each + ".JPEG"] = picture(++number);
    }
  }
  return files;
}

std::string val_name(std::size_t number) {
  const std::string digits = std::to_string(number);
  return "ILSVRC2012_val_" + std::string(8 - digits.size(), '0') + digits + ".JPEG";
}

/// The validation images by class folder, without them, and the ids of their classes: ids 1 to 5 in turn, and some
/// more.
struct Val {
  Files sorted;
  Files flat;
  std::string truth;
};

Val val_files() {
  Val val;
  const std::vector<Synset> all = synsets();
  for (std::size_t i = 0; i < all.size() * 2 + 1; ++i) {
    const Synset& synset = all[(i * i + 3 * i) % all.size()];
    const Synset& own = i < all.size() ? all[i] : synset;
    const std::string image = picture(1000 + static_cast<int>(i));
    val.sorted[own.wnid + "/" + val_name(i + 1)] = image;
    val.flat[val_name(i + 1)] = image;
    val.truth += std::to_string(own.id) + "\n";
  }
  return val;
}

Files kit_files(const std::string& truth, const std::string& meta = "imagenet_meta.mat") {
  return {{"data/meta.mat", read_text(reference(meta))},
          {"data/ILSVRC2012_validation_ground_truth.txt", truth},
          {"readme.txt", "ILSVRC2012"}};
}

fs::path write_kit(const fs::path& root, const std::string& truth, const std::string& meta = "imagenet_meta.mat") {
  return write_tar_gz(root / "ILSVRC2012_devkit_t12.tar.gz", kit_files(truth, meta), "ILSVRC2012_devkit_t12/");
}

void write_files(const fs::path& folder, const Files& files) {
  for (const auto& [name, content] : files) {
    fs::create_directories((folder / name).parent_path());
    core::write_file(folder / name, content);
  }
}

/// A tar of class tars.
void write_tar_of_tars(const fs::path& path, const Files& files) {
  std::map<std::string, Files> classes;
  for (const auto& [name, content] : files) {
    classes[name.substr(0, name.find('/'))][name.substr(name.find('/') + 1)] = content;
  }
  Files tars;
  for (const auto& [name, own] : classes) {
    tars[name + ".tar"] = read_text(write_tar(path.parent_path() / "class.tar.part", own, ""));
  }
  write_tar(path, tars, "");
}

template <class Dataset>
std::vector<std::pair<std::int64_t, std::vector<float>>> samples_of(const Dataset& dataset) {
  std::vector<std::pair<std::int64_t, std::vector<float>>> samples;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    RecordingSink sink;
    RandomStream random(0, 0, i);
    const std::int64_t label = dataset.read(i, random, sink);
    CHECK(label == dataset.label(i));
    samples.emplace_back(label, sink.values());
  }
  return samples;
}

}  // namespace

TEST_CASE("ImageNet from folders, from tars and as downloaded has the same samples", "[imagenet]") {
  const TemporaryFolder folder;
  const Files train = train_files();
  const Val val = val_files();
  write_files(folder / "folders/train", train);
  write_files(folder / "folders/val", val.sorted);

  write_tar(folder / "tars/train.tar", train, "");
  write_tar(folder / "tars/val.tar", val.sorted, "imagenet/val/");

  write_zip(folder / "zips/train.zip", train, "train/");
  write_tar(folder / "zips/val.tar", val.flat, "val/");
  write_files(folder / "zips/ILSVRC2012_devkit_t12", kit_files(val.truth, "imagenet_meta_packed.mat"));

  write_tar_of_tars(folder / "downloaded/ILSVRC2012_img_train.tar", train);
  write_tar(folder / "downloaded/ILSVRC2012_img_val.tar", val.flat, "");
  write_kit(folder / "downloaded", val.truth);

  write_files(folder / "flat/train", train);
  write_files(folder / "flat/val", val.flat);
  write_kit(folder / "flat", val.truth);

  std::vector<std::string> wnids;
  for (const Synset& synset : synsets()) {
    wnids.push_back(synset.wnid);
  }
  std::sort(wnids.begin(), wnids.end());
  for (const Split split : {Split::train, Split::test}) {
    const ImageFolder expected{folder / "folders" / (split == Split::train ? "train" : "val")};
    REQUIRE(expected.classes() == wnids);
    for (const std::string source : {"folders", "tars", "zips", "downloaded", "flat"}) {
      INFO(source);
      const ImageNet<> dataset = open(folder / source, split);
      CHECK(dataset.classes() == wnids);
      CHECK(dataset.num_classes() == wnids.size());
      CHECK(samples_of(dataset) == samples_of(expected));
      for (std::size_t i = 0; i < dataset.size(); ++i) {
        CHECK(dataset.path(i).filename() == expected.path(i).filename());
        CHECK(dataset.path(i).string().starts_with(dataset.source().string() + "/"));
      }
      CHECK(dataset.root() == folder / source);
      CHECK(dataset.split() == split);
      CHECK(dataset.words().empty() == (source == "folders" || source == "tars"));
    }
  }
  const ImageNet first(folder / "downloaded", Split::train, ToTensor{}, {.num_classes = 2, .index_folder = fs::path()});
  CHECK(first.num_classes() == 2);
  CHECK(first.size() == 6);
  CHECK(first.words().size() == 2);
}

TEST_CASE("ImageNet's classes have torchvision's words", "[imagenet]") {
  const TemporaryFolder folder;
  for (const std::string meta : {"imagenet_meta.mat", "imagenet_meta_packed.mat"}) {
    const Val val = val_files();
    write_tar(folder / "ILSVRC2012_img_val.tar", val.flat, "");
    write_kit(folder.path(), val.truth, meta);
    const ImageNet<> dataset = open(folder.path(), Split::test);
    REQUIRE(dataset.words().size() == synsets().size());
    for (const Synset& synset : synsets()) {
      std::string words;
      for (const std::string& word :
           dataset.words().at(static_cast<std::size_t>(dataset.class_to_index().at(synset.wnid)))) {
        words += (words.empty() ? "" : "|") + word;
      }
      CHECK(words == synset.words);
    }
  }
}

TEST_CASE("A class that the development kit does not have is called by its folder", "[imagenet]") {
  const TemporaryFolder folder;
  write_files(folder / "train", {{"mine/1.bmp", picture(1)}});
  write_kit(folder.path(), "1\n");
  CHECK(open(folder.path(), Split::train).words() == std::vector<std::vector<std::string>>{{"mine"}});
}

TEST_CASE("What is missing of ImageNet is told with what was looked for", "[imagenet]") {
  const TemporaryFolder folder;
  CHECK_THAT(error_of_opening(folder / "none", Split::train), ContainsSubstring("none is not a folder"));
  CHECK_THAT(error_of_opening(folder.path(), Split::train),
             ContainsSubstring(folder.path().string() + " has none of train (class folders), train.tar, train.zip or "
                                                        "ILSVRC2012_img_train.tar"));
  CHECK_THAT(error_of_opening(folder.path(), Split::test),
             ContainsSubstring("none of val (class folders), val.tar, val.zip or ILSVRC2012_img_val.tar"));
  const Val val = val_files();
  write_tar(folder / "ILSVRC2012_img_val.tar", val.flat, "");
  CHECK_THAT(error_of_opening(folder.path(), Split::test),
             ContainsSubstring("neither ILSVRC2012_devkit_t12.tar.gz nor ILSVRC2012_devkit_t12 is in " +
                               folder.path().string()));
  write_kit(folder.path(), val.truth + "1\n");
  CHECK_THAT(error_of_opening(folder.path(), Split::test),
             ContainsSubstring("has " + std::to_string(val.flat.size()) + " images, but") &&
                 ContainsSubstring("has the classes of " + std::to_string(val.flat.size() + 1)));
  write_kit(folder.path(), "1\n99999\n");
  CHECK_THAT(error_of_opening(folder.path(), Split::test),
             ContainsSubstring("line 2 of it is 99999, which is no class of data/meta.mat"));
  write_kit(folder.path(), "1\n\n2\n");
  CHECK_THAT(error_of_opening(folder.path(), Split::test), ContainsSubstring("line 2 of it is , which is no class"));
  write_tar_gz(folder / "ILSVRC2012_devkit_t12.tar.gz", Files{{"data/readme.txt", ""}}, "ILSVRC2012_devkit_t12/");
  CHECK_THAT(error_of_opening(folder.path(), Split::test), ContainsSubstring("tar.gz has no data/meta.mat"));
  write_tar_gz(folder / "ILSVRC2012_devkit_t12.tar.gz",
               Files{{"data/meta.mat", "MATLAB 7.3"}, {"data/ILSVRC2012_validation_ground_truth.txt", ""}},
               "ILSVRC2012_devkit_t12/");
  CHECK_THAT(error_of_opening(folder.path(), Split::test),
             ContainsSubstring("data/meta.mat of " + folder.path().string()) &&
                 ContainsSubstring("cannot be read: it is no MATLAB file of level 5"));
}

TEST_CASE("ImageNet with a class without images, or classes without a folder around them", "[imagenet]") {
  const TemporaryFolder folder;
  write_tar(folder / "train.tar", Files{{"n01/1.bmp", picture(1)}, {"n02/note.txt", ""}}, "");
  CHECK_THAT(
      error_of_opening(folder.path(), Split::train),
      ContainsSubstring("ImageNet: found no valid file for the classes n02 in ") && ContainsSubstring("train.tar"));
  write_tar(folder / "train.tar", Files{{"n01/1.bmp", picture(1)}}, "");
  CHECK(open(folder.path(), Split::train).classes() == std::vector<std::string>{"n01"});
  write_tar(folder / "train.tar", Files{{"1.bmp", picture(1)}}, "");
  CHECK_THAT(error_of_opening(folder.path(), Split::train),
             ContainsSubstring("ImageNet: couldn't find any class folder in ") && ContainsSubstring("train.tar"));
}

TEST_CASE("A MATLAB file that is cut or changed at any place is read or refused", "[imagenet]") {
  for (const std::string name : {"imagenet_meta.mat", "imagenet_meta_packed.mat"}) {
    const std::string whole = read_text(reference(name));
    const auto read = [](const std::string& text) {
      try {
        return datasets::read_matlab_array(std::as_bytes(std::span(text)), "synsets").has_value();
      } catch (const Error&) {
        return false;
      }
    };
    CHECK(read(whole));
    std::size_t sound = 0;
    for (std::size_t size = 0; size < whole.size(); size += size < 400 ? 1 : 37) {
      REQUIRE_FALSE(read(whole.substr(0, size)));
      for (const char byte : {'\0', '\1', '\x7F', '\xFF'}) {
        std::string damaged = whole;
        damaged[size] = byte;
        sound += read(damaged) ? 1 : 0;
      }
    }
    CHECK(sound > 0);  // the text at the beginning says nothing
  }
}
