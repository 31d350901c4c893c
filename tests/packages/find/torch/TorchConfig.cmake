# Stands in for LibTorch where only its version counts.
set(Torch_VERSION "${STUB_TORCH}")
add_library(torch INTERFACE IMPORTED)
add_library(torch_cpu INTERFACE IMPORTED)
set_target_properties(torch_cpu PROPERTIES INTERFACE_COMPILE_DEFINITIONS "${STUB_TORCH_DEFINITIONS}")
set(Torch_FOUND TRUE)
