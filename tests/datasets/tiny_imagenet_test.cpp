#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/tiny_imagenet.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif

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

/// Tiny ImageNet's official layout with two classes; an image's content is its name.
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
  return hearth_test::write_zip(path, files, top);
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
  fs::rename(zip, folder / "moved.zip");  // it is the same archive, wherever it lies
  CHECK(prepare_tiny_imagenet(folder / "moved.zip", folder / "data", {.progress = refuse}).wnids.size() == 2);
  fs::remove(folder / "moved.zip");
  const TinyImageNet alone = open_tiny_imagenet(folder / "data");
  CHECK(alone.names.at("n02") == "n02");
  CHECK(alone.train == folder / "data/train");
  CHECK_THAT(alone.source, ContainsSubstring(zip.string()) && ContainsSubstring("a zip of"));
}

TEST_CASE("A folder that an earlier version prepared is opened by its note, and one of another data set is refused",
          "[tiny_imagenet]") {
  const TemporaryFolder folder;
  for (const auto& [name, content] : prepared()) {
    folder.write("data/" + name, content);
  }
  // The checksum is Python's zlib.crc32 of the 14 names, each with a line end, train before val.
  const std::string note =
      "Tiny ImageNet\ncontent: a zip of 2843 bytes and 20 entries, checksum of their list 01234567\ntest: without\n"
      "images: 14, checksum of names 97f011d5\nsource: /data/tiny\nof two lines.zip";
  folder.write("data/.prepared", note);
  CHECK(open_tiny_imagenet(folder / "data").source ==
        "/data/tiny\\nof two lines.zip (a zip of 2843 bytes and 20 entries, checksum of their list 01234567; without "
        "test images)");
  folder.write("data/.prepared", note.substr(0, note.find("\ntest")));
  CHECK_THROWS_WITH(open_tiny_imagenet(folder / "data"), ContainsSubstring("prepared by another version"));
  folder.write("data/.prepared", "Food-11" + note.substr(note.find('\n')));
  CHECK_THROWS_WITH(open_tiny_imagenet(folder / "data"),
                    ContainsSubstring((folder / "data").string() + " was prepared as Food-11"));
}

TEST_CASE("A source that is not there is an error, whatever was prepared before", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  prepare_tiny_imagenet(zip, folder / "data");
  for (const fs::path& absent : {folder / "none.zip", folder / "none"}) {
    CHECK_THROWS_WITH(prepare_tiny_imagenet(absent, folder / "data"),
                      ContainsSubstring(absent.string() + " does not exist") &&
                          ContainsSubstring((folder / "data").string() + " was prepared from " + zip.string()) &&
                          ContainsSubstring("give the prepared folder alone"));
    CHECK_THROWS_WITH(prepare_tiny_imagenet(absent, folder / "other"), EndsWith("does not exist"));
  }
  CHECK_THROWS_WITH(open_tiny_imagenet(folder / "other"),
                    ContainsSubstring((folder / "other").string() + " is no folder that was prepared"));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(prepare_tiny_imagenet(folder / "pipe", folder / "other"),
                    ContainsSubstring("pipe is neither an archive nor a folder"));
  fs::create_symlink("loop", folder / "loop");
  CHECK_THROWS_WITH(prepare_tiny_imagenet(folder / "loop", folder / "other"), ContainsSubstring("loop cannot be read"));
}

TEST_CASE("A folder that was prepared from another source is an error that names both", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  prepare_tiny_imagenet(zip, folder / "data");
  const auto refused = [&](const fs::path& source, const TinyImageNetOptions& options = {}) {
    CHECK_THROWS_WITH(prepare_tiny_imagenet(source, folder / "data", options),
                      ContainsSubstring((folder / "data").string() + " was prepared from " + zip.string()) &&
                          ContainsSubstring("is not what " + source.string()));
  };
  Files other = official();
  other["train/n01/images/n01_0.JPEG"] = "N01_0.JPEG";  // as long as it was
  const fs::path same_size = write_zip(folder / "same_size.zip", other);
  CHECK(fs::file_size(same_size) == fs::file_size(zip));
  refused(same_size);
  other["train/n01/images/n01_11.JPEG"] = "n01_11.JPEG";
  refused(write_zip(folder / "larger.zip", other));
  for (const auto& [name, content] : official()) {
    folder.write("unpacked/" + name, content);
  }
  refused(folder / "unpacked");
  refused(zip, {.test = true});
}

