# Finds out whether programs can be several processes: sets hearth_distributed_FOUND, and hearth_nccl_FOUND for GPUs. What
# LibTorch can do, its definitions say; whether its headers can be read, a compiler: they include gloo's, and those of
# CUDA and NCCL, which it does not bring.
find_path(HEARTH_GLOO_INCLUDE_DIR gloo/context.h DOC "The folder of gloo's headers: Debian's libgloo-dev")
find_path(HEARTH_NCCL_INCLUDE_DIR nccl.h HINTS ENV NCCL_ROOT PATH_SUFFIXES include DOC "The folder of nccl.h")
mark_as_advanced(HEARTH_GLOO_INCLUDE_DIR HEARTH_NCCL_INCLUDE_DIR)

# LibTorch is named by its files here: its targets cannot be linked in the project of a probe, for they name others.
function(hearth_probe_distributed backend library result)
  get_target_property(torch "${library}" LOCATION)
  set(question "${torch} ${CMAKE_CXX_COMPILER} ${ARGN}")
  if(NOT HEARTH_PROBED_${backend} STREQUAL question)
    message(STATUS "Looking whether LibTorch's ${backend} can be used")
    set(libraries "${torch}")
    set(definitions "")
    foreach(target IN ITEMS torch_cpu c10 ${library})
      get_target_property(file ${target} LOCATION)
      list(APPEND libraries "${file}")
      get_target_property(macros ${target} INTERFACE_COMPILE_DEFINITIONS)
      list(APPEND definitions ${macros})
    endforeach()
    list(FILTER definitions EXCLUDE REGEX "NOTFOUND|\\$")
    list(TRANSFORM definitions PREPEND -D)
    get_target_property(folders torch INTERFACE_INCLUDE_DIRECTORIES)
    get_target_property(options torch INTERFACE_COMPILE_OPTIONS)
    if(options)
      list(APPEND definitions ${options})
    endif()
    try_compile(compiles "${CMAKE_CURRENT_BINARY_DIR}/probe_${backend}"
                SOURCES "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/distributed/${backend}.cpp"
                CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${folders};${ARGN}"
                COMPILE_DEFINITIONS ${definitions}
                LINK_LIBRARIES ${libraries}
                CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON
                OUTPUT_VARIABLE output)
    if(NOT compiles)
      message(VERBOSE "${output}")
    endif()
    set(HEARTH_PROBED_${backend} "${question}" CACHE INTERNAL "What HEARTH_HAS_${backend} answers")
    set(HEARTH_HAS_${backend} "${compiles}" CACHE INTERNAL "Whether ${backend} can be used")
    message(STATUS "Looking whether LibTorch's ${backend} can be used - ${compiles}")
  endif()
  set(${result} "${HEARTH_HAS_${backend}}" PARENT_SCOPE)
endfunction()

set(hearth_distributed_FOUND OFF)
set(hearth_nccl_FOUND OFF)
get_target_property(hearth_torch_has torch_cpu INTERFACE_COMPILE_DEFINITIONS)
if(hearth_torch_has MATCHES "USE_C10D_GLOO" AND HEARTH_GLOO_INCLUDE_DIR)
  hearth_probe_distributed(gloo torch_cpu hearth_distributed_FOUND "${HEARTH_GLOO_INCLUDE_DIR}")
endif()
if(TARGET torch_cuda)
  get_target_property(hearth_torch_has torch_cuda INTERFACE_COMPILE_DEFINITIONS)
endif()
if(hearth_distributed_FOUND AND hearth_torch_has MATCHES "USE_C10D_NCCL" AND HEARTH_NCCL_INCLUDE_DIR)
  hearth_probe_distributed(nccl torch_cuda hearth_nccl_FOUND "${HEARTH_GLOO_INCLUDE_DIR}" "${HEARTH_NCCL_INCLUDE_DIR}")
endif()
unset(hearth_torch_has)
