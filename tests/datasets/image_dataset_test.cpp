#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/image_dataset.hpp>
#include <hearth/datasets/image_files.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/in_memory_images.hpp>
#include <hearth/datasets/map_targets.hpp>
#include <hearth/datasets/subset.hpp>
#if __has_include(<archive.h>)
#include <hearth/datasets/image_archive.hpp>
#include <hearth/datasets/imagenet.hpp>
#endif

#include <cstdint>
#include <filesystem>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "datasets/image_files.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::bmp;
using hearth_test::TemporaryFolder;

namespace {

template <class D>
constexpr bool is_class_folders = HasImages<D>&& KnowsTransform<D>&& KnowsPaths<D>&& KnowsClassFolders<D>&&
    KnowsLabels<D>&& KnowsClasses<D>&& KnowsClassCount<D>;
static_assert(is_class_folders<ImageFolder<>> && is_class_folders<Subset<Subset<ImageFolder<>>>>);
#if __has_include(<archive.h>)
static_assert(is_class_folders<ImageArchive<>> && is_class_folders<ImageNet<>>);
#endif
static_assert(HasImages<datasets::InMemoryImages<>> && KnowsTransform<datasets::InMemoryImages<>>);
static_assert(!HasEncodedImages<datasets::InMemoryImages<>> && !KnowsPaths<datasets::InMemoryImages<>>);
static_assert(HasImages<ImageFiles<>> && HasEncodedImages<ImageFiles<>> && KnowsTransform<ImageFiles<>>);
static_assert(HasImages<FakeData<>> && KnowsTransform<FakeData<>> && !HasEncodedImages<FakeData<>>);

struct Numbers {
  std::size_t size() const { return 1; }
  std::int64_t read(std::size_t, RandomStream&, SampleSink& sink) const {
    sink.place({1}).data[0] = 0;
    return 0;
  }
};
static_assert(!HasImages<Numbers> && !HasImages<Subset<Numbers>> && !KnowsTransform<Subset<Numbers>>);

}  // namespace

TEST_CASE("Views hand on the images, names and transform of the dataset below them", "[image_dataset]") {
  const TemporaryFolder folder;
  folder.write("a/1.bmp", bmp(1, 1, {1, 2, 3}));
  folder.write("b/2.bmp", bmp(1, 2, {4, 5, 6, 7, 8, 9}));
  const ImageFolder images{folder.path()};
  CHECK(images.image(1).pixels() == std::vector<std::uint8_t>{4, 5, 6, 7, 8, 9});
  CHECK_THROWS_WITH(images.image(2), ContainsSubstring("index 2 is out of range"));
  const Subset last{images, {1}};
  const MapTargets view{last, [](std::int64_t label) { return 10 * label; }};
  static_assert(HasImages<decltype(view)> && KnowsPaths<decltype(view)> && KnowsTransform<decltype(view)>);
  static_assert(!KnowsClassFolders<decltype(view)>, "its labels are others");
  CHECK(view.image(0).pixels() == std::vector<std::uint8_t>{4, 5, 6, 7, 8, 9});
  CHECK(view.path(0) == folder / "b/2.bmp");
  CHECK(view.label(0) == 10);
  CHECK(&view.transform() == &view.dataset().transform());
  CHECK(&last.class_to_index() == &images.class_to_index());
}

TEST_CASE("ImageFiles gives images, bytes and names, and no classes", "[image_dataset]") {
  const TemporaryFolder folder;
  const std::string file = bmp(1, 1, {1, 2, 3});
  const ImageFiles files{{folder.write("x.bmp", file), folder / "none.bmp"}};
  CHECK(files.image(0).pixels() == std::vector<std::uint8_t>{1, 2, 3});
  const std::vector<std::byte> bytes = files.encoded(0);
  CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == file);
  CHECK(files.label(0) == -1);
  CHECK_THROWS_WITH(files.encoded(1), ContainsSubstring((folder / "none.bmp").string()));
  CHECK_THROWS_WITH(files.image(1), ContainsSubstring((folder / "none.bmp").string()));
}
