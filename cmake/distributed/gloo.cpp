// Whether LibTorch has c10d with Gloo, and gloo's headers are there: cmake/distributed.cmake.
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

struct Gloo : c10d::ProcessGroupGloo {
  void cut() { contexts_.front()->closeConnections(); }
};

int main(int count, char**) {
  if (count > 1) {
    c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
    static_cast<Gloo*>(nullptr)->cut();
  }
}
