# hearth::compiled: the same headers, with every function that is no template compiled once into a static library.
# core/inline.hpp says how.

# One source file a layer, made from the definitions (*.ipp) in its folder and those below.
set(layers ${definitions})
list(TRANSFORM layers REPLACE "^.*/include/hearth/([^/]+)/.*$" "\\1")
list(REMOVE_DUPLICATES layers)
set(sources "")
foreach(layer IN LISTS layers)
  set(text "")
  foreach(file IN LISTS definitions)
    file(RELATIVE_PATH name "${PROJECT_SOURCE_DIR}/include" "${file}")
    if(name MATCHES "^hearth/${layer}/")
      string(APPEND text "#include <${name}>\n")
    endif()
  endforeach()
  set(source "${CMAKE_CURRENT_BINARY_DIR}/compiled/${layer}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "${text}" @ONLY)
  list(APPEND sources "${source}")
endforeach()

add_library(hearth_compiled STATIC EXCLUDE_FROM_ALL ${sources})
add_library(hearth::compiled ALIAS hearth_compiled)
set_target_properties(hearth_compiled PROPERTIES EXPORT_NAME compiled OUTPUT_NAME hearth)
target_compile_definitions(hearth_compiled PUBLIC HEARTH_COMPILED)
target_link_libraries(hearth_compiled PUBLIC hearth
                                      PRIVATE $<TARGET_NAME_IF_EXISTS:hearth::archive>
                                              $<TARGET_NAME_IF_EXISTS:hearth::download>
                                              $<TARGET_NAME_IF_EXISTS:hearth::safetensors>
                                              $<TARGET_NAME_IF_EXISTS:hearth::jpeg>
                                              $<TARGET_NAME_IF_EXISTS:hearth_warnings>)
