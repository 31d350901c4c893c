#include <hearth/datasets/food11.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/tiny_imagenet.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "archive_files.hpp"
#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using hearth_test::error_of;
using hearth_test::Files;
using hearth_test::files_below;
using hearth_test::names_in;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

const std::array<std::string, 11> folders{"Bread",         "Dairy_product", "Dessert", "Egg",  "Fried_food",     "Meat",
                                          "Noodles_Pasta", "Rice",          "Seafood", "Soup", "Vegetable_Fruit"};

/// The images of a class in the file below: class i has i more to train on than class 0.
std::size_t count_of(const std::string& split, std::size_t number) {
  return split == "training" ? 2 + number : split == "validation" ? 2 : 1;
}

/// The download's layout with few images, which begin at different numbers; an image's content is its name.
Files as_downloaded() {
  Files files;
  for (const std::string split : {"training", "validation", "evaluation"}) {
    for (std::size_t i = 0; i < 11; ++i) {
      for (std::size_t k = 0; k < count_of(split, i); ++k) {
        const std::string name = split + "/" + std::to_string(i) + "_" + std::to_string(7 + k) + ".jpg";
        files[name] = name;
      }
    }
  }
  return files;
}

Files prepared() {
  Files files;
  for (const auto& [name, content] : as_downloaded()) {
    const std::size_t slash = name.find('/');
    const std::size_t number = std::stoul(name.substr(slash + 1));
    files[name.substr(0, slash + 1) + folders[number] + name.substr(slash)] = content;
  }
  return files;
}

/// 11 classes: 2 + 3 + ... + 12 images to train on, 22 to validate, 11 to evaluate.
constexpr std::size_t all = 77 + 22 + 11;

template <class Pairs = Files>
fs::path write_zip(const fs::path& path, const Pairs& files, const std::string& top = "Food-11/") {
  return hearth_test::write_zip(path, files, top);
}

void write_files(const TemporaryFolder& folder, const std::string& below, const Files& files) {
  for (const auto& [name, content] : files) {
    folder.write(below + name, content);
  }
}

struct stat status_of(const fs::path& path) {
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status;
}
ino_t inode(const fs::path& path) {
  return status_of(path).st_ino;
}
dev_t device(const fs::path& path) {
  return status_of(path).st_dev;
}

}  // namespace

