#include <hearth/core/crc32.hpp>
#include <hearth/datasets/cached_images.hpp>
#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/image_files.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/map_targets.hpp>
#include <hearth/datasets/pack_format.hpp>
#include <hearth/datasets/pack_images.hpp>
#include <hearth/datasets/packed_images.hpp>
#include <hearth/datasets/subset.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
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

const Compose augment{RandomResizedCrop{16}, RandomHorizontalFlip{}, ToTensor{}};

/// Two classes with five images, a JPEG, a PNG and BMPs of several sizes among them.
fs::path make_tree(const TemporaryFolder& folder) {
  const fs::path reference = fs::path(HEARTH_TEST_DIR) / "datasets/reference";
  folder.write("root/cat/photo.jpg", read_text(reference / "photo.jpg"));
  folder.write("root/cat/deep/1.bmp", bmp(1, 2, {255, 0, 0, 0, 51, 102}));
  folder.write("root/cat/2.bmp", bmp(2, 2, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  folder.write("root/dog/1.bmp", bmp(3, 1, {9, 8, 7, 6, 5, 4, 3, 2, 1}));
  folder.write("root/dog/photo.jpg", read_text(reference / "photo.jpg"));
  return folder / "root";
}

template <class Dataset>
std::vector<float> read(const Dataset& dataset, std::size_t index, std::uint64_t epoch = 0) {
  RecordingSink sink;
  RandomStream random(5, epoch, index);
  std::int64_t target = dataset.read(index, random, sink);
  std::vector<float> values = sink.values();
  values.push_back(static_cast<float>(target));
  return values;
}

/// All samples of two epochs, read by so many threads at once (0: in this one).
template <class Dataset>
std::vector<std::vector<float>> read_all(const Dataset& dataset, std::size_t workers) {
  std::vector<std::vector<float>> samples(2 * dataset.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < samples.size(); i = next++) {
      samples[i] = read(dataset, i / 2, i % 2);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers; ++i) {
    threads.emplace_back(work);
  }
  if (workers == 0) {
    work();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return samples;
}

constexpr PackContent both[] = {PackContent::encoded, PackContent::decoded};

/// Puts the header's own checksum and the table's right.
void mend(std::string& pack) {
  datasets::PackHeader header;
  std::memcpy(&header, pack.data(), sizeof(header));
  if (header.table <= pack.size()) {
    header.checksum = core::crc32(std::as_bytes(std::span(pack)).subspan(static_cast<std::size_t>(header.table)));
  }
  header.own = datasets::checksum_of(header);
  std::memcpy(pack.data(), &header, sizeof(header));
}

}  // namespace

TEST_CASE("A pack gives the samples of the folder it was made of, encoded or decoded", "[packed_images]") {
  const TemporaryFolder folder;
  const ImageFolder images(make_tree(folder), augment);
  const std::vector<std::vector<float>> expected = read_all(images, 0);
  for (const PackContent content : both) {
    for (const PackCheck check : {PackCheck::first_read, PackCheck::open, PackCheck::never}) {
      const PackSummary summary = pack_images(images, folder / "x.pack", {.content = content, .workers = 2});
      CHECK(summary.samples == 5);
      CHECK(summary.bad == 0);
      CHECK(summary.bytes == fs::file_size(folder / "x.pack"));
      const PackedImages packed{folder / "x.pack", augment, {.check = check}};
      CHECK(packed.content() == content);
      for (const std::size_t workers : {0, 1, 4}) {
        CHECK(read_all(packed, workers) == expected);
      }
      REQUIRE(packed.size() == 5);
      CHECK(packed.classes() == images.classes());
      CHECK(packed.num_classes() == 2);
      CHECK(packed.class_to_index() == images.class_to_index());
      for (std::size_t i = 0; i < packed.size(); ++i) {
        CHECK(packed.label(i) == images.label(i));
        CHECK(packed.image(i) == images.image(i));
        CHECK(packed.path(i) == folder / "x.pack" / images.path(i).lexically_relative(folder / "root"));
        const PackedSource source = packed.source(i);
        CHECK(source.name == images.path(i).lexically_relative(folder / "root"));
        CHECK(source.size == fs::file_size(images.path(i)));
        CHECK(source.modified > 1'500'000'000'000'000'000);
      }
      CHECK_THAT(packed.about(), ContainsSubstring("of " + (folder / "root").string()));
      for (const auto& call : {error_of([&] { packed.label(5); }), error_of([&] { packed.path(5); }),
                               error_of([&] { read(packed, 5); }), error_of([&] { packed.image(5); })}) {
        CHECK_THAT(call, ContainsSubstring("index 5 is out of range: there are 5 images"));
      }
    }
  }
}

TEST_CASE("An encoded pack has the files' bytes, and a decoded one none", "[packed_images]") {
  const TemporaryFolder folder;
  const ImageFolder images{make_tree(folder)};
  pack_images(images, folder / "x.pack");
  const PackedImages packed{folder / "x.pack"};
  for (std::size_t i = 0; i < 5; ++i) {
    const std::span<const std::byte> bytes = packed.encoded(i);
    CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == read_text(images.path(i)));
  }
  pack_images(images, folder / "x.pack", {.content = PackContent::decoded});
  CHECK_THROWS_WITH(PackedImages{folder / "x.pack"}.encoded(0), ContainsSubstring("holds decoded images"));
  CHECK(packed.encoded(3).size() == fs::file_size(images.path(3)));  // the one that was opened before
}

TEST_CASE("The same dataset makes the same bytes, with any number of workers", "[packed_images]") {
  const TemporaryFolder folder;
  const ImageFolder images{make_tree(folder)};
  for (const PackContent content : both) {
    pack_images(images, folder / "1.pack", {.content = content, .workers = 1});
    pack_images(images, folder / "4.pack", {.content = content, .workers = 4});
    CHECK(read_text(folder / "1.pack") == read_text(folder / "4.pack"));
    pack_images(PackedImages{folder / "1.pack"}, folder / "again.pack", {.content = content});
    CHECK(read_all(PackedImages{folder / "again.pack"}, 0) == read_all(images, 0));
  }
}

TEST_CASE("Views, images in memory and images without classes are packed too", "[packed_images]") {
  const TemporaryFolder folder;
  const ImageFolder images{make_tree(folder)};
  const Subset some{images, {4, 0, 4}};
  pack_images(MapTargets{some, [](std::int64_t label) { return label + 7; }}, folder / "x.pack");
  const PackedImages packed{folder / "x.pack"};
  CHECK(packed.label(0) == 8);
  CHECK(packed.label(1) == 7);
  CHECK(packed.source(2).name == "dog/photo.jpg");
  CHECK(packed.num_classes() == 0);
  CHECK(packed.image(1) == images.image(0));

  const FakeData fake{{.size = 4, .height = 3, .width = 5, .channels = 1, .num_classes = 3}};
  CHECK_THROWS_WITH(pack_images(fake, folder / "y.pack"), ContainsSubstring("can be packed decoded alone"));
  CHECK(!fs::exists(folder / "y.pack"));
  pack_images(fake, folder / "y.pack", {.content = PackContent::decoded});
  CHECK(read_all(PackedImages{folder / "y.pack"}, 0) == read_all(fake, 0));
  CHECK(PackedImages{folder / "y.pack"}.source(3).name == "3");
  CHECK(PackedImages{folder / "y.pack"}.source(3).size == 0);

  pack_images(ImageFiles{{images.path(0)}}, folder / "z.pack");
  CHECK(PackedImages{folder / "z.pack"}.label(0) == -1);
  CHECK(PackedImages{folder / "z.pack"}.source(0).name == images.path(0));
  CHECK(read_all(CachedImages{PackedImages{folder / "x.pack"}}, 2) == read_all(packed, 0));
}

TEST_CASE("An image that cannot be decoded is an Error of the packing, or its own", "[packed_images]") {
  const TemporaryFolder folder;
  const ImageFolder images{make_tree(folder)};
  folder.write("root/cat/2.bmp", "BM, no image");
  const std::string expected = error_of([&] { read(images, 0); });
  CHECK_THAT(expected, ContainsSubstring("cat/2.bmp"));
  CHECK(error_of([&] { pack_images(images, folder / "x.pack", {.content = PackContent::decoded}); }) == expected);
  CHECK(!fs::exists(folder / "x.pack"));
  const PackSummary summary =
      pack_images(images, folder / "x.pack", {.content = PackContent::decoded, .keep_bad = true});
  CHECK(summary.bad == 1);
  const PackedImages decoded{folder / "x.pack", ToTensor{}, {.check = PackCheck::open}};
  for (int i = 0; i < 2; ++i) {
    CHECK_THAT(error_of([&] { read(decoded, 0); }),
               ContainsSubstring((folder / "x.pack").string() +
                                 ": the image cat/2.bmp could not be read when it was "
                                 "packed: " +
                                 expected));
  }
  CHECK(read(decoded, 1) == read(images, 1));
  CHECK(pack_images(images, folder / "x.pack").bad == 0);  // its bytes are what they are
  CHECK_THAT(error_of([&] { read(PackedImages{folder / "x.pack"}, 0); }),
             ContainsSubstring((folder / "x.pack/cat/2.bmp").string()));
  fs::remove(folder / "root/cat/2.bmp");
  CHECK_THAT(error_of([&] { pack_images(images, folder / "y.pack"); }), ContainsSubstring("cat/2.bmp"));
  CHECK(pack_images(images, folder / "y.pack", {.keep_bad = true}).bad == 1);
  CHECK_THAT(error_of([&] { PackedImages{folder / "y.pack"}.encoded(0); }),
             ContainsSubstring("could not be read when"));
}

TEST_CASE("What a transform says against a packed image comes with the image's name", "[packed_images]") {
  struct Refuse {
    void write(ImageView, RandomStream&, SampleSink&) const { core::fail("Refuse: not this one"); }
  };
  const TemporaryFolder folder;
  const ImageFolder images{make_tree(folder)};
  for (const PackContent content : both) {
    pack_images(images, folder / "x.pack", {.content = content});
    CHECK(error_of([&] { read(PackedImages(folder / "x.pack", Refuse{}), 3); }) ==
          (folder / "x.pack/dog/1.bmp").string() + ": Refuse: not this one");
  }
}

TEST_CASE("What is no whole pack is refused, and the error names it", "[packed_images]") {
  const TemporaryFolder folder;
  pack_images(ImageFolder{make_tree(folder)}, folder / "x.pack");
  const std::string pack = read_text(folder / "x.pack");
  const fs::path file = folder / "damaged";
  const auto error = [&](const std::string& bytes) {
    folder.write("damaged", bytes);
    return error_of([&] { PackedImages{file}; });
  };
  for (const std::string& foreign : {std::string(), std::string("hearth"), std::string(1000, 'x')}) {
    CHECK(error(foreign) == file.string() + " is no pack of images: hearth-pack and pack_images make one");
  }
  CHECK_THAT(error(pack.substr(0, 40)), ContainsSubstring(file.string() + " is a pack of images that was cut short"));
  CHECK_THAT(error(pack.substr(0, pack.size() - 1)), ContainsSubstring("it was cut short or written to"));
  CHECK_THAT(error(pack + 'x'), ContainsSubstring("it was cut short or written to"));
  std::string newer = pack;
  newer[8] = 2;
  CHECK_THAT(error(newer), ContainsSubstring("of version 2, and this is the reader of version 1"));
  datasets::PackHeader header;
  std::memcpy(&header, pack.data(), sizeof(header));
  for (std::size_t i = 12; i < pack.size(); ++i) {  // in header, table and names
    if (i >= sizeof(header) && i < header.table) {
      continue;
    }
    std::string damaged = pack;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CHECK_THAT(error(damaged), ContainsSubstring(file.string()) && ContainsSubstring("make it again"));
  }
  CHECK_THROWS_WITH(PackedImages{folder / "none"}, ContainsSubstring((folder / "none").string()));
  CHECK_THROWS_WITH(PackedImages{folder / "root"}, ContainsSubstring("it is a folder, not a regular file"));
}

TEST_CASE("Damage of a sample is found when the pack is opened or the sample is read, and named", "[packed_images]") {
  const TemporaryFolder folder;
  for (const PackContent content : both) {
    pack_images(ImageFolder{make_tree(folder)}, folder / "x.pack", {.content = content});
    std::string pack = read_text(folder / "x.pack");
    datasets::PackHeader header;
    datasets::PackEntry entry;
    std::memcpy(&header, pack.data(), sizeof(header));
    std::memcpy(&entry, pack.data() + header.table + 3 * sizeof(entry), sizeof(entry));
    char& last = pack[static_cast<std::size_t>(entry.offset + entry.size - 1)];
    last = static_cast<char>(last ^ 1);
    folder.write("x.pack", pack);
    const std::string expected = (folder / "x.pack").string() + ": the image dog/1.bmp is damaged";
    CHECK_THROWS_WITH((PackedImages{folder / "x.pack", ToTensor{}, {.check = PackCheck::open}}),
                      ContainsSubstring(expected));
    const PackedImages packed{folder / "x.pack"};
    for (int i = 0; i < 2; ++i) {
      CHECK_THAT(error_of([&] { read(packed, 3); }), ContainsSubstring(expected));
      CHECK_THAT(error_of([&] { packed.image(3); }), ContainsSubstring(expected));
    }
    CHECK(!read(packed, 2).empty());
    CHECK_THROWS_WITH(packed.check(), ContainsSubstring(expected));
    CHECK(!read(PackedImages{folder / "x.pack", ToTensor{}, {.check = PackCheck::never}}, 3).empty());
  }
}

TEST_CASE("A pack that lies with right hashes is refused all the same", "[packed_images]") {
  const TemporaryFolder folder;
  pack_images(ImageFolder{make_tree(folder)}, folder / "x.pack", {.content = PackContent::decoded});
  const std::string pack = read_text(folder / "x.pack");
  datasets::PackHeader header;
  std::memcpy(&header, pack.data(), sizeof(header));
  const auto with = [&](const auto& change) {
    std::string lie = pack;
    datasets::PackEntry entry;
    char* const place = lie.data() + header.table + sizeof(entry);
    std::memcpy(&entry, place, sizeof(entry));
    change(entry);
    std::memcpy(place, &entry, sizeof(entry));
    mend(lie);
    folder.write("lie", lie);
    return error_of([&] { PackedImages{folder / "lie"}; });
  };
  CHECK(with([](auto&) {}).empty());
  const std::uint64_t huge = std::uint64_t{1} << 63;
  for (const std::string& error :
       {with([&](auto& entry) { entry.offset = huge; }), with([&](auto& entry) { entry.size = huge; }),
        with([&](auto& entry) { entry.offset = 64; }), with([&](auto& entry) { entry.size -= 1; }),
        with([&](auto& entry) { entry.name = huge; }), with([&](auto& entry) { entry.name_size = 0xFFFFFFFF; }),
        with([&](auto& entry) { entry.label = 2; }), with([&](auto& entry) { entry.label = -1; }),
        with([&](auto& entry) { entry.height = 0xFFFFFFFF; }), with([&](auto& entry) { entry.width += 1; }),
        with([&](auto& entry) { entry.channels = 0; }), with([&](auto& entry) { entry.is_bad = 2; })}) {
    CHECK_THAT(error, ContainsSubstring("whose table is damaged"));
  }
}

TEST_CASE("A pack that is cut short after it was opened is an Error", "[packed_images]") {
  const TemporaryFolder folder;
  pack_images(ImageFolder{make_tree(folder)}, folder / "x.pack");
  const PackedImages packed{folder / "x.pack"};
  fs::resize_file(folder / "x.pack", 200);
  CHECK_THROWS_WITH(packed.encoded(4),
                    (folder / "x.pack").string() + " was cut short since it was opened: make it again");
}

TEST_CASE("Packing leaves nothing where it cannot be finished: a full disk, a stop, no folder", "[packed_images]") {
  const TemporaryFolder folder;
  const FakeData fake{{.size = 40, .height = 200, .width = 200}};
  folder.write("x.pack", "the old one");
  StopSource stop;
  std::vector<std::size_t> done;
  CHECK_THROWS_WITH(pack_images(fake, folder / "x.pack",
                                {.content = PackContent::decoded,
                                 .workers = 1,
                                 .progress =
                                     [&](std::size_t samples, std::size_t total) {
                                       CHECK(total == 40);
                                       done.push_back(samples);
                                       stop.request_stop();
                                     },
                                 .stop = stop.token()}),
                    ContainsSubstring("x.pack was not written: a stop was requested"));
  CHECK(done == std::vector<std::size_t>{8});
  CHECK(folder.names() == std::vector<std::string>{"x.pack"});
  CHECK(read_text(folder / "x.pack") == "the old one");
  CHECK_THROWS_WITH(pack_images(fake, folder / "none/x.pack", {.content = PackContent::decoded}),
                    ContainsSubstring((folder / "none/x.pack").string()));
  // A limit of the file's size stands for a disk that is full.
  struct ::rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  struct ::rlimit small = before;
  small.rlim_cur = 2'000'000;
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string full = error_of([&] { pack_images(fake, folder / "x.pack", {.content = PackContent::decoded}); });
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK_THAT(full, ContainsSubstring("cannot write " + (folder / "x.pack").string()));
  CHECK(folder.names() == std::vector<std::string>{"x.pack"});
  CHECK(read_text(folder / "x.pack") == "the old one");
}
