// Whether LibTorch has c10d with NCCL, and the headers of CUDA and NCCL are there: cmake/distributed.cmake.
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

int main(int count, char**) {
  if (count > 1) {
    static_cast<c10d::ProcessGroupNCCL*>(nullptr)->abort();
  }
}
