#include <hearth/datasets/tiny_imagenet.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::error_of;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

using Files = std::map<std::string, std::string>;

/// Tiny ImageNet's official layout with two classes; a picture's content is its name.
Files official() {
  Files files{{"wnids.txt", "n02\nn01\n"},
              {"words.txt", "n00\tentity\nn01\tgoldfish, Carassius auratus\nn02\tshark\n"},
              {"val/val_annotations.txt", ""},
              {"train/n01/n01_boxes.txt", "n01_0.JPEG\t0\t0\t63\t63\n"},
              {"test/images/test_0.JPEG", "test_0.JPEG"}};
  for (const std::string wnid : {"n01", "n02"}) {
    for (const std::string number : {"0", "1", "10", "2"}) {
      files["train/" + wnid + "/images/" + wnid + "_" + number + ".JPEG"] = wnid + "_" + number + ".JPEG";
    }
  }
  for (int i = 0; i < 6; ++i) {
    const std::string name = "val_" + std::to_string(i) + ".JPEG";
    files["val/images/" + name] = name;
    files["val/val_annotations.txt"] += name + "\tn0" + std::to_string(1 + i % 2) + "\t0\t32\t44\t62\n";
  }
  return files;
}

Files prepared() {
  Files files{{"words.txt", "n01\tgoldfish, Carassius auratus\nn02\tshark\n"}};
  for (const std::string wnid : {"n01", "n02"}) {
    for (const std::string number : {"0", "1", "10", "2"}) {
      const std::string name = wnid + "_" + number + ".JPEG";
      files["train/" + wnid + "/" + name] = name;
    }
  }
  for (int i = 0; i < 6; ++i) {
    const std::string name = "val_" + std::to_string(i) + ".JPEG";
    files["val/n0" + std::to_string(1 + i % 2) + "/" + name] = name;
  }
  return files;
}

fs::path write_zip(const fs::path& path, const Files& files, const std::string& top = "tiny-imagenet-200/") {
  ::archive* const zip = archive_write_new();
  archive_write_set_format_zip(zip);
  archive_write_zip_set_compression_store(zip);
  REQUIRE(archive_write_open_filename(zip, path.c_str()) == ARCHIVE_OK);
  for (const auto& [name, content] : files) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, (name.starts_with("../") ? name : top + name).c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    REQUIRE(archive_write_header(zip, entry) == ARCHIVE_OK);
    REQUIRE(archive_write_data(zip, content.data(), content.size()) == static_cast<la_ssize_t>(content.size()));
    archive_entry_free(entry);
  }
  REQUIRE(archive_write_close(zip) == ARCHIVE_OK);
  archive_write_free(zip);
  return path;
}

/// All files below a folder but the mark of completion.
Files files_below(const fs::path& folder) {
  Files files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().filename() != ".prepared") {
      files[entry.path().lexically_relative(folder).string()] = read_text(entry.path());
    }
  }
  return files;
}

/// The names that a folder has.
std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

}  // namespace

TEST_CASE("Tiny ImageNet's archive becomes class folders for training and validation", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  std::vector<std::pair<std::size_t, std::size_t>> told;
  const TinyImageNet data = prepare_tiny_imagenet(
      zip, folder / "data", {.progress = [&](std::size_t done, std::size_t total) { told.emplace_back(done, total); }});
  CHECK(files_below(folder / "data") == prepared());
  CHECK(data.train == folder / "data/train");
  CHECK(data.val == folder / "data/val");
  CHECK(data.wnids == std::vector<std::string>{"n01", "n02"});
  CHECK(data.names == std::map<std::string, std::string>{{"n01", "goldfish, Carassius auratus"}, {"n02", "shark"}});
  REQUIRE(told.size() == 14);
  CHECK(told.front() == std::pair<std::size_t, std::size_t>{1, 14});
  CHECK(told.back() == std::pair<std::size_t, std::size_t>{14, 14});
  CHECK(names_in(folder.path()) == std::set<std::string>{"data", "tiny.zip"});
  CHECK(ImageFolder{data.train}.classes() == ImageFolder{data.val}.classes());
}

