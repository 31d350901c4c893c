#include <hearth/datasets/folder_tree.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/list_files.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "environment.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using datasets::FolderTree;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t day = 86'400'000'000'000;  // in nanoseconds: what was changed now seems long settled

struct Opened {
  std::vector<std::string> files;  // relative to the root, in their order
  std::size_t listed = 0;          // folders that were listed, and not taken from the index
};

/// Whether an index can be kept here: not every file system tells when a folder has changed.
bool is_indexed(const TemporaryFolder& folder) {
  const bool is = datasets::is_local_folder(folder.path());
  if (!is) {
    WARN("skipped: the file system of " << folder.path() << " is not one whose folders can be indexed");
  }
  return is;
}

/// Opens the tree with its index in the folder, a day later; all classes, or the first so many.
Opened open(const fs::path& root, const fs::path& index, std::int64_t ahead = day, std::size_t classes = 1000) {
  FolderTree tree(root, index, ahead);
  std::vector<std::string> folders = tree.folders();
  folders.resize(std::min(folders.size(), classes));
  std::size_t images = 0;
  for (const std::string& folder : folders) {
    images += tree.add(folder);
  }
  tree.finish();
  Opened opened;
  for (std::size_t i = 0; i < images; ++i) {
    opened.files.push_back(tree.path(i).lexically_relative(root).string());
  }
  opened.listed = tree.listed_now();
  return opened;
}

/// What there is, listed afresh.
std::vector<std::string> list(const fs::path& root) {
  std::vector<std::string> files;
  for (const std::string& folder : datasets::list_folder(root).folders) {
    for (const std::string& file : datasets::list_files(root / folder, datasets::has_image_extension)) {
      files.push_back(folder + '/' + file);
    }
  }
  return files;
}

/// A tree of five folders below the root: a, a/b, a-c, d, d/e.
void make_tree(const TemporaryFolder& folder) {
  for (const std::string name :
       {"a/2.jpg", "a/10.jpg", "a/b/1.PNG", "a/readme.txt", "a-c/1.jpg", "d/e/1.jpg", "x.jpg"}) {
    folder.write("root" / fs::path(name), "");
  }
}

/// The file of the index, the only one in its folder.
fs::path index_in(const fs::path& folder) {
  return fs::directory_iterator(folder)->path();
}

}  // namespace

TEST_CASE("A tree's files come in the order of Python's sorted(os.walk()), listed or from the index", "[folder_tree]") {
  const TemporaryFolder folder;
  if (!is_indexed(folder)) {
    return;
  }
  make_tree(folder);
  for (const std::string name : {"a/b-c/1.jpg", "a/b/c/1.jpg", "a/b0/1.jpg", "a/a.jpg.d/1.jpg", "d/\xC3\xA4.jpg",
                                 "d/img_000000002.jpg", "d/img_00000001.jpg", "d/img_0000000010.jpg", "d/img_.jpg"}) {
    folder.write("root" / fs::path(name), "");
  }
  const std::vector<std::string> expected = list(folder / "root");
  REQUIRE(expected.size() == 14);
  const Opened first = open(folder / "root", folder / "index");
  CHECK(first.files == expected);
  CHECK(first.listed == 10);
  const Opened second = open(folder / "root", folder / "index");
  CHECK(second.files == expected);
  CHECK(second.listed == 0);
}

