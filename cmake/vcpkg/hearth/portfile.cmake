# hearth for vcpkg, from the checkout that this port lies in: vcpkg install hearth --overlay-ports=…/hearth/cmake/vcpkg
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

vcpkg_check_features(
    OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        compiled    HEARTH_BUILD_COMPILED
        archive     HEARTH_ARCHIVE
        cuda        HEARTH_CUDA
        distributed HEARTH_DISTRIBUTED
        download    HEARTH_DOWNLOAD
        jpeg        HEARTH_JPEG
        png         HEARTH_PNG
        safetensors HEARTH_SAFETENSORS
        tiff        HEARTH_TIFF
        webp        HEARTH_WEBP
)
if("compiled" IN_LIST FEATURES)
    vcpkg_check_linkage(ONLY_STATIC_LIBRARY)
    if(DEFINED ENV{Torch_DIR} AND NOT "libtorch" IN_LIST FEATURES)  # with VCPKG_KEEP_ENV_VARS=Torch_DIR
        list(APPEND FEATURE_OPTIONS "-DTorch_DIR=$ENV{Torch_DIR}")
    endif()
else()
    set(VCPKG_BUILD_TYPE release)  # the headers are the same
endif()

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${FEATURE_OPTIONS}
        -DHEARTH_BUILD_TESTS=OFF
        -DHEARTH_BUILD_EXAMPLES=OFF
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/hearth)

# vcpkg's stb and its libtorch have no files for pkg-config, without which hearth's cannot be used.
file(REMOVE_RECURSE
    "${CURRENT_PACKAGES_DIR}/lib/pkgconfig"
    "${CURRENT_PACKAGES_DIR}/debug/lib/pkgconfig"
    "${CURRENT_PACKAGES_DIR}/debug/include"
    "${CURRENT_PACKAGES_DIR}/debug/share"
    "${CURRENT_PACKAGES_DIR}/share/doc"
)
if(NOT "compiled" IN_LIST FEATURES)
    file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib" "${CURRENT_PACKAGES_DIR}/debug")
endif()
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
