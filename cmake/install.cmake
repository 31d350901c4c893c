# Installs the headers, the compiled library and a package that may be moved: it names what it depends on and holds no
# absolute path.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/hearth")

install(TARGETS hearth_headers EXPORT hearthTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS hearth EXPORT hearthTargets)
install(EXPORT hearthTargets NAMESPACE hearth:: DESTINATION "${package_folder}")
set(components archive distributed download jpeg safetensors)
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

configure_package_config_file(cmake/hearthConfig.cmake.in "${PROJECT_BINARY_DIR}/hearthConfig.cmake"
                              INSTALL_DESTINATION "${package_folder}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hearthConfigVersion.cmake" COMPATIBILITY SameMinorVersion
                                 ${independent})
install(FILES "${PROJECT_BINARY_DIR}/hearthConfig.cmake" "${PROJECT_BINARY_DIR}/hearthConfigVersion.cmake"
              cmake/libjpeg-turbo.cmake cmake/no-build-type.cmake cmake/torch-without-cuda-toolkit.cmake
              cmake/FindStb.cmake
        DESTINATION "${package_folder}")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/hearth")
