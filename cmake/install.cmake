# Installs the headers and a package that may be moved: it names what it depends on and holds no absolute path.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder "${CMAKE_INSTALL_DATADIR}/cmake/hearth")

install(TARGETS hearth EXPORT hearthTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT hearthTargets NAMESPACE hearth:: DESTINATION "${package_folder}")
foreach(component IN ITEMS archive download jpeg safetensors)
  install(TARGETS hearth_${component} EXPORT hearth-${component}-targets)
  install(EXPORT hearth-${component}-targets NAMESPACE hearth:: DESTINATION "${package_folder}")
endforeach()

configure_package_config_file(cmake/hearthConfig.cmake.in "${PROJECT_BINARY_DIR}/hearthConfig.cmake"
                              INSTALL_DESTINATION "${package_folder}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hearthConfigVersion.cmake" COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/hearthConfig.cmake" "${PROJECT_BINARY_DIR}/hearthConfigVersion.cmake"
              cmake/libjpeg-turbo.cmake cmake/torch-without-cuda-toolkit.cmake cmake/FindStb.cmake
        DESTINATION "${package_folder}")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/hearth")
