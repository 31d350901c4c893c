/// What this machine can do at most, for the column of bench/run.py that says how far a row is from it: bytes a second
/// that all cores write past their caches, JPEG images a second that libjpeg-turbo alone decodes from memory, and
/// floating-point operations a second of LibTorch's matrix product.
///
///     bench_limits threads=2 seconds=0.5 [tiny=FOLDER] [photos=FOLDER]
///
/// It prints a line NAME=VALUE for each figure.
#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>

#ifdef BENCH_WITH_JPEG
// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on
#endif
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <hearth/core/file.hpp>
#include <hearth/core/threads.hpp>

#include "serve.hpp"

using namespace hearth;

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The work of one second when so many threads call `work(thread, time)` for a while, which does one piece and returns
/// its size: the best of three tries.
template <class Work>
double rate(int threads, double seconds, Work work) {
  double best = 0;
  for (int i = 0; i < 3; ++i) {
    std::vector<double> amounts(static_cast<std::size_t>(threads));
    const auto start = Clock::now();
    std::vector<std::jthread> running;
    for (int thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] {
        double amount = 0;
        for (std::size_t time = 0; since(start) < seconds / 3; ++time) {
          amount += work(static_cast<std::size_t>(thread), time);
        }
        amounts[static_cast<std::size_t>(thread)] = amount / since(start);
      });
    }
    running.clear();
    double sum = 0;
    for (const double amount : amounts) {
      sum += amount;
    }
    best = std::max(best, sum);
  }
  return best;
}

void stream(std::vector<std::int64_t>& memory, std::int64_t value) {
#ifdef __SSE2__
  const __m128i both = _mm_set1_epi64x(value);
  for (std::size_t i = 0; i + 2 <= memory.size(); i += 2) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(memory.data() + i), both);
  }
  _mm_sfence();
#else
  std::fill(memory.begin(), memory.end(), value);
#endif
}

double written(int threads, double seconds) {
  constexpr std::size_t bytes = std::size_t{64} << 20;  // more than a cache has
  std::vector<std::vector<std::int64_t>> memory(static_cast<std::size_t>(threads),
                                                std::vector<std::int64_t>(bytes / sizeof(std::int64_t)));
  return rate(threads, seconds, [&](std::size_t thread, std::size_t time) {
    stream(memory[thread], static_cast<std::int64_t>(time));
    return double{bytes};
  });
}

#ifdef BENCH_WITH_JPEG
/// Decodes whole images to RGB, again and again with one object, into memory that stays.
class Decoder {
 public:
  Decoder() {
    info_.err = jpeg_std_error(&errors_);
    jpeg_create_decompress(&info_);
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&info_); }

  void decode(const std::vector<std::byte>& file) {
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(file.data()), file.size());
    jpeg_read_header(&info_, TRUE);
    info_.out_color_space = JCS_RGB;
    jpeg_start_decompress(&info_);
    const std::size_t row = std::size_t{info_.output_width} * 3;
    pixels_.resize(std::max(pixels_.size(), row * info_.output_height));
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW place = pixels_.data() + row * info_.output_scanline;
      jpeg_read_scanlines(&info_, &place, 1);
    }
    jpeg_finish_decompress(&info_);
  }

 private:
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  std::vector<unsigned char> pixels_;
};

/// Some JPEG files of a folder tree, which are no CMYK: the comparison with Python has none.
double decoded(int threads, double seconds, const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (const std::string end = entry.path().extension(); end == ".JPEG" || end == ".jpg") {
      paths.push_back(entry.path());
    }
  }
  core::require(!paths.empty(), "{} has no JPEG files", folder.string());
  std::sort(paths.begin(), paths.end());
  std::vector<std::vector<std::byte>> files;
  const std::size_t some = std::min<std::size_t>(paths.size(), 1000);
  for (std::size_t i = 0; i < some; ++i) {
    files.push_back(core::read_file(paths[i * paths.size() / some]));
  }
  std::vector<Decoder> decoders(static_cast<std::size_t>(threads));
  return rate(threads, seconds, [&](std::size_t thread, std::size_t time) {
    decoders[thread].decode(files[(time + thread * files.size() / 2) % files.size()]);
    return 1.0;
  });
}
#endif

/// Operations a second of [m, k] x [k, n], on all of LibTorch's threads.
double multiplied(double seconds, std::int64_t m, std::int64_t k, std::int64_t n) {
  const at::Tensor a = at::rand({m, k}), b = at::rand({k, n});
  at::Tensor c = at::mm(a, b);
  double best = 0;
  for (const auto begin = Clock::now(); since(begin) < seconds;) {
    const auto start = Clock::now();
    int times = 0;
    for (; since(start) < seconds / 10; ++times) {
      at::mm_out(c, a, b);
    }
    best = std::max(best, 2.0 * static_cast<double>(m * k * n) * times / since(start));
  }
  return best;
}

void print(const char* name, double value) {
  std::printf("%s=%.6g\n", name, value);
}

void run(const bench::Settings& settings) {
  const int threads = settings.number("threads");
  const double seconds = std::stod(settings.text("seconds"));
  print("write", written(threads, seconds));
#ifdef BENCH_WITH_JPEG
  for (const char* name : {"tiny", "photos"}) {
    if (settings.has(name)) {
      print(name, decoded(threads, seconds, settings.text(name)));
    }
  }
#endif
  print("gemm", multiplied(seconds, 1024, 1024, 1024));
  print("gemm_mlp", multiplied(seconds, 32, 784, 512));
}

}  // namespace

int main(int argc, char** argv) {
  tune_threads(argv);
  return bench::answer([&] { run(bench::Settings(argc, argv)); });
}
