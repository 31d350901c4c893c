# hearth::compiled: every function that is no template, compiled once into a static library. core/inline.hpp says how.

# The definitions (*.ipp) of a folder make one source file; those that read torch, which takes a compiler a quarter of a
# minute, are told apart: models, weights, train and what of optim looks into a model use its modules, and all others no
# more than its tensors. Those of dist that read c10d's headers are a file of their own. What needs a library that is not there is left out.
include(cmake/needs.cmake)
set(units "")
foreach(file IN LISTS definitions)
  file(RELATIVE_PATH name "${PROJECT_SOURCE_DIR}/include" "${file}")
  lacks("${PROJECT_SOURCE_DIR}/include" "${name}" absent)
  if(absent)
    continue()
  endif()
  all_includes_of("${PROJECT_SOURCE_DIR}/include" "${name}" included DECLARATIONS)
  string(REGEX REPLACE "^hearth/(.+)/[^/]+$" "\\1" unit "${name}")
  if(unit MATCHES "^models")
    set(unit models)
  elseif(included MATCHES "(^|;)torch/csrc/distributed/")
    set(unit processes)
  elseif(included MATCHES "(^|;)(torch|ATen|c10)/")
    if(unit MATCHES "^(weights|train)$")
      string(APPEND unit _modules)
    elseif(unit STREQUAL "optim" AND included MATCHES "(^|;)torch/")
      set(unit weights_modules)
    else()
      set(unit tensors)
    endif()
  endif()
  list(APPEND units "${unit}")
  string(APPEND text_${unit} "#include <${name}>\n")
endforeach()
list(REMOVE_DUPLICATES units)
foreach(unit IN LISTS units)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/compiled/${unit}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "${text_${unit}}" @ONLY)
  target_sources(hearth_compiled PRIVATE "${source}")
  if(unit STREQUAL "models")  # which call LibTorch's operators: there is nothing for a compiler to gain, but time
    set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release,RelWithDebInfo>:-O1>")
  endif()
endforeach()

add_library(hearth::compiled ALIAS hearth_compiled)
set_target_properties(hearth_compiled PROPERTIES EXPORT_NAME compiled OUTPUT_NAME hearth POSITION_INDEPENDENT_CODE ON)
if(NOT HEARTH_BUILD_COMPILED)
  set_target_properties(hearth_compiled PROPERTIES EXCLUDE_FROM_ALL ON)
endif()
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES AND NOT CMAKE_CXX_FLAGS MATCHES "-O")
  target_compile_options(hearth_compiled PRIVATE -O2)  # a project without a build type shall at least load images fast
endif()

# What only the definitions need is linked, and never seen by who includes the headers. Which components the library is
# built with is its own matter: targets that link it may differ in theirs.
set(compiled_components archive download jpeg png safetensors tiff webp)
foreach(component IN LISTS compiled_components)
  if(TARGET hearth::${component})
    target_link_libraries(hearth_compiled PRIVATE hearth_${component})
  else()
    list(REMOVE_ITEM compiled_components ${component})
  endif()
endforeach()
target_compile_definitions(hearth_compiled PUBLIC HEARTH_COMPILED)
if(TARGET hearth::distributed)  # which has no library: who links hearth::compiled needs nothing of it
  target_link_libraries(hearth_compiled PRIVATE $<BUILD_INTERFACE:hearth_distributed>)
endif()

# Half of what the headers alone cost a program is fmt, read as a header-only library. The compiled library holds fmt's
# functions too where fmt/fmt.cpp fits the fmt that is found, and the programs that link it read declarations.
include(cmake/fmt.cmake)
if(HEARTH_FMT_COMPILES)
  target_sources(hearth_compiled PRIVATE cmake/fmt/fmt.cpp)
  set_source_files_properties(cmake/fmt/fmt.cpp PROPERTIES COMPILE_OPTIONS -w)
else()
  target_link_libraries(hearth_compiled PUBLIC fmt::fmt-header-only)
endif()
target_link_libraries(hearth_compiled PUBLIC hearth_headers)
if(TARGET hearth_warnings)
  target_compile_options(hearth_compiled PRIVATE $<TARGET_PROPERTY:hearth_warnings,INTERFACE_COMPILE_OPTIONS>)
endif()
