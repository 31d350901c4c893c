/// Processes or threads, for a job such as A·B + C? This program measures both: products shared out over the threads of
/// one process, and over processes of one thread each; alone, and while a loader makes images beside them.
///
///     howto_processes_or_threads measure      prints the table; without the word it only checks the results
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <thread>

#include <hearth/hearth.hpp>

using namespace hearth;

namespace {

struct Job {
  std::int64_t side = 64;  // of the matrices
  int products = 16;
  bool is_measured = false;
};

/// Makes augmented images while it lives, as the loader of a training does, with one worker.
class LoaderBeside {
 public:
  LoaderBeside()
      : reader_([this] {
          const auto transform = Compose{RandomResizedCrop{224}, RandomHorizontalFlip{}, ToTensor{}};
          DataLoader loader{FakeData{{.size = 4096, .height = 256, .width = 256}, transform},
                            {.batch_size = 8, .workers = 1}};
          while (!is_over_) {
            for (const auto& batch : loader) {
              images_ += batch.size();
              if (is_over_) {
                break;
              }
            }
          }
        }) {}
  ~LoaderBeside() {
    is_over_ = true;
    reader_.join();
  }

 private:
  std::atomic<bool> is_over_{false};
  std::atomic<std::uint64_t> images_{0};
  std::thread reader_;  // last: it uses the others
};

/// This process's share of the products: 1·1 + 1 has side + 1 everywhere. Gives the sum of what it has computed.
double compute(const Job& job, int rank, int processes) {
  const at::Tensor a = at::ones({job.side, job.side});
  const at::Tensor b = at::ones({job.side, job.side});
  const at::Tensor c = at::ones({job.side, job.side});
  double sum = 0;
  for (int i = rank; i < job.products; i += processes) {
    sum += at::addmm(c, a, b).sum().item<double>();
  }
  return sum;
}

void run(const Job& job, const dist::World& world, int threads, bool has_loader) {
  at::set_num_threads(threads);
  std::optional<LoaderBeside> loader;
  if (has_loader && world.is_main()) {
    loader.emplace();
  }
  compute({.side = job.side, .products = world.size()}, world.rank(), world.size());  // warm
  if (!world.is_alone()) {
    world.communicator().barrier();
  }
  const auto begin = std::chrono::steady_clock::now();
  double sum = compute(job, world.rank(), world.size());
  if (!world.is_alone()) {
    sum = world.communicator().begin_sum({sum})->wait().front();  // waits for the slowest
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (world.is_main()) {
    const auto elements = static_cast<double>(job.products * job.side * job.side);
    fmt::print("{} x {} thread{}{}: {}\n", world.size() == 1 ? "1 process" : fmt::format("{} processes", world.size()),
               threads, threads == 1 ? "" : "s", has_loader ? ", a loader beside" : "",
               job.is_measured ? fmt::format("{:.1f} products a second", job.products / seconds.count())
               : sum == elements * static_cast<double>(job.side + 1) ? "right"
                                                                     : "wrong");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_measured = argc > 1 && std::string_view(argv[1]) == "measure";
  const Job job = is_measured ? Job{.side = 1024, .products = 64, .is_measured = true} : Job{};
  const int most = is_measured ? std::max(2, static_cast<int>(std::thread::hardware_concurrency())) : 2;
  for (const bool has_loader : {false, true}) {
    for (int count = 1; count <= most; count *= 2) {
      if (!dist::is_launched()) {  // main runs in every process, up to the call of spawn that has started it
        run(job, {}, count, has_loader);
      }
    }
    for (int count = 2; count <= most; count *= 2) {
      const int code = dist::spawn(count, argc, argv, [&](int) {
        run(job, dist::connect(dist::find_rendezvous(), {.device = at::kCPU}), 1, has_loader);
      });
      if (code != 0) {
        return code;
      }
    }
  }
}

// Output:
// 1 process x 1 thread: right
// 1 process x 2 threads: right
// 2 processes x 1 thread: right
// 1 process x 1 thread, a loader beside: right
// 1 process x 2 threads, a loader beside: right
// 2 processes x 1 thread, a loader beside: right