TEST_CASE("Every change of a tree is noticed, and only the changed folders are listed", "[folder_tree]") {
  const TemporaryFolder folder;
  if (!is_indexed(folder)) {
    return;
  }
  make_tree(folder);
  const fs::path root = folder / "root";
  const auto changed = [&](std::size_t folders) {
    for (const std::size_t listed : {folders, std::size_t{0}}) {
      const Opened opened = open(root, folder / "index");
      CHECK(opened.files == list(root));
      CHECK(opened.listed == listed);
    }
  };
  changed(6);
  SECTION("a file is added") {
    folder.write("root/a/b/2.jpg", "");
    changed(1);
  }
  SECTION("a file is removed") {
    fs::remove(root / "a/2.jpg");
    changed(1);
  }
  SECTION("a file is renamed") {
    fs::rename(root / "a/2.jpg", root / "a/3.jpg");
    changed(1);
  }
  SECTION("a file is moved") {
    fs::rename(root / "a/2.jpg", root / "d/e/2.jpg");
    changed(2);
  }
  SECTION("a file becomes a folder") {
    fs::remove(root / "a/2.jpg");
    folder.write("root/a/2.jpg/1.jpg", "");
    changed(2);
  }
  SECTION("a class is added") {
    folder.write("root/b/1.jpg", "");
    changed(2);
  }
  SECTION("a class is removed") {
    fs::remove_all(root / "a-c");
    changed(1);
  }
  SECTION("a class is renamed") {
    fs::rename(root / "d", root / "0");
    changed(3);
  }
  SECTION("two classes change names") {
    fs::rename(root / "a", root / "t");
    fs::rename(root / "d", root / "a");
    fs::rename(root / "t", root / "d");
    changed(5);
  }
  SECTION("a folder below a class is moved") {
    fs::rename(root / "a/b", root / "a-c/b");
    changed(3);
  }
  SECTION("a folder is exchanged for another with the same times of modification") {
    const auto time = fs::last_write_time(root / "a");
    fs::rename(root / "a", root / "old");
    folder.write("root/a/7.jpg", "");
    fs::remove_all(root / "old");
    fs::last_write_time(root / "a", time);
    changed(2);
  }
  SECTION("a folder's time of modification is set back after a change") {
    const auto time = fs::last_write_time(root / "a");
    folder.write("root/a/7.jpg", "");
    fs::last_write_time(root / "a", time);
    changed(1);
  }
  SECTION("the tree is another, in the same place") {
    fs::rename(root, folder / "away");
    folder.write("root/z/1.jpg", "");
    changed(2);
  }
}

TEST_CASE("What was changed shortly before it was listed is listed again", "[folder_tree]") {
  const TemporaryFolder folder;
  if (!is_indexed(folder)) {
    return;
  }
  make_tree(folder);
  CHECK(open(folder / "root", folder / "index", 0).listed == 6);
  CHECK(open(folder / "root", folder / "index", 0).listed == 6);
  CHECK((!fs::exists(folder / "index") || fs::is_empty(folder / "index")));
  CHECK(open(folder / "root", folder / "index").listed == 6);
  CHECK(open(folder / "root", folder / "index", 0).listed == 0);  // its times are as they were when it had settled
  folder.write("root/d/e/2.jpg", "");
  for (int i = 0; i < 2; ++i) {
    const Opened opened = open(folder / "root", folder / "index", 0);
    CHECK(opened.listed == 1);
    CHECK(opened.files == list(folder / "root"));
  }
  CHECK(open(folder / "root", folder / "index", -day).listed == 1);  // a time in the future is not trusted
}

TEST_CASE("Links to folders are followed and noticed; folders with links to files are listed", "[folder_tree]") {
  const TemporaryFolder folder;
  if (!is_indexed(folder)) {
    return;
  }
  make_tree(folder);
  const fs::path root = folder / "root";
  folder.write("elsewhere/1.jpg", "");
  folder.write("other/2.jpg", "");
  fs::create_directory_symlink(folder / "elsewhere", root / "link");
  CHECK(open(root, folder / "index").listed == 7);
  CHECK(open(root, folder / "index").listed == 0);
  SECTION("a file is added behind the link") {
    folder.write("elsewhere/3.jpg", "");
    CHECK(open(root, folder / "index").files == list(root));
  }
  SECTION("the folder behind the link is exchanged, and the link's own folder is as it was") {
    fs::rename(folder / "elsewhere", folder / "gone");
    fs::rename(folder / "other", folder / "elsewhere");
    CHECK(open(root, folder / "index").files == list(root));
  }
  SECTION("the link leads nowhere any more, and is a file then") {
    fs::remove_all(folder / "elsewhere");
    CHECK(open(root, folder / "index").files == list(root));
  }
  SECTION("a link to a file leads to a folder one day") {
    folder.write("file", "");
    fs::create_symlink(folder / "file", root / "d/sub");
    for (int i = 0; i < 2; ++i) {
      CHECK(open(root, folder / "index").listed == (i == 0 ? 1 : 1));
    }
    fs::remove(folder / "file");
    folder.write("file/9.jpg", "");
    const Opened opened = open(root, folder / "index");
    CHECK(opened.files == list(root));
    CHECK(std::find(opened.files.begin(), opened.files.end(), "d/sub/9.jpg") != opened.files.end());
  }
}

