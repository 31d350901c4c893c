# A LibTorch built for CUDA insists on CUDA's compiler and headers when it is found, though a program without CUDA code
# of its own needs neither: the shared libraries find CUDA's when they are loaded. This stand-in for what Torch's
# cuda.cmake would define (it looks no further when torch::cudart is there) lets such a LibTorch be used without them.
# A project that does compile CUDA code enables that language, or finds Torch, before hearth.
if(NOT TARGET torch::cudart AND NOT CMAKE_CUDA_COMPILER)
  add_library(torch::cudart INTERFACE IMPORTED)
  set_target_properties(torch::cudart PROPERTIES INTERFACE_LINK_OPTIONS "LINKER:--allow-shlib-undefined")
endif()
