/// Where weights are looked for. What `checkpoints_folder` is expected to give was printed by Python under the same
/// variables: os.path.join(torch.hub.get_dir(), "checkpoints").
#include <hearth/weights/find.hpp>

#include <filesystem>
#include <string>

#include "catch.hpp"
#include "environment.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::Environment;
using hearth_test::TemporaryFolder;

TEST_CASE("The cache is where torch.hub has it", "[find]") {
  const Environment home("HOME", "/home/me");
  const Environment torch_home("TORCH_HOME");
  const Environment cache_home("XDG_CACHE_HOME");
  CHECK(checkpoints_folder() == "/home/me/.cache/torch/hub/checkpoints");

  SECTION("TORCH_HOME goes before XDG_CACHE_HOME, and that before HOME") {
    const Environment cache("XDG_CACHE_HOME", "/x");
    CHECK(checkpoints_folder() == "/x/torch/hub/checkpoints");
    const Environment torch("TORCH_HOME", "/a/b");
    CHECK(checkpoints_folder() == "/a/b/hub/checkpoints");
  }
  SECTION("a tilde is the home folder in all of them") {
    const Environment cache("XDG_CACHE_HOME", "~/x/");
    CHECK(checkpoints_folder() == "/home/me/x/torch/hub/checkpoints");
    const Environment torch("TORCH_HOME", "~/t");
    CHECK(checkpoints_folder() == "/home/me/t/hub/checkpoints");
    const Environment tilde("TORCH_HOME", "~");
    CHECK(checkpoints_folder() == "/home/me/hub/checkpoints");
    const Environment inside("TORCH_HOME", "/a/~/b");
    CHECK(checkpoints_folder() == "/a/~/b/hub/checkpoints");
  }
  SECTION("a tilde with a name is that user's folder, or stays") {
    const Environment root("TORCH_HOME", "~root/t");
    CHECK(checkpoints_folder() == "/root/t/hub/checkpoints");
    const Environment nobody("TORCH_HOME", "~no-such-user/t");
    CHECK(checkpoints_folder() == "~no-such-user/t/hub/checkpoints");
  }
  SECTION("an empty variable counts as set") {
    const Environment cache("XDG_CACHE_HOME", "");
    CHECK(checkpoints_folder() == "torch/hub/checkpoints");
    const Environment torch("TORCH_HOME", "");
    CHECK(checkpoints_folder() == "hub/checkpoints");
  }
  SECTION("slashes at the end of HOME fall away") {
    const Environment slash("HOME", "/h/");
    CHECK(checkpoints_folder() == "/h/.cache/torch/hub/checkpoints");
    const Environment empty("HOME", "");
    CHECK(checkpoints_folder() == "/.cache/torch/hub/checkpoints");
  }
  SECTION("without HOME the system knows the user's folder") {
    const Environment none("HOME");
    CHECK(checkpoints_folder().is_absolute());
    CHECK(checkpoints_folder().string().ends_with("/.cache/torch/hub/checkpoints"));
  }
}

TEST_CASE("Weights are found at their path, else by their name in the cache", "[find]") {
  const TemporaryFolder folder;
  const Environment torch_home("TORCH_HOME", folder.path().string());
  const auto cached = folder.write("hub/checkpoints/resnet50-11ad3fa6.pth", "cached");
  const auto own = folder.write("own/resnet50-11ad3fa6.pth", "own");

  CHECK(find_weights("resnet50-11ad3fa6.pth") == cached);
  CHECK(find_weights(own) == own);

  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder / "own");
  const std::filesystem::path here = find_weights("resnet50-11ad3fa6.pth");
  std::filesystem::current_path(before);
  CHECK(here == "resnet50-11ad3fa6.pth");
}

TEST_CASE("Weights that are nowhere are an error that says where it looked and how to get them", "[find]") {
  const TemporaryFolder folder;
  const Environment torch_home("TORCH_HOME", folder.path().string());
  const auto cached = folder.write("hub/checkpoints/resnet50-11ad3fa6.pth", "cached");
  const std::string checkpoints = cached.parent_path().string();

  CHECK_THROWS_WITH(find_weights("none.pth"),
                    ContainsSubstring("no file none.pth in " + std::filesystem::current_path().string() +
                                      " and none in " + checkpoints) &&
                        ContainsSubstring("download_weights(url)"));
  // Only a name alone is looked for in the cache.
  CHECK_THROWS_WITH(find_weights(folder / "resnet50-11ad3fa6.pth"),
                    ContainsSubstring("no file " + (folder / "resnet50-11ad3fa6.pth").string() + ";") &&
                        ContainsSubstring("name alone") && ContainsSubstring(checkpoints));
  CHECK_THROWS_WITH(find_weights("./resnet50-11ad3fa6.pth"), ContainsSubstring("./resnet50-11ad3fa6.pth"));
  CHECK_THROWS_WITH(find_weights(""), ContainsSubstring("name is empty"));
}