TEST_CASE("A folder that is prepared is not written again, and needs its archive no more", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  prepare_tiny_imagenet(zip, folder / "data/");  // a slash at the end names the same folder
  CHECK(names_in(folder / "data") == std::set<std::string>{".prepared", "train", "val", "words.txt"});
  hearth::core::write_file(folder / "data/words.txt", std::string_view("n01\tmine\n"));
  const auto refuse = [](std::size_t, std::size_t) { FAIL("it is there already"); };
  CHECK(prepare_tiny_imagenet(zip, folder / "data", {.progress = refuse}).names.at("n01") == "mine");
  CHECK(prepare_tiny_imagenet(folder / "data", folder / "other", {.progress = refuse}).train == folder / "data/train");
  fs::remove(zip);
  CHECK(prepare_tiny_imagenet(zip, folder / "data", {.progress = refuse}).wnids.size() == 2);
  CHECK(prepare_tiny_imagenet(zip, folder / "data").names.at("n02") == "n02");
  Files more = official();
  more["train/n01/images/n01_11.JPEG"] = "n01_11.JPEG";
  write_zip(zip, more);
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, folder / "data"),
                    ContainsSubstring("was prepared otherwise (from an archive of") &&
                        ContainsSubstring("without test; asked for: from an archive of"));
}

TEST_CASE("The unpacked archive, and folders sorted by hand, will do as well", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  for (const auto& [name, content] : official()) {
    folder.write("unpacked/tiny-imagenet-200/" + name, content);
  }
  prepare_tiny_imagenet(folder / "unpacked/tiny-imagenet-200", folder / "one");
  CHECK(files_below(folder / "one") == prepared());
  prepare_tiny_imagenet(folder / "unpacked", folder / "two");
  CHECK(files_below(folder / "two") == prepared());
  CHECK_THROWS_WITH(prepare_tiny_imagenet(folder / "unpacked/tiny-imagenet-200", folder / "unpacked"),
                    ContainsSubstring("unpacked is in the way"));

  folder.write("sorted/train/b/1.JPEG", "");
  folder.write("sorted/train/a/1.JPEG", "");
  folder.write("sorted/val/a/2.JPEG", "");
  CHECK_THROWS_WITH(prepare_tiny_imagenet(folder / "sorted", folder / "three"),
                    ContainsSubstring("sorted/train and") && ContainsSubstring("have different class folders"));
  folder.write("sorted/val/b/2.JPEG", "");
  const TinyImageNet data = prepare_tiny_imagenet(folder / "sorted", folder / "three");
  CHECK(data.val == folder / "sorted/val");
  CHECK(data.names.at("a") == "a");
  CHECK_FALSE(fs::exists(folder / "three"));
}

TEST_CASE("The archive's top folder may have any name, or be missing", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  for (const std::string top : {"another/name/", "./", ""}) {
    prepare_tiny_imagenet(write_zip(folder / "tiny.zip", official(), top), folder / "data");
    CHECK(files_below(folder / "data") == prepared());
    fs::remove_all(folder / "data");
  }
}

TEST_CASE("The test pictures are taken when they are asked for", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  prepare_tiny_imagenet(zip, folder / "data", {.test = true});
  Files expected = prepared();
  expected["test/images/test_0.JPEG"] = "test_0.JPEG";
  CHECK(files_below(folder / "data") == expected);
}

TEST_CASE("A run that is killed half way is finished by the next", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  for (const std::size_t after : {1UL, 5UL, 14UL}) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      prepare_tiny_imagenet(zip, folder / "data", {.progress = [&](std::size_t done, std::size_t) {
                              if (done == after) {
                                ::raise(SIGKILL);
                              }
                            }});
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK_FALSE(fs::exists(folder / "data"));
    CHECK(fs::exists(folder / "data.part"));
    folder.write("data.part/train/n09/half.JPEG", "left by yet another run");
  }
  prepare_tiny_imagenet(zip, folder / "data");
  CHECK(files_below(folder / "data") == prepared());
  CHECK(names_in(folder.path()) == std::set<std::string>{"data", "tiny.zip"});
}