TEST_CASE("Food-11's archive becomes class folders whose order is that of the class numbers", "[food11]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "food.zip", as_downloaded());
  std::vector<std::pair<std::size_t, std::size_t>> told;
  const Food11 data = prepare_food11(
      zip, folder / "data", {.progress = [&](std::size_t done, std::size_t total) { told.emplace_back(done, total); }});
  CHECK(files_below(folder / "data") == prepared());
  CHECK(data.training == folder / "data/training");
  CHECK(data.validation == folder / "data/validation");
  CHECK(data.evaluation == folder / "data/evaluation");
  CHECK(data.classes == std::vector<std::string>{"Bread", "Dairy product", "Dessert", "Egg", "Fried food", "Meat",
                                                 "Noodles/Pasta", "Rice", "Seafood", "Soup", "Vegetable/Fruit"});
  CHECK(data.counts.training == std::vector<std::size_t>{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(data.counts.validation == std::vector<std::size_t>(11, 2));
  CHECK(data.counts.evaluation == std::vector<std::size_t>(11, 1));
  CHECK(data.how == "extracted");
  CHECK_THAT(data.source, ContainsSubstring(zip.string() + " (a zip of") && EndsWith("; extracted)"));
  REQUIRE(told.size() == all);
  CHECK(told.front() == std::pair<std::size_t, std::size_t>{1, all});
  CHECK(told.back() == std::pair<std::size_t, std::size_t>{all, all});
  CHECK(names_in(folder.path()) == std::set<std::string>{"data", "food.zip"});

  for (const fs::path& split : {data.training, data.validation, data.evaluation}) {
    const ImageFolder images{split};
    CHECK(images.classes() == std::vector<std::string>(folders.begin(), folders.end()));
    for (std::size_t i = 0; i < images.size(); ++i) {  // the label is the number in the file's name
      CHECK(images.label(i) == std::stoll(images.path(i).filename().string()));
    }
  }
}

TEST_CASE("The counts of Food-11 are shown with the classes' real names and sums", "[food11]") {
  const TemporaryFolder folder;
  const Food11 data = prepare_food11(write_zip(folder / "food.zip", as_downloaded()), folder / "data");
  CHECK(to_string(data.counts) ==
        "class               training  validation  evaluation\n"
        " 0 Bread                   2           2           1\n"
        " 1 Dairy product           3           2           1\n"
        " 2 Dessert                 4           2           1\n"
        " 3 Egg                     5           2           1\n"
        " 4 Fried food              6           2           1\n"
        " 5 Meat                    7           2           1\n"
        " 6 Noodles/Pasta           8           2           1\n"
        " 7 Rice                    9           2           1\n"
        " 8 Seafood                10           2           1\n"
        " 9 Soup                   11           2           1\n"
        "10 Vegetable/Fruit        12           2           1\n"
        "all                       77          22          11\n");
  CHECK_THROWS_WITH(to_string(Food11::Counts{}), ContainsSubstring("has not 11 counts"));
}

TEST_CASE("A folder's files get hard links where that is possible", "[food11]") {
  const TemporaryFolder folder;
  write_files(folder, "unpacked/Food-11/", as_downloaded());
  fs::rename(folder / "unpacked/Food-11/training/0_7.jpg", folder / "unpacked/elsewhere.jpg");
  fs::create_symlink("../../elsewhere.jpg", folder / "unpacked/Food-11/training/0_7.jpg");
  for (const std::string source : {"unpacked", "unpacked/Food-11"}) {
    const Food11 data = prepare_food11(folder / source, folder / "data");
    CHECK(data.how == "hard links");
    CHECK_THAT(data.source, EndsWith("; hard links)"));
    CHECK(files_below(folder / "data") == prepared());
    CHECK(inode(folder / "data/evaluation/Soup/9_7.jpg") == inode(folder / "unpacked/Food-11/evaluation/9_7.jpg"));
    // A symbolic link's second name is one of the file that it leads to: the link itself would lead nowhere from there.
    CHECK(fs::symlink_status(folder / "data/training/Bread/0_7.jpg").type() == fs::file_type::regular);
    CHECK(inode(folder / "data/training/Bread/0_7.jpg") == inode(folder / "unpacked/elsewhere.jpg"));
    CHECK(open_food11(folder / "data").how == "hard links");
    fs::remove_all(folder / "data");
  }
  prepare_food11(folder / "unpacked", folder / "data");
  fs::remove_all(folder / "unpacked");
  CHECK(files_below(folder / "data") == prepared());
}

TEST_CASE("A folder on another file system is copied, and the result says so", "[food11]") {
  const TemporaryFolder folder;
  for (const fs::path& where : {fs::temp_directory_path(), fs::current_path(), fs::path("/var/tmp")}) {
    if (device(where) == device(folder.path()) || ::access(where.c_str(), W_OK) != 0) {
      continue;
    }
    const TemporaryFolder other(where);
    write_files(other, "", as_downloaded());
    const Food11 data = prepare_food11(other.path(), folder / "data");
    CHECK(data.how == "copies");
    CHECK_THAT(data.source, EndsWith("; copies)"));
    CHECK(files_below(folder / "data") == prepared());
    CHECK(inode(folder / "data/training/Bread/0_7.jpg") != inode(other / "training/0_7.jpg"));

    // A link to a file on this one: it can have a second name.
    folder.write("own.jpg", "training/0_7.jpg");
    fs::remove(other / "training/0_7.jpg");
    fs::create_symlink(folder / "own.jpg", other / "training/0_7.jpg");
    CHECK(prepare_food11(other.path(), folder / "mixed").how == "hard links and copies");
    CHECK(files_below(folder / "mixed") == prepared());
    CHECK(inode(folder / "mixed/training/Bread/0_7.jpg") == inode(folder / "own.jpg"));
    return;
  }
  WARN("skipped: there is one file system alone");
}

TEST_CASE("A prepared Food-11 is not written again, and needs its source no more", "[food11]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "food.zip", as_downloaded());
  prepare_food11(zip, folder / "data/");
  CHECK(names_in(folder / "data") == std::set<std::string>{".prepared", "evaluation", "training", "validation"});
  const auto refuse = [](std::size_t, std::size_t) { FAIL("it is there already"); };
  CHECK(prepare_food11(zip, folder / "data", {.progress = refuse}).how == "extracted");
  CHECK(prepare_food11(folder / "data", folder / "other", {.progress = refuse}).training == folder / "data/training");
  fs::rename(zip, folder / "moved.zip");
  CHECK(prepare_food11(folder / "moved.zip", folder / "data", {.progress = refuse}).counts.evaluation[10] == 1);
  fs::remove(folder / "moved.zip");
  CHECK_THROWS_WITH(prepare_food11(zip, folder / "data"),
                    ContainsSubstring(zip.string() + " does not exist") &&
                        ContainsSubstring((folder / "data").string() + " was prepared from " + zip.string()));
  CHECK_THROWS_WITH(prepare_food11(zip, folder / "other"), EndsWith("does not exist"));
  CHECK_THAT(open_food11(folder / "data").source, ContainsSubstring(zip.string()));
  CHECK_FALSE(fs::exists(folder / "other"));
}

TEST_CASE("Food-11 that was prepared from another source, or is another data set, is refused", "[food11]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "food.zip", as_downloaded());
  prepare_food11(zip, folder / "data");
  Files other = as_downloaded();
  other["training/0_7.jpg"] = "TRAINING/0_7.jpg";  // as long as it was
  write_files(folder, "unpacked/", as_downloaded());
  for (const fs::path& source : {write_zip(folder / "same_size.zip", other), folder / "unpacked"}) {
    CHECK_THROWS_WITH(prepare_food11(source, folder / "data"),
                      ContainsSubstring((folder / "data").string() + " was prepared from " + zip.string()) &&
                          ContainsSubstring("is not what " + source.string()));
  }
  CHECK_THROWS_WITH(open_tiny_imagenet(folder / "data"), ContainsSubstring("was prepared as Food-11"));
  const fs::path tiny = hearth_test::write_zip(folder / "tiny.zip",
                                               Files{{"val/val_annotations.txt", "val_0.JPEG\tn01\n"},
                                                     {"val/images/val_0.JPEG", "x"},
                                                     {"train/n01/images/n01_0.JPEG", "x"}},
                                               "");
  prepare_tiny_imagenet(tiny, folder / "tiny");
  CHECK_THROWS_WITH(open_food11(folder / "tiny"), ContainsSubstring("was prepared as Tiny ImageNet"));
  CHECK_THROWS_WITH(prepare_food11(zip, folder / "tiny"), ContainsSubstring("was prepared as Tiny ImageNet"));
  CHECK_THROWS_WITH(prepare_food11(tiny, folder / "other"),
                    ContainsSubstring("tiny.zip has no images in training, validation and evaluation"));
}

TEST_CASE("Images added to a prepared Food-11, or removed from it, are noticed", "[food11]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "food.zip", as_downloaded());
  prepare_food11(zip, folder / "data");
  const auto noticed = [&] {
    for (const auto& open : {std::function([&] { open_food11(folder / "data"); }),
                             std::function([&] { prepare_food11(zip, folder / "data"); })}) {
      CHECK_THROWS_WITH(open(), ContainsSubstring("files were added to " + (folder / "data").string()));
    }
  };
  const fs::path image = folder / "data/evaluation/Soup/9_7.jpg";
  fs::rename(image, folder / "aside");
  noticed();
  folder.write("data/evaluation/Soup/9_8.jpg", "as many, but another");
  noticed();
  fs::remove(folder / "data/evaluation/Soup/9_8.jpg");
  fs::rename(folder / "aside", image);
  folder.write("data/evaluation/Soup/notes.txt", "no image");
  CHECK(open_food11(folder / "data").counts.evaluation[9] == 1);
}

TEST_CASE("Class folders that were sorted by hand will do, under the names in use", "[food11]") {
  const TemporaryFolder folder;
  for (const auto& [name, content] : prepared()) {
    std::string own = name;
    for (const auto& [from, to] :
         {std::pair("Dairy_product", "Dairy product"), std::pair("Noodles_Pasta", "Noodles-Pasta"),
          std::pair("Vegetable_Fruit", "Vegetable-Fruit")}) {
      if (const std::size_t at = own.find(from); at != std::string::npos) {
        own.replace(at, std::string(from).size(), to);
      }
    }
    folder.write("sorted/" + own, content);
  }
  const Food11 data = prepare_food11(folder / "sorted", folder / "data");
  CHECK_FALSE(fs::exists(folder / "data"));
  CHECK(data.training == folder / "sorted/training");
  CHECK(data.classes[6] == "Noodles/Pasta");
  CHECK(data.counts.training[10] == 12);
  CHECK(data.source.empty());
  CHECK(data.how.empty());
  const ImageFolder images{data.training};
  CHECK(images.label(images.size() - 1) == 10);

  fs::rename(folder / "sorted/validation/Rice", folder / "Rice");
  CHECK_THROWS_WITH(open_food11(folder / "sorted"), ContainsSubstring("sorted/validation has no folder Rice"));
  fs::create_directory(folder / "sorted/validation/Rice");
  CHECK_THROWS_WITH(open_food11(folder / "sorted"), ContainsSubstring("sorted/validation/Rice has no images"));
  folder.write("sorted/validation/Rice/7_7.jpg", "");
  CHECK(open_food11(folder / "sorted").counts.validation[7] == 1);
  folder.write("sorted/validation/Pizza/1.jpg", "");
  CHECK_THROWS_WITH(open_food11(folder / "sorted"),
                    ContainsSubstring("sorted/validation/Pizza is the folder of none of its 11 classes"));
  fs::remove_all(folder / "sorted/validation/Pizza");
  folder.write("sorted/validation/Fried food/1.jpg", "");
  CHECK_THROWS_WITH(open_food11(folder / "sorted"), ContainsSubstring("or has another one twice"));
  CHECK_THROWS_WITH(open_food11(folder / "none"), ContainsSubstring("none is no folder that was prepared"));
}

TEST_CASE("Upper-case extensions are taken, and what systems leave behind is not", "[food11]") {
  const TemporaryFolder folder;
  Files files = as_downloaded();
  Files expected = prepared();
  files.erase("training/0_7.jpg");
  expected.erase("training/Bread/0_7.jpg");
  files["training/0_7.JPG"] = files["training/0_100.jpeg"] = "in";
  expected["training/Bread/0_7.JPG"] = expected["training/Bread/0_100.jpeg"] = "in";
  for (const std::string junk : {"training/.DS_Store", "training/._0_7.jpg", "training/Thumbs.db",
                                 "training/desktop.ini", "training/.thumbnails/0_1.jpg", "__MACOSX/training/._0_8.jpg",
                                 "__MACOSX/training/x.jpg", ".DS_Store", "README.txt", "samples/photo.jpg"}) {
    files[junk] = "out";
  }
  for (const std::string top : {"Food-11/", "food11/food11/", "./", ""}) {
    Files zipped = files;
    prepare_food11(write_zip(folder / "food.zip", zipped, top), folder / "data");
    CHECK(files_below(folder / "data") == expected);
    fs::remove_all(folder / "data");
  }
  files["../__MACOSX/Food-11/training/._0_7.jpg"] = "out";  // macOS puts it beside the top folder
  write_files(folder, "below/unpacked/", files);
  prepare_food11(folder / "below", folder / "data");
  CHECK(files_below(folder / "data") == expected);
}

TEST_CASE("Several that prepare one Food-11 at once do it once", "[food11]") {
  const TemporaryFolder folder;
  write_files(folder, "unpacked/", as_downloaded());
  for (int round = 0; round < 5; ++round) {
    std::vector<std::size_t> written(4);
    std::vector<std::thread> threads;
    const fs::path target = folder / ("data" + std::to_string(round));
    for (std::size_t& count : written) {
      threads.emplace_back([&folder, &target, &count] {
        prepare_food11(folder / "unpacked", target, {.progress = [&count](std::size_t, std::size_t) { ++count; }});
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(std::multiset<std::size_t>(written.begin(), written.end()) == std::multiset<std::size_t>{0, 0, 0, all});
    CHECK(files_below(target) == prepared());
    CHECK(names_in(folder.path()).size() == static_cast<std::size_t>(round) + 2);
  }
}

TEST_CASE("A preparation of Food-11 that is killed half way leaves the source whole, and is finished by the next",
          "[food11]") {
  const TemporaryFolder folder;
  write_files(folder, "unpacked/", as_downloaded());
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    prepare_food11(folder / "unpacked", folder / "data", {.progress = [](std::size_t done, std::size_t) {
                     if (done == 40) {
                       ::raise(SIGKILL);
                     }
                   }});
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK_FALSE(fs::exists(folder / "data"));
  prepare_food11(folder / "unpacked", folder / "data");
  CHECK(files_below(folder / "data") == prepared());
  CHECK(files_below(folder / "unpacked") == as_downloaded());
  CHECK(names_in(folder.path()) == std::set<std::string>{"data", "unpacked"});
}

TEST_CASE("What is wrong in Food-11's download is an error that names the file, and leaves nothing behind",
          "[food11]") {
  const TemporaryFolder folder;
  const auto error = [&](const fs::path& source) {
    const std::string message = error_of([&] { prepare_food11(source, folder / "target/data"); });
    INFO(message);
    CHECK(message.find('\n') == std::string::npos);
    if (fs::exists(folder / "target")) {
      CHECK(names_in(folder / "target").empty());
    }
    return message;
  };
  // The same fault in an archive and in a folder.
  int number = 0;
  const auto check = [&](const Files& files, const std::string& expected) {
    CHECK_THAT(error(write_zip(folder / "food.zip", files)),
               ContainsSubstring(expected) && ContainsSubstring("food.zip"));
    const std::string below = "unpacked" + std::to_string(number++) + "/Food-11/";
    write_files(folder, below, files);
    std::string below_top = expected;
    if (const std::size_t at = below_top.find("Food-11/"); at != std::string::npos) {
      below_top.erase(at, 8);  // which this source begins in
    }
    CHECK_THAT(error(folder / below), ContainsSubstring(below_top));
  };
  const auto with = [&](const std::string& name) {
    Files files = as_downloaded();
    files[name] = "x";
    return files;
  };
  const auto without = [&](const std::string& start) {
    Files files = as_downloaded();
    REQUIRE(std::erase_if(files, [&](const auto& file) { return file.first.starts_with(start); }) > 0);
    return files;
  };
  check(with("training/photo.jpg"), "Food-11/training/photo.jpg in ");
  check(with("training/photo.jpg"), "has no class number in its name: images are named CLASS_NUMBER.jpg");
  for (const std::string name : {"_5.jpg", "3.jpg", "x3_5.jpg", " 3_5.jpg", "+3_5.jpg", "-_5.jpg"}) {
    check(with("validation/" + name), "Food-11/validation/" + name + " in ");
    CHECK_THAT(error(write_zip(folder / "food.zip", with("validation/" + name))),
               ContainsSubstring("has no class number in its name"));
  }
  check(with("evaluation/11_0.jpg"),
        "has the class number 11: images are named CLASS_NUMBER.jpg, with a class from 0 to 10");
  check(with("evaluation/99999999999999999999999_0.jpg"), "has the class number 99999999999999999999999");
  check(with("evaluation/-1_0.jpg"), "has the class number -1");
  check(with("training/3_.jpg"), "has not the name of an image");
  check(with("training/3_5 (1).jpg"), "has not the name of an image");
  check(with("training/3_5.gif"), "has not the name of an image");
  check(with("training/3_5"), "has not the name of an image");
  check(with("training/more/3_500.jpg"), "lies in a folder within the split");
  check(with("training/3_7.JPG"), "which would be one file where upper and lower case count as the same");
  check(without("validation/"), "has no folder Food-11/validation");
  check(without("evaluation/4_"), "has no image of class 4, Fried food: no 4_NUMBER.jpg");
  check(without("training/10_"), "has no image of class 10, Vegetable/Fruit");

  Files empty = without("validation/");
  empty["validation/.DS_Store"] = "junk is no image";
  check(empty, "the folder Food-11/validation in ");
  check(empty, " is empty");
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& file : without("validation/")) {
    entries.push_back(file);
  }
  entries.emplace_back("validation/", "");
  CHECK_THAT(error(write_zip(folder / "food.zip", entries)), EndsWith("is empty"));
  folder.write("bare/training/0_0.jpg", "x");
  fs::create_directories(folder / "bare/validation");
  CHECK_THAT(error(folder / "bare"), ContainsSubstring("training in") && ContainsSubstring("no image of class 1"));

  entries.clear();
  for (const auto& file : as_downloaded()) {
    entries.push_back(file);
  }
  entries.emplace_back("training/3_7.jpg", "another");
  CHECK_THAT(error(write_zip(folder / "food.zip", entries)),
             ContainsSubstring("food.zip has the file Food-11/training/3_7.jpg twice"));
  check(with("old/training/0_0.jpg"), "which are two data sets");
  CHECK_THAT(error(write_zip(folder / "food.zip", with("../food-11/training/0_0.jpg"))),
             ContainsSubstring("the entry ../food-11/training/0_0.jpg points outside"));
  CHECK_FALSE(fs::exists(folder / "food-11"));
  {
    Files files;
    for (const auto& [name, content] : as_downloaded()) {
      files[(name.starts_with("training") ? "Food-11/" : "food-11/") + name] = content;
    }
    CHECK_THAT(error(write_zip(folder / "food.zip", files, "")),
               ContainsSubstring("images in Food-11/training and in food-11/evaluation, which are two data sets"));
  }
  const std::string whole = read_text(write_zip(folder / "food.zip", as_downloaded()));
  for (const std::size_t size : {whole.size() / 2, whole.size() - 30}) {
    CHECK_THAT(error(folder.write("cut.zip", whole.substr(0, size))), ContainsSubstring("cut.zip"));
  }
  CHECK_THAT(error(folder.write("cut.zip", whole.substr(0, whole.size() / 2))), ContainsSubstring("cut short"));
  std::string damaged = whole;
  damaged[damaged.find("training/3_9.jpg", damaged.find("training/3_9.jpg") + 1)] ^= 1;  // the image, after its name
  CHECK_THAT(error(folder.write("damaged.zip", damaged)),
             ContainsSubstring("damaged.zip: the entry Food-11/training/3_9.jpg is damaged"));
  CHECK_THAT(error(folder / "none.zip"), EndsWith("none.zip does not exist"));
  CHECK_THAT(error(write_zip(folder / "food.zip", Files{{"README.txt", "x"}})),
             ContainsSubstring("has no images in training, validation and evaluation"));
  fs::create_directory(folder / "nothing");
  CHECK_THAT(error(folder / "nothing"), ContainsSubstring("nothing has no images in training"));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(error(folder / "pipe"), ContainsSubstring("pipe is neither an archive nor a folder"));
  folder.write("mine/photo.png", "mine");
  CHECK_THROWS_WITH(prepare_food11(write_zip(folder / "food.zip", as_downloaded()), folder / "mine"),
                    ContainsSubstring((folder / "mine").string() + " is in the way"));
}

TEST_CASE("The real layout of Food-11 is prepared whole, and reads as its class numbers", "[food11][shared]") {
  const char* const shared = std::getenv("HEARTH_SHARED");
  if (shared == nullptr) {
    WARN("skipped: HEARTH_SHARED does not name the folder of the real data");
    return;
  }
  const TemporaryFolder folder;
  const Food11 data = prepare_food11(fs::path(shared) / "data/food-11.zip", folder / "data");
  CHECK(data.counts.training == std::vector<std::size_t>(11, 300));
  CHECK(data.counts.validation == std::vector<std::size_t>(11, 75));
  CHECK(data.counts.evaluation == std::vector<std::size_t>(11, 75));
  for (const auto& [split, count] : {std::pair(data.training, 3300), std::pair(data.evaluation, 825)}) {
    const ImageFolder images{split};
    REQUIRE(images.size() == static_cast<std::size_t>(count));
    bool are_numbers = true;
    for (std::size_t i = 0; i < images.size(); ++i) {
      are_numbers = are_numbers && images.label(i) == std::stoll(images.path(i).filename().string());
    }
    CHECK(are_numbers);
  }
}
