# The packages that `make package` writes: libhearth-dev for Debian and Ubuntu, and a .tar.gz that may be unpacked
# anywhere. LibTorch is in neither: Debian's is too old, and most have that of Python.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_VENDOR "the hearth authors")
set(CPACK_PACKAGE_CONTACT "the hearth authors <hearth@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "trains and evaluates image classifiers on LibTorch")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_STRIP_FILES OFF)
set(CPACK_PACKAGE_FILE_NAME "hearth-${PROJECT_VERSION}")
if(HEARTH_BUILD_COMPILED)
  string(APPEND CPACK_PACKAGE_FILE_NAME "-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
endif()
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_PACKAGE_NAME libhearth-dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
string(CONCAT CPACK_DEBIAN_PACKAGE_DESCRIPTION
       "A C++20 library of headers on LibTorch, with data loading, augmentation,\n"
       "models, optimizers, a trainer and checkpoints that PyTorch reads. LibTorch\n"
       "2.9 to 2.13 is not part of this package: CMake finds it by Torch_DIR or\n"
       "CMAKE_PREFIX_PATH.")

# The compiled library needs the libraries of the components that it was built with; who takes the headers alone chooses.
set(packages_of_archive libarchive-dev)
set(packages_of_download "libcurl4-openssl-dev | libcurl4-gnutls-dev" libssl-dev)
set(packages_of_jpeg "libjpeg62-turbo-dev | libjpeg-turbo8-dev")
set(packages_of_png libdeflate-dev)
set(packages_of_webp libwebp-dev)
set(packages_of_tiff "libtiff-dev (>= 4.5)")
set(packages_of_safetensors nlohmann-json3-dev)
set(depends libfmt-dev libstb-dev)
set(recommends "")
set(in_library "")
if(HEARTH_BUILD_COMPILED)
  set(in_library ${compiled_components})
else()
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
endif()
foreach(component IN ITEMS archive download jpeg png safetensors tiff webp)
  if(component IN_LIST in_library)
    list(APPEND depends ${packages_of_${component}})
  else()
    list(APPEND recommends ${packages_of_${component}})
  endif()
endforeach()
list(JOIN depends ", " CPACK_DEBIAN_PACKAGE_DEPENDS)
list(JOIN recommends ", " CPACK_DEBIAN_PACKAGE_RECOMMENDS)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libtorch-dev (>= 2.9), libgloo-dev, cmake (>= 3.25), pkgconf")

# What Debian wants of a package's documents is added when it is made.
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/cpack-debian.cmake")
include(CPack)
