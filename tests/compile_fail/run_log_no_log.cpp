// expect: RunLog: every log must be a LogLike, or a std::optional of one
#include <hearth/train/metrics_log.hpp>
#include <hearth/train/run_log.hpp>

using namespace hearth;

struct Lines : MetricsLog {
#ifdef HEARTH_MISUSE
  void scalars(const std::string&) {}
#endif
};

void run(const RunFolder& folder) {
  RunLog log{folder, Lines{}};
  static_cast<void>(log);
}
