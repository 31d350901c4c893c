/// What tune_threads does to a program: prints its process id, the setting, its arguments and its standard input.
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include <hearth/core/threads.hpp>

// This program is not built with OpenMP: it has the function by which libgomp is known.
extern "C" void GOMP_parallel();
extern "C" [[gnu::visibility("default")]] void GOMP_parallel() {}

int main(int argc, char** argv) {
  hearth::tune_threads(argv);
  const char* const setting = ::getenv("GOMP_SPINCOUNT");
  std::printf("%ld GOMP_SPINCOUNT=%s", static_cast<long>(::getpid()), setting != nullptr ? setting : "none");
  for (int i = 0; i < argc; ++i) {
    std::printf(" [%s]",
                i == 0 ? (std::strrchr(argv[0], '/') != nullptr ? std::strrchr(argv[0], '/') + 1 : argv[0]) : argv[i]);
  }
  for (int byte = std::getchar(); byte != EOF; byte = std::getchar()) {
    std::putchar(byte);
  }
  return 3;
}
