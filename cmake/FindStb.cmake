# Finds the single-file libraries of stb, which bring no CMake package of their own: the folder with stb_image.h, or
# with stb/stb_image.h. Defines the target Stb::Stb; honours Stb_INCLUDE_DIR, the name that vcpkg uses too.
find_path(Stb_INCLUDE_DIR stb_image.h PATH_SUFFIXES stb)
mark_as_advanced(Stb_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Stb REQUIRED_VARS Stb_INCLUDE_DIR)

if(Stb_FOUND AND NOT TARGET Stb::Stb)
  add_library(Stb::Stb INTERFACE IMPORTED)
  target_include_directories(Stb::Stb SYSTEM INTERFACE "${Stb_INCLUDE_DIR}")
endif()
