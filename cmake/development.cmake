# Settings for work on hearth itself; a project that includes hearth never sees them.

# What cmake/setup.sh found. A -D on the command line goes before it.
if(EXISTS "${PROJECT_SOURCE_DIR}/build/setup.env")
  file(STRINGS build/setup.env setup_lines)
  foreach(line IN LISTS setup_lines)
    if(line MATCHES "^(TORCH_DIR|PYTHON|PREFIXES)=\"(.+)\"$")
      set(setup_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
    endif()
  endforeach()
endif()
if(setup_TORCH_DIR AND NOT Torch_DIR)
  set(Torch_DIR "${setup_TORCH_DIR}" CACHE PATH "The folder of TorchConfig.cmake" FORCE)
endif()
list(APPEND CMAKE_PREFIX_PATH ${setup_PREFIXES})
set(HEARTH_PYTHON "${setup_PYTHON}" CACHE FILEPATH "A Python with torch, for the tests that compare with it")

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
mark_as_advanced(CCACHE)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache takes part in a build with a precompiled header only when told to look past its time stamps.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${CCACHE}")
endif()

# What our own tests and programs compile with. Optimising fully, compilers warn of what cannot happen, each version of
# something else, so warnings are errors only where the tests are built.
add_library(hearth_warnings INTERFACE)
target_compile_options(hearth_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                                 $<$<CONFIG:Debug>:-Werror>)

# The sanitizers: for the suites that are built with them beside the plain ones, and for everything when HEARTH_SANITIZE
# says so (the presets asan and tsan).
set(asan_flags -fsanitize=address,undefined)
set(tsan_flags -fsanitize=thread)
add_library(hearth_asan INTERFACE)
target_compile_options(hearth_asan INTERFACE -g1 -fno-omit-frame-pointer ${asan_flags} -fno-sanitize-recover=all)
target_link_options(hearth_asan INTERFACE ${asan_flags})
add_library(hearth_tsan INTERFACE)
target_compile_options(hearth_tsan INTERFACE -g1 ${tsan_flags})
target_link_options(hearth_tsan INTERFACE ${tsan_flags})

set(HEARTH_SANITIZE "" CACHE STRING "Build everything with a sanitizer: address (with undefined) or thread")
set_property(CACHE HEARTH_SANITIZE PROPERTY STRINGS "" address thread)
if(HEARTH_SANITIZE STREQUAL "address")
  add_compile_options(-fno-omit-frame-pointer ${asan_flags} -fno-sanitize-recover=all)
  add_link_options(${asan_flags})
elseif(HEARTH_SANITIZE STREQUAL "thread")
  add_compile_options(${tsan_flags})
  add_link_options(${tsan_flags})
elseif(HEARTH_SANITIZE)
  message(FATAL_ERROR "HEARTH_SANITIZE must be empty, address or thread, but is ${HEARTH_SANITIZE}")
endif()