TEST_CASE("Several that prepare one folder at once do it once", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  for (int round = 0; round < 20; ++round) {
    std::vector<std::size_t> written(4);
    std::vector<std::thread> threads;
    const fs::path target = folder / ("data" + std::to_string(round));
    for (std::size_t& count : written) {
      threads.emplace_back([&zip, &target, &count] {
        prepare_tiny_imagenet(zip, target, {.progress = [&count](std::size_t, std::size_t) { ++count; }});
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(std::multiset<std::size_t>(written.begin(), written.end()) == std::multiset<std::size_t>{0, 0, 0, 14});
    CHECK(files_below(target) == prepared());
    CHECK_FALSE(fs::exists(target.string() + ".part"));
  }
}

TEST_CASE("A damaged or hostile archive leaves nothing behind", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const auto error = [&](const fs::path& zip) {
    const std::string message = error_of([&] { prepare_tiny_imagenet(zip, folder / "target/data"); });
    INFO(message);
    if (fs::exists(folder / "target")) {
      CHECK(names_in(folder / "target").empty());
    }
    CHECK_FALSE(fs::exists(folder / "outside.JPEG"));
    return message;
  };
  const auto without = [&](const std::string& name) {
    Files files = official();
    REQUIRE(files.erase(name) == 1);
    return write_zip(folder / "tiny.zip", files);
  };
  const auto with = [&](const std::string& name, const std::string& content) {
    Files files = official();
    files[name] = content;
    return write_zip(folder / "tiny.zip", files);
  };
  CHECK_THAT(error(folder / "none.zip"), ContainsSubstring("none.zip does not exist"));
  const std::string whole = read_text(write_zip(folder / "tiny.zip", official()));
  CHECK_THAT(error(folder.write("cut.zip", whole.substr(0, whole.size() / 2))),
             ContainsSubstring("cut.zip is a zip file cut short"));
  std::string damaged = whole;
  damaged[damaged.find("n02_10.JPEG", damaged.find("n02_10.JPEG") + 1)] ^= 1;  // the picture, after its name
  CHECK_THAT(error(folder.write("damaged.zip", damaged)),
             ContainsSubstring("damaged.zip: the entry tiny-imagenet-200/train/n02/images/n02_10.JPEG is damaged"));
  CHECK_THAT(error(with("../outside.JPEG", "x")), ContainsSubstring("the entry ../outside.JPEG points outside"));
  CHECK_THAT(error(folder.write("text.zip", "no zip\n")), ContainsSubstring("text.zip is not a zip"));

  CHECK_THAT(error(without("val/val_annotations.txt")), ContainsSubstring("has no val/val_annotations.txt"));
  CHECK_THAT(error(with("val/images/val_9.JPEG", "x")), ContainsSubstring("val/val_annotations.txt in") &&
                                                            ContainsSubstring("has no line for val/images/val_9.JPEG"));
  CHECK_THAT(error(with("val/val_annotations.txt", "val_0.JPEG n01\n")),
             ContainsSubstring("has a line without a class"));
  std::string annotations = official().at("val/val_annotations.txt");
  CHECK_THAT(error(with("val/val_annotations.txt", annotations.replace(annotations.find("n01"), 3, "../../x"))),
             ContainsSubstring("points outside"));
  annotations = official().at("val/val_annotations.txt");
  CHECK_THAT(error(with("val/val_annotations.txt", annotations.replace(annotations.find("n01"), 3, "n07"))),
             ContainsSubstring("has validation pictures of n07, but none to train on"));
  CHECK_THAT(error(with("train/n03/images/n03_0.JPEG", "x")), ContainsSubstring("has no validation picture of n03"));
  CHECK_THAT(error(with("wnids.txt", "n01\nn02\nn05\n")), ContainsSubstring("has no training picture of n05"));
}

TEST_CASE("A target that cannot be written, or has something in it, is an error that names it", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  folder.write("mine/photo.png", "mine");
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, folder / "mine"),
                    ContainsSubstring((folder / "mine").string() + " is in the way"));
  CHECK(files_below(folder / "mine") == Files{{"photo.png", "mine"}});
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, folder / "tiny.zip/data"), ContainsSubstring("cannot make the folder"));
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, "/proc/hearth-test"), ContainsSubstring("/proc/hearth-test.part"));

  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{5, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);  // as a full disk: a write fails half way
  const std::string message = error_of([&] { prepare_tiny_imagenet(zip, folder / "data"); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK_THAT(message, ContainsSubstring("cannot write") && ContainsSubstring("File too large"));
  CHECK(names_in(folder.path()) == std::set<std::string>{"mine", "tiny.zip"});

  fs::create_directory(folder / "empty");
  prepare_tiny_imagenet(zip, folder / "empty");
  CHECK(files_below(folder / "empty") == prepared());
}

TEST_CASE("The real archive is prepared whole", "[tiny_imagenet][shared]") {
  const char* const shared = std::getenv("HEARTH_SHARED");
  if (shared == nullptr) {
    WARN("skipped: HEARTH_SHARED does not name the folder of the real data");
    return;
  }
  const TemporaryFolder folder;
  const TinyImageNet data = prepare_tiny_imagenet(fs::path(shared) / "data/tiny-imagenet-200.zip", folder / "data");
  CHECK(data.wnids.size() == 200);
  CHECK(data.names.at("n01443537") == "goldfish, Carassius auratus");
  const ImageFolder train{data.train};
  const ImageFolder val{data.val};
  CHECK(train.classes() == data.wnids);
  CHECK(val.classes() == data.wnids);
  CHECK(train.size() == 200 * 100);
  CHECK(val.size() == 200 * 25);
}