TEST_CASE("An index of the first classes does not hide the others", "[folder_tree]") {
  const TemporaryFolder folder;
  if (!is_indexed(folder)) {
    return;
  }
  make_tree(folder);
  const fs::path root = folder / "root";
  CHECK(open(root, folder / "index", day, 1).listed == 3);  // the root, a and a/b
  const Opened all = open(root, folder / "index");
  CHECK(all.files == list(root));
  CHECK(all.listed == 3);
  folder.write("root/a/b/2.jpg", "");
  CHECK(open(root, folder / "index", day, 1).listed == 1);
  CHECK(open(root, folder / "index").listed == 0);  // what was known of the others is kept
  CHECK(open(root, folder / "index").files == list(root));
}

TEST_CASE("A damaged index, or another tree's, is made anew", "[folder_tree]") {
  const TemporaryFolder folder;
  if (!is_indexed(folder)) {
    return;
  }
  make_tree(folder);
  const fs::path root = folder / "root";
  open(root, folder / "index");
  const std::string whole = read_text(index_in(folder / "index"));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    CHECK_THROWS_AS(datasets::FolderListing(nullptr, std::as_bytes(std::span(damaged))), Error);
    CHECK_THROWS_AS(datasets::FolderListing(nullptr, std::as_bytes(std::span(whole).first(i))), Error);
  }
  folder.write(index_in(folder / "index"), whole.substr(0, whole.size() - 1));
  CHECK(open(root, folder / "index").files == list(root));
  CHECK(open(root, folder / "index").listed == 0);
  folder.write("root2/y/1.jpg", "");
  open(folder / "root2", folder / "index2");
  fs::copy_file(index_in(folder / "index2"), index_in(folder / "index"), fs::copy_options::overwrite_existing);
  CHECK(open(root, folder / "index").files == list(root));
}

TEST_CASE("A tree opens where its index cannot be kept", "[folder_tree]") {
  const TemporaryFolder folder;
  make_tree(folder);
  const std::vector<std::string> expected = list(folder / "root");
  CHECK(open(folder / "root", "").files == expected);
  CHECK(open(folder / "root", folder / "root/x.jpg" / "below a file").files == expected);
  fs::create_directory(folder / "read only");
  fs::permissions(folder / "read only", fs::perms::owner_read | fs::perms::owner_exec);  // nothing to root
  CHECK(open(folder / "root", folder / "read only").files == expected);
  fs::permissions(folder / "read only", fs::perms::owner_all);
  const hearth_test::Environment cache("XDG_CACHE_HOME", (folder / "root/x.jpg").string());
  const hearth_test::Environment home("HOME");
  CHECK(ImageFolder{folder / "root"}.size() == expected.size());
}

TEST_CASE("ImageFolder takes the names from an index that was kept, and keeps none of a small tree unasked",
          "[folder_tree]") {
  const TemporaryFolder folder;
  if (!is_indexed(folder)) {
    return;
  }
  make_tree(folder);
  const fs::path root = folder / "root";
  const hearth_test::Environment cache("XDG_CACHE_HOME", (folder / "cache").string());
  for (int i = 0; i < 2; ++i) {
    CHECK(ImageFolder{root}.size() == 5);
  }
  CHECK(!fs::exists(folder / "cache"));
  open(root, folder / "index");
  const ImageFolder kept(root, ToTensor{}, {.index_folder = folder / "index"});
  std::vector<std::string> files;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    files.push_back(kept.path(i).lexically_relative(root).string());
  }
  CHECK(files == list(root));
  CHECK(kept.classes() == std::vector<std::string>{"a", "a-c", "d"});
  folder.write("root/d/new.jpg", "");
  CHECK(ImageFolder(root, ToTensor{}, {.index_folder = folder / "index"}).size() == 6);
}
