# Installs the headers, the compiled library and packages for CMake and pkg-config that may be moved: they name what they
# depend on and hold no absolute path.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/hearth")

install(TARGETS hearth_headers EXPORT hearthTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS hearth EXPORT hearthTargets)
install(EXPORT hearthTargets NAMESPACE hearth:: DESTINATION "${package_folder}")
set(components archive cuda distributed download jpeg png safetensors tiff webp)
set(independent ARCH_INDEPENDENT)
if(HEARTH_BUILD_COMPILED)
  list(APPEND components compiled)
  set(independent "")
endif()
foreach(component IN LISTS components)
  install(TARGETS hearth_${component} EXPORT hearth-${component}-targets
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT hearth-${component}-targets NAMESPACE hearth:: DESTINATION "${package_folder}")
endforeach()

set(hearth_torch_minor "")
if(hearth_libtorch MATCHES "^[0-9]+\\.[0-9]+")
  set(hearth_torch_minor "${CMAKE_MATCH_0}")
endif()
if(NOT hearth_nccl_FOUND)
  set(hearth_nccl_FOUND OFF)
endif()
configure_package_config_file(cmake/hearthConfig.cmake.in "${PROJECT_BINARY_DIR}/hearthConfig.cmake"
                              INSTALL_DESTINATION "${package_folder}" NO_SET_AND_CHECK_MACRO
                              NO_CHECK_REQUIRED_COMPONENTS_MACRO)

# CMake names the versions that it met and passed over; what stands behind them there says why.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hearthConfigVersion.cmake" COMPATIBILITY SameMinorVersion
                                 ${independent})
file(APPEND "${PROJECT_BINARY_DIR}/hearthConfigVersion.cmake" [[

if(PACKAGE_FIND_VERSION AND NOT PACKAGE_VERSION_COMPATIBLE AND NOT PACKAGE_VERSION_UNSUITABLE)
  string(APPEND PACKAGE_VERSION " (before 1.0, each 0.N has an interface of its own: who asks for 0.N.P is served by 0.N.P "
                                "and later versions 0.N)")
endif()
]])
install(FILES "${PROJECT_BINARY_DIR}/hearthConfig.cmake" "${PROJECT_BINARY_DIR}/hearthConfigVersion.cmake"
              cmake/cuda.cmake cmake/image-libraries.cmake cmake/libjpeg-turbo.cmake cmake/no-build-type.cmake cmake/torch-version.cmake
              cmake/torch-without-cuda-toolkit.cmake cmake/FindStb.cmake
        DESTINATION "${package_folder}")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/hearth")
include(cmake/pkg-config.cmake)
include(cmake/cpack.cmake)
