/// Puts the images of class folders, or of an archive of them, into one file for PackedImages.
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <hearth/core/console.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/interrupt.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/pack_images.hpp>
#include <hearth/datasets/packed_images.hpp>
#include <hearth/version.hpp>
#ifdef HEARTH_PACK_READS_ARCHIVES
#include <hearth/datasets/image_archive.hpp>
#endif

using namespace hearth;

namespace {

constexpr const char* usage =
    R"(hearth-pack: puts a dataset's images into one file, which PackedImages reads.

  hearth-pack [options] SOURCE PACK   packs the class folders in SOURCE, a folder or a tar or zip archive
  hearth-pack --check PACK            compares every sample of a pack with its hash

options:
  --decoded        pack pixels, 3 bytes each, and not the images' files as they are
  --folder NAME    where the class folders are in an archive
  --num-classes N  take the first N classes alone
  --workers N      threads that read and decode; 0, the default: as there are cores
  --keep-bad       an image that cannot be read becomes an error of its own, not that of the packing
  --version, --help

PACK is complete or as it was before. The exit code is 0, or 1 after an error, or 128 and the signal's number.
)";

struct Flags {
  std::vector<std::string> names;
  bool is_check = false;
  bool is_decoded = false;
  bool keep_bad = false;
  std::string folder;
  int workers = 0;
  int num_classes = 0;
};

Flags read_flags(int argc, char** argv) {
  Flags flags;
  bool is_over = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const auto value = [&]() -> std::string_view {
      core::require(i + 1 < argc, "{} needs a value; hearth-pack --help tells more", flag);
      return argv[++i];
    };
    const auto number = [&]() -> int {
      const std::string_view text = value();
      int result = -1;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
      core::require(error == std::errc{} && end == text.data() + text.size() && result >= 0,
                    "{} needs a number of at least 0, but got {}", flag, core::printable(text));
      return result;
    };
    if (is_over || !flag.starts_with("-") || flag == "-") {
      flags.names.emplace_back(flag);
    } else if (flag == "--") {
      is_over = true;
    } else if (flag == "--check") {
      flags.is_check = true;
    } else if (flag == "--decoded") {
      flags.is_decoded = true;
    } else if (flag == "--keep-bad") {
      flags.keep_bad = true;
    } else if (flag == "--folder") {
      flags.folder = value();
    } else if (flag == "--workers") {
      flags.workers = number();
    } else if (flag == "--num-classes") {
      flags.num_classes = number();
    } else {
      core::fail("there is no flag {}; hearth-pack --help tells which there are", core::printable(flag));
    }
  }
  return flags;
}

/// "1,281,167 images of 1000 classes, encoded, 146.3 GB"
std::string describe(const PackedImages<>& pack) {
  return fmt::format("{} images of {} classes, {}, {:.1f} MB, {}", pack.size(), pack.num_classes(),
                     pack.content() == PackContent::encoded ? "encoded" : "decoded",
                     static_cast<double>(std::filesystem::file_size(pack.root())) / 1e6, pack.about());
}

void run(const Flags& flags, const StopToken& stop) {
  if (flags.is_check) {
    core::require(flags.names.size() == 1, "name one pack: hearth-pack --check PACK");
    const PackedImages pack{flags.names[0]};
    pack.check();
    Console::print("{} is sound: {}\n", core::printable(flags.names[0]), describe(pack));
    return;
  }
  core::require(flags.names.size() == 2,
                "name what is packed and the file for it: hearth-pack SOURCE PACK; hearth-pack --help tells more");
  const std::filesystem::path source = flags.names[0];
  const std::filesystem::path file = flags.names[1];
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  auto shown = std::chrono::steady_clock::now();
  PackOptions options{.content = flags.is_decoded ? PackContent::decoded : PackContent::encoded,
                      .workers = flags.workers,
                      .keep_bad = flags.keep_bad,
                      .progress = {},
                      .stop = stop};
  options.progress = [&](std::size_t done, std::size_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (is_terminal && (done == total || now - shown > std::chrono::milliseconds(200))) {
      shown = now;
      Console::print_error("\r{} of {} images{}", done, total, done == total ? "\n" : "");
    }
  };
  const auto classes = static_cast<std::size_t>(flags.num_classes);
  std::error_code error;
  core::require(std::filesystem::is_directory(source, error) || flags.folder.empty() || !error, "{} cannot be read: {}",
                core::printable(source), error.message());
  PackSummary summary;
  if (std::filesystem::is_directory(source, error)) {
    core::require(flags.folder.empty(), "--folder is for archives: name the folder itself, {}",
                  core::printable(source / flags.folder));
    summary = pack_images(ImageFolder(source, ToTensor{}, {.num_classes = classes}), file, options);
  } else {
#ifdef HEARTH_PACK_READS_ARCHIVES
    summary =
        pack_images(ImageArchive(source, ToTensor{}, {.folder = flags.folder, .num_classes = classes}), file, options);
#else
    core::fail("{} is not a folder, and this hearth-pack was built without libarchive", core::printable(source));
#endif
  }
  Console::print("{}: {}\n", core::printable(file), describe(PackedImages{file}));
  if (summary.bad > 0) {
    Console::print("{} of the images cannot be read: each is an error when it is read\n", summary.bad);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Console console;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--help" || flag == "-h") {
      Console::print("{}", usage);
      return console.finish(0);
    }
    if (flag == "--version") {
      Console::print("hearth-pack {}\n", HEARTH_VERSION);
      return console.finish(0);
    }
  }
  const InterruptSignal interrupt;
  try {
    run(read_flags(argc, argv), interrupt.token());
  } catch (const std::exception& error) {
    Console::print_error("hearth-pack: {}\n", error.what());
    return console.finish(interrupt.exit_code() != 0 ? interrupt.exit_code() : 1);
  }
  return console.finish(0);
}
