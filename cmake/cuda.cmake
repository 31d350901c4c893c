# Finds out whether CUDA graphs can be recorded: sets hearth_cuda_FOUND, hearth_cuda_lacks in words where it is OFF, and
# HEARTH_CUDA_INCLUDE_DIR. LibTorch's headers for it include those of CUDA, which it does not bring: NVIDIA's toolkit has
# them all, and Debian's nvidia-cuda-dev; NVIDIA's packages on PyPI lack some. No library of CUDA's is linked.
set(hearth_cuda_FOUND OFF)
set(hearth_cuda_lacks "")
if(NOT TARGET torch_cuda)
  set(hearth_cuda_lacks "this LibTorch is built without CUDA")
else()
  find_path(HEARTH_CUDA_INCLUDE_DIR cuda_runtime_api.h HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda
            PATH_SUFFIXES include DOC "The folder of cuda_runtime_api.h")
  mark_as_advanced(HEARTH_CUDA_INCLUDE_DIR)
  if(NOT HEARTH_CUDA_INCLUDE_DIR)
    set(hearth_cuda_lacks "cuda_runtime_api.h is not found (NVIDIA's toolkit, or Debian's nvidia-cuda-dev; CUDA_HOME \
names its folder)")
  else()
    # A function has variables of its own: what the caller set for its checks neither counts here nor is changed.
    include(CheckCXXSourceCompiles)
    include(CMakePushCheckState)
    function(hearth_check_cuda_graphs)
      cmake_push_check_state(RESET)
      get_target_property(CMAKE_REQUIRED_INCLUDES torch INTERFACE_INCLUDE_DIRECTORIES)
      list(APPEND CMAKE_REQUIRED_INCLUDES "${HEARTH_CUDA_INCLUDE_DIR}")
      set(CMAKE_CXX_STANDARD 20)
      set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)  # it is the headers that are in question
      check_cxx_source_compiles([[
#include <ATen/cuda/CUDAGraph.h>
void record(at::cuda::CUDAGraph& graph) { graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal); }
]] HEARTH_CUDA_GRAPHS_COMPILE)
      cmake_pop_check_state()
    endfunction()
    hearth_check_cuda_graphs()
    if(HEARTH_CUDA_GRAPHS_COMPILE)
      set(hearth_cuda_FOUND ON)
    else()
      set(hearth_cuda_lacks "LibTorch's ATen/cuda/CUDAGraph.h does not compile with the headers in \
${HEARTH_CUDA_INCLUDE_DIR}: they must be of the CUDA version that LibTorch is built for")
    endif()
  endif()
endif()
