# Writes include/hearth/hearth.hpp from the public headers that there are; with -D CHECK=ON only says whether it is up to date.
cmake_minimum_required(VERSION 3.25)
set(include "${CMAKE_CURRENT_LIST_DIR}/../include")
set(umbrella "${include}/hearth/hearth.hpp")

# Headers that need a library that may be absent are included only where it is there.
include("${CMAKE_CURRENT_LIST_DIR}/needs.cmake")

# Sets `result` to whether the header declares something that users compose. The parts of a layer that they do not, have
# the namespace of the layer's folder, and are included where they are needed.
function(is_public header result)
  file(STRINGS "${include}/${header}" lines REGEX "^(namespace hearth|namespace hearth::(optim|models|dist)|#define HEARTH_VERSION)")
  list(FILTER lines INCLUDE REGEX "^(namespace hearth(::optim|::models|::dist)? {|#define)")
  if(lines)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

set(blocks "")
set(conditions "")
foreach(layer IN ITEMS . core download image archive losses metrics optim dist chart transforms weights data models datasets
        train)
  file(GLOB headers RELATIVE "${include}" "${include}/hearth/${layer}/*.hpp")
  list(REMOVE_ITEM headers hearth/hearth.hpp)
  list(SORT headers)
  set(block "")
  foreach(header IN LISTS headers)
    is_public("${header}" public)
    if(NOT public)
      continue()
    endif()
    needs("${include}" "${header}" libraries)
    if(libraries)
      list(TRANSFORM libraries REPLACE "(.+)" "__has_include(<\\1>)")
      list(JOIN libraries " && " condition)
      # Not wherever some jpeglib.h lies about: it has many macros, and may be another library's than libjpeg-turbo.
      string(REPLACE "__has_include(<jpeglib.h>)" "defined(HEARTH_WITH_LIBJPEG_TURBO)" condition "${condition}")
      list(APPEND conditions "${condition}")
      string(MAKE_C_IDENTIFIER "${condition}" name)
      string(APPEND under_${name} "#include <${header}>\n")
    else()
      string(APPEND block "#include <${header}>\n")
    endif()
  endforeach()
  if(block)
    string(APPEND blocks "${block}\n")
  endif()
endforeach()

list(REMOVE_DUPLICATES conditions)
foreach(condition IN LISTS conditions)
  string(MAKE_C_IDENTIFIER "${condition}" name)
  string(APPEND blocks "#if ${condition}\n${under_${name}}#endif\n\n")
endforeach()
string(STRIP "${blocks}" blocks)
set(text "/// All of hearth; what needs libarchive, libcurl, OpenSSL or nlohmann_json is part of it where that is installed.
#pragma once

${blocks}
")

if(CHECK)
  file(READ "${umbrella}" current)
  if(NOT current STREQUAL text)
    string(REGEX MATCHALL "hearth/[^>]+" missing "${text}")
    string(REGEX MATCHALL "hearth/[^>]+" superfluous "${current}")
    set(there ${missing})
    list(REMOVE_ITEM missing ${superfluous})
    list(REMOVE_ITEM superfluous ${there})
    message(FATAL_ERROR "include/hearth/hearth.hpp is not what `make umbrella` writes. It lacks: ${missing}. "
                        "It has too much: ${superfluous}. Where both are empty, the order differs.")
  endif()
else()
  file(WRITE "${umbrella}" "${text}")
endif()