TEST_CASE("Of two sources that are prepared into one folder at once, one is refused", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  Files other = official();
  other["train/n01/images/n01_0.JPEG"] = "another";
  const std::vector<fs::path> zips{write_zip(folder / "a.zip", official()), write_zip(folder / "b.zip", other)};
  for (int round = 0; round < 20; ++round) {
    const fs::path target = folder / ("data" + std::to_string(round));
    std::vector<std::string> errors(2);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] { errors[i] = error_of([&] { prepare_tiny_imagenet(zips[i], target); }); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    const std::size_t winner = errors[0].empty() ? 0 : 1;
    CHECK(errors[winner].empty());
    CHECK_THAT(errors[1 - winner], ContainsSubstring("was prepared from " + zips[winner].string()));
    CHECK(files_below(target).at("train/n01/n01_0.JPEG") == (winner == 0 ? "n01_0.JPEG" : "another"));
  }
}

TEST_CASE("Images added to a prepared folder, or removed from it, are noticed", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  const auto noticed = [&] {
    for (const auto& open : {std::function([&] { open_tiny_imagenet(folder / "data"); }),
                             std::function([&] { prepare_tiny_imagenet(zip, folder / "data"); }),
                             std::function([&] { prepare_tiny_imagenet(folder / "data", folder / "other"); })}) {
      CHECK_THROWS_WITH(open(), ContainsSubstring("files were added to " + (folder / "data").string()));
    }
  };
  prepare_tiny_imagenet(zip, folder / "data");
  fs::rename(folder / "data/val/n01/val_0.JPEG", folder / "aside");
  noticed();
  folder.write("data/val/n01/val_9.JPEG", "as many, but another");
  noticed();
  fs::remove(folder / "data/val/n01/val_9.JPEG");
  fs::rename(folder / "aside", folder / "data/val/n01/val_0.JPEG");
  CHECK(open_tiny_imagenet(folder / "data").wnids.size() == 2);
}

TEST_CASE("The target may be a link, to a folder that is there or not", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  fs::create_directories(folder / "disk/empty");
  fs::create_symlink("disk/new", folder / "to_new");
  fs::create_symlink(folder / "disk/empty", folder / "to_empty");
  fs::create_symlink("to_new", folder / "to_link");
  for (const std::string name : {"to_new", "to_empty", "to_link/"}) {
    CHECK(prepare_tiny_imagenet(zip, folder / name).train == folder / name / "train");
    CHECK(files_below(folder / name) == prepared());
  }
  CHECK(fs::is_symlink(folder / "to_new"));
  CHECK(names_in(folder / "disk") == std::set<std::string>{"empty", "new"});
  fs::create_symlink("loop", folder / "loop");
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, folder / "loop"), ContainsSubstring("loop"));
}

TEST_CASE("A mount point as the target is refused before the work, with the way out", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  fs::create_directory(folder / "mounted");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
#ifdef __linux__
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        ::mount("tmpfs", (folder / "mounted").c_str(), "tmpfs", 0, "size=1m") != 0) {
      ::_exit(2);
    }
    const std::string message = error_of([&] {
      prepare_tiny_imagenet(zip, folder / "mounted", {.progress = [](std::size_t, std::size_t) { ::_exit(3); }});
    });
    const bool tells =
        message.find("it is a mount point") != std::string::npos &&
        message.find("name a folder in it, such as " + (folder / "mounted/prepared").string()) != std::string::npos;
    ::_exit(tells ? 0 : 4);
#else
    ::_exit(2);
#endif
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) {
    WARN("skipped: nothing can be mounted here");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(names_in(folder.path()) == std::set<std::string>{"mounted", "tiny.zip"});
}

TEST_CASE("An entry whose name is damaged is an error, not left out", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const std::string whole = read_text(write_zip(folder / "tiny.zip", official()));
  std::size_t names = 0;
  for (std::size_t at = whole.find("PK\3\4"); at != std::string::npos; at = whole.find("PK\3\4", at + 4)) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(whole[at + 26]));
    for (std::size_t i = names++ % 5; i < size; i += 5) {
      std::string damaged = whole;
      damaged[at + 30 + i] ^= 4;
      const fs::path zip = folder.write("damaged.zip", damaged);
      INFO(whole.substr(at + 30, size) << " at " << i);
      CHECK_THAT(error_of([&] { prepare_tiny_imagenet(zip, folder / "data"); }),
                 ContainsSubstring("damaged.zip: the entry " + whole.substr(at + 30, size) + " is damaged"));
    }
  }
  CHECK(names == official().size());
  CHECK_FALSE(fs::exists(folder / "data"));
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

TEST_CASE("The test images are taken when they are asked for", "[tiny_imagenet]") {
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
    folder.write("data.part-0123456789abcdef/train/n09/half.JPEG", "left by yet another run");
    folder.write("data.part-mine/photo.JPEG", "not left by a run");
  }
  prepare_tiny_imagenet(zip, folder / "data");
  CHECK(files_below(folder / "data") == prepared());
  CHECK(names_in(folder.path()) == std::set<std::string>{"data", "data.part-mine", "tiny.zip"});
}

