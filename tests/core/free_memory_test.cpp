#include <hearth/core/free_memory.hpp>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using hearth_test::TemporaryFolder;

TEST_CASE("Free memory is what the machine has and the control groups leave", "[free_memory]") {
  const TemporaryFolder root;
  root.write("proc/meminfo", "MemTotal:  64 kB\nMemFree:  8 kB\nMemAvailable:      32 kB\n");
  CHECK(core::free_memory(root.path()) == 32 * 1024);

  root.write("proc/self/cgroup", "0::/job/step\n");
  root.write("sys/fs/cgroup/memory.max", "max\n");
  root.write("sys/fs/cgroup/job/memory.max", "20000\n");
  root.write("sys/fs/cgroup/job/memory.current", "15000\n");
  root.write("sys/fs/cgroup/job/memory.stat", "active_file 9000\ninactive_file 3000\n");
  root.write("sys/fs/cgroup/job/step/memory.max", "50000\n");
  root.write("sys/fs/cgroup/job/step/memory.current", "15000\n");
  CHECK(core::free_memory(root.path()) == 20000 - (15000 - 3000));
  root.write("sys/fs/cgroup/job/step/memory.max", "14000\n");
  CHECK(core::free_memory(root.path()) == 0);
}

TEST_CASE("Free memory knows the control groups of the first version", "[free_memory]") {
  const TemporaryFolder root;
  root.write("proc/meminfo", "MemAvailable: 32 kB\n");
  root.write("proc/self/cgroup", "4:cpu,cpuacct:/other\n3:memory:/batch\n");
  root.write("sys/fs/cgroup/memory/batch/memory.limit_in_bytes", "10000\n");
  root.write("sys/fs/cgroup/memory/batch/memory.usage_in_bytes", "9000\n");
  CHECK(core::free_memory(root.path()) == 1000);
}

TEST_CASE("This machine has free memory", "[free_memory]") {
  CHECK(core::free_memory() > 1024 * 1024);
}
