# Sets HEARTH_FMT_COMPILES to whether fmt/fmt.cpp makes a library of the fmt that a program with torch includes: Torch's
# own, if it has one, or the system's.
if(NOT DEFINED HEARTH_FMT_COMPILES)
  get_target_property(torch_folders torch INTERFACE_INCLUDE_DIRECTORIES)
  get_target_property(fmt_folders fmt::fmt-header-only INTERFACE_INCLUDE_DIRECTORIES)
  set(folders "")
  foreach(folder IN LISTS torch_folders fmt_folders)
    if(EXISTS "${folder}/fmt/format.h" AND NOT folder STREQUAL "/usr/include")
      list(APPEND folders "${folder}")
    endif()
  endforeach()
  try_compile(
    HEARTH_FMT_COMPILES
    SOURCES "${PROJECT_SOURCE_DIR}/cmake/fmt/fmt.cpp" "${PROJECT_SOURCE_DIR}/cmake/fmt/probe.cpp"
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${folders}" "-DCMAKE_CXX_STANDARD=20")
endif()
