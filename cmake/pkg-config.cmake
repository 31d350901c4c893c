# Writes and installs the files for pkg-config: hearth, the headers alone; hearth-compiled, in its place; and one for each
# component, to be named beside either. They find their folder by their own place, so they may be moved with it.
#
# LibTorch has no such file. The variable `libtorch` names its folder, the one with include and lib:
#   pkg-config --define-variable=libtorch=/path/to/torch --cflags --libs hearth
# Without it, LibTorch is taken from where hearth is installed.
file(RELATIVE_PATH up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" up "${up}")
string(CONCAT folders
       "prefix=\${pcfiledir}/${up}\n"
       "includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}\n"
       "libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}\n"
       "libtorch=\${prefix}\n\n")
set(torch_cflags "-isystem \${libtorch}/include -isystem \${libtorch}/include/torch/csrc/api/include")
string(CONCAT torch_libs
       "-L\${libtorch}/lib -Wl,-rpath,\${libtorch}/lib -Wl,--allow-shlib-undefined "
       "-Wl,--no-as-needed -ltorch -ltorch_cpu -lc10 -Wl,--as-needed -pthread")

# pkg_config(NAME DESCRIPTION FIELD CONTENT ...)
function(pkg_config name description)
  set(text "${folders}Name: ${name}\nDescription: ${description}\nVersion: ${PROJECT_VERSION}\n")
  list(LENGTH ARGN rest)
  foreach(at RANGE 0 ${rest} 2)
    if(at LESS rest)
      math(EXPR next "${at} + 1")
      list(GET ARGN ${at} field)
      list(GET ARGN ${next} content)
      if(NOT content STREQUAL "")
        string(APPEND text "${field}: ${content}\n")
      endif()
    endif()
  endforeach()
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/pkgconfig/${name}.pc" CONTENT "${text}" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/pkgconfig/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()

# Of stb only the headers are wanted: its library, which Debian has, holds what is compiled into hearth anyway.
pkg_config(hearth "${PROJECT_DESCRIPTION}, the headers alone"
           Requires.private stb
           Cflags "-I\${includedir} -DFMT_HEADER_ONLY=1 -std=c++20 -pthread ${torch_cflags}"
           Libs "${torch_libs}"
           Conflicts hearth-compiled)
set(requires_archive libarchive)
set(requires_download libcurl libcrypto)
set(requires_jpeg libjpeg)
set(requires_png libdeflate)
set(requires_webp libwebp)
set(requires_tiff libtiff-4)
set(requires_safetensors nlohmann_json)
set(requires_cuda "")
set(requires_distributed "")
foreach(component IN ITEMS archive cuda distributed download jpeg png safetensors tiff webp)
  get_target_property(definitions hearth_${component} INTERFACE_COMPILE_DEFINITIONS)
  list(FILTER definitions EXCLUDE REGEX "NOTFOUND|^\\$<|^$")
  if(component STREQUAL "distributed")  # what CMake knows of torch_cpu
    list(APPEND definitions USE_DISTRIBUTED USE_C10D_GLOO)
  endif()
  list(TRANSFORM definitions PREPEND -D)
  list(JOIN definitions " " definitions)
  list(JOIN requires_${component} " " requires)
  pkg_config(hearth-${component} "What programs with hearth's component ${component} need" Requires "${requires}"
             Cflags "${definitions}")
endforeach()
if(HEARTH_BUILD_COMPILED)
  set(requires "")
  foreach(component IN LISTS compiled_components)
    if(component STREQUAL "safetensors")
      continue()  # which has headers alone, compiled in already
    endif()
    list(APPEND requires ${requires_${component}})
  endforeach()
  list(JOIN requires " " requires)
  set(fmt "")
  if(NOT HEARTH_FMT_COMPILES)
    set(fmt "-DFMT_HEADER_ONLY=1 ")
  endif()
  pkg_config(hearth-compiled "${PROJECT_DESCRIPTION}, compiled for LibTorch ${hearth_torch_minor}"
             Requires "${requires}"
             Requires.private stb
             Cflags "-I\${includedir} -DHEARTH_COMPILED ${fmt}-std=c++20 -pthread ${torch_cflags}"
             Libs "-L\${libdir} -lhearth ${torch_libs}"
             Conflicts hearth)
endif()