TEST_CASE("A run that has lost its lock does not finish the folder", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  const auto lose = [&](std::size_t done, std::size_t) {
    if (done == 7) {
      CHECK(fs::remove(folder / "data.lock"));
    }
  };
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, folder / "data", {.progress = lose}),
                    ContainsSubstring("data.lock is no longer this run's"));
  CHECK(names_in(folder.path()) == std::set<std::string>{"tiny.zip"});
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
    CHECK(names_in(folder.path()).size() == static_cast<std::size_t>(round) + 2);  // nothing is left beside them
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
  damaged[damaged.find("n02_10.JPEG", damaged.find("n02_10.JPEG") + 1)] ^= 1;  // the image, after its name
  CHECK_THAT(error(folder.write("damaged.zip", damaged)),
             ContainsSubstring("damaged.zip: the entry tiny-imagenet-200/train/n02/images/n02_10.JPEG is damaged"));
  CHECK_THAT(error(with("../outside.JPEG", "x")), ContainsSubstring("the entry ../outside.JPEG points outside"));
  CHECK_THAT(error(folder.write("text.zip", "no zip\n")), ContainsSubstring("text.zip is not a zip"));
  CHECK_THAT(error(with("train/n01/images/N01_0.JPEG", "x")),
             ContainsSubstring("train/n01/images/N01_0.JPEG and tiny-imagenet-200/train/n01/images/n01_0.JPEG, which "
                               "would be one file"));

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
             ContainsSubstring("has validation images of n07, but none to train on"));
  CHECK_THAT(error(with("train/n03/images/n03_0.JPEG", "x")), ContainsSubstring("has no validation image of n03"));
  CHECK_THAT(error(with("wnids.txt", "n01\nn02\nn05\n")), ContainsSubstring("has no training image of n05"));
}

TEST_CASE("A target that cannot be written, or has something in it, is an error that names it", "[tiny_imagenet]") {
  const TemporaryFolder folder;
  const fs::path zip = write_zip(folder / "tiny.zip", official());
  folder.write("mine/photo.png", "mine");
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, folder / "mine"),
                    ContainsSubstring((folder / "mine").string() + " is in the way"));
  CHECK(files_below(folder / "mine") == Files{{"photo.png", "mine"}});
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, folder / "tiny.zip/data"), ContainsSubstring("cannot make the folder"));
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, "/proc/hearth-test"), ContainsSubstring("/proc/hearth-test.lock"));

  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  Files files = official();
  files["train/n01/images/large.JPEG"] = std::string(10000, 'x');
  const fs::path large = write_zip(folder / "large.zip", files);
  const rlimit small{5000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);  // as a full disk: a write fails half way
  const std::string message = error_of([&] { prepare_tiny_imagenet(large, folder / "data"); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK_THAT(message, ContainsSubstring("cannot write") && ContainsSubstring("File too large"));
  CHECK(names_in(folder.path()) == std::set<std::string>{"large.zip", "mine", "tiny.zip"});

  fs::create_directory(folder / "empty");
  prepare_tiny_imagenet(zip, folder / "empty");
  CHECK(files_below(folder / "empty") == prepared());
}

TEST_CASE("The download is asked for only where there is neither an archive nor what was prepared", "[tiny_imagenet]") {
  // This program has no libcurl, so it says what it would ask for.
  const TemporaryFolder folder;
  const TinyImageNetOptions options{.download = true, .mirrors = {"http://first.example/a", "http://second.example"}};
  CHECK_THROWS_WITH(prepare_tiny_imagenet(folder / "tiny.zip", folder / "data", options),
                    ContainsSubstring("TinyImageNet: this program cannot download") &&
                        ContainsSubstring("Get http://first.example/a/tiny-imagenet-200.zip or "
                                          "http://second.example/tiny-imagenet-200.zip") &&
                        ContainsSubstring("put it into " + folder.path().string() + " as tiny.zip"));
  CHECK(folder.names().empty());

  const fs::path zip = hearth_test::write_zip(folder / "tiny.zip", official(), "tiny-imagenet-200/");
  prepare_tiny_imagenet(zip, folder / "data", options);
  CHECK(files_below(folder / "data") == prepared());
  fs::remove(zip);
  CHECK(prepare_tiny_imagenet(zip, folder / "data", options).wnids.size() == 2);
  TinyImageNetOptions with_test = options;
  with_test.test = true;  // for which the archive is needed
  CHECK_THROWS_WITH(prepare_tiny_imagenet(zip, folder / "data", with_test), ContainsSubstring("cannot download"));
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
