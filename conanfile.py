"""Conan 2's recipe: hearth as headers, or with the option `compiled` as a static library.

    conan create .                                          # the headers
    conan create . -o "&:compiled=True" --build=missing     # the library

Consumers use `find_package(hearth)` and the targets hearth::hearth, hearth::compiled, hearth::archive and so on, as
everywhere: the package holds hearth's own CMake files, which CMakeToolchain makes known, and CMakeDeps writes none. They
know what the generated ones could not: that a program takes hearth::hearth or hearth::compiled, and what is missing for a
component.

LibTorch is not in the package. With `with_libtorch=system`, the default, it is the one that CMake finds (Torch_DIR in the
environment, or in the profile's tools.cmake.cmaketoolchain:extra_variables): that of Python, say, which is fast and has
CUDA. With `with_libtorch=conan` it is that of Conan Center, a static build for the CPU, without several processes.
"""
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.scm import Version

required_conan_version = ">=2.1"


class Hearth(ConanFile):
    name = "hearth"
    description = "Trains and evaluates image classifiers on LibTorch"
    license = "MIT"
    topics = ("deep-learning", "libtorch", "pytorch", "image-classification", "computer-vision")
    settings = "os", "compiler", "build_type", "arch"
    options = {
        "compiled": [True, False],  # the static library
        "fPIC": [True, False],
        "with_libtorch": ["system", "conan"],
        "archive": [True, False],  # the components, each with its libraries
        "cuda": [True, False],  # CUDA's headers and libraries come from the system, with LibTorch
        "download": [True, False],
        "jpeg": [True, False],
        "png": [True, False],
        "safetensors": [True, False],
        "tiff": [True, False],
        "webp": [True, False],
        "distributed": [True, False],  # gloo's headers, which Conan Center lacks, come from the system
    }
    default_options = {
        "compiled": False,
        "fPIC": True,
        "with_libtorch": "system",
        "archive": True,
        "cuda": False,
        "download": True,
        "jpeg": True,
        "png": False,
        "safetensors": True,
        "tiff": False,
        "webp": False,
        "distributed": False,
        "fmt/*:header_only": True,  # LibTorch brings the headers of another fmt, with which no compiled fmt would link
    }
    exports = "include/hearth/version.hpp"
    exports_sources = "CMakeLists.txt", "LICENSE", "cmake/*", "include/*"

    component_targets = {
        "archive": ["libarchive::libarchive"],
        "cuda": [],
        "distributed": [],
        "download": ["libcurl::libcurl", "openssl::crypto"],
        "jpeg": ["libjpeg-turbo::libjpeg-turbo"],
        "png": ["libdeflate::libdeflate"],
        "safetensors": ["nlohmann_json::nlohmann_json"],
        "tiff": ["libtiff::libtiff"],
        "webp": ["libwebp::webp"],
    }

    component_defines = {
        "cuda": ["HEARTH_WITH_CUDA"],
        "distributed": ["HEARTH_WITH_DISTRIBUTED", "USE_DISTRIBUTED", "USE_C10D_GLOO"],
        "download": ["HEARTH_WITH_DOWNLOAD"],
        "jpeg": ["HEARTH_WITH_LIBJPEG_TURBO"],
        "png": ["HEARTH_WITH_LIBDEFLATE"],
        "tiff": ["HEARTH_WITH_LIBTIFF"],
        "webp": ["HEARTH_WITH_LIBWEBP"],
    }

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "include", "hearth", "version.hpp"))
        self.version = re.search(r'#define HEARTH_VERSION "(.+)"', text).group(1)

    def config_options(self):
        if self.settings.os == "Windows":
            del self.options.fPIC

    def configure(self):
        if self.options.compiled:
            self.package_type = "static-library"
        else:
            self.package_type = "header-library"
            self.options.rm_safe("fPIC")

    def requirements(self):
        self.requires("fmt/[>=9.1 <13]", transitive_headers=True)
        self.requires("stb/[*]", transitive_headers=True)
        if self.options.with_libtorch == "conan":
            self.requires("libtorch/[>=2.9 <2.14]", transitive_headers=True, transitive_libs=True)
        if self.options.archive:
            self.requires("libarchive/[>=3.6 <4]", transitive_headers=True)
        if self.options.download:
            self.requires("libcurl/[>=7.78 <9]", transitive_headers=True)
            self.requires("openssl/[>=1.1 <4]", transitive_headers=True)
        if self.options.jpeg:
            self.requires("libjpeg-turbo/[>=2.1 <4]", transitive_headers=True)
        if self.options.png:
            self.requires("libdeflate/[>=1.8 <2]", transitive_headers=True)
        if self.options.tiff:
            self.requires("libtiff/[>=4.5 <5]", transitive_headers=True)
        if self.options.webp:
            self.requires("libwebp/[>=1.2 <2]", transitive_headers=True)
        if self.options.safetensors:
            self.requires("nlohmann_json/[>=3.10 <4]", transitive_headers=True)

    def build_requirements(self):
        self.tool_requires("cmake/[>=3.25]")

    def validate(self):
        # The targets ask for C++20 themselves, so a profile may name an older standard. The compiler must know it.
        oldest = {"gcc": "12", "clang": "14", "apple-clang": "15"}.get(str(self.settings.compiler))
        if oldest and Version(self.settings.compiler.version) < oldest:
            raise ConanInvalidConfiguration(f"hearth needs {self.settings.compiler} {oldest} or later")
        if self.settings.os == "Windows":
            raise ConanInvalidConfiguration("hearth works on Linux and macOS; nobody has tried Windows")
        if self.options.distributed and self.options.with_libtorch == "conan":
            raise ConanInvalidConfiguration("distributed needs a LibTorch with Gloo, which Conan's is not: "
                                            "use with_libtorch=system")
        if self.options.cuda and self.options.with_libtorch == "conan":
            raise ConanInvalidConfiguration("cuda needs a LibTorch for CUDA, which Conan's is not: "
                                            "use with_libtorch=system")

    def layout(self):
        # A build that is there already may be packaged: conan export-pkg . -c user.hearth:built=FOLDER
        built = self.conf.get("user.hearth:built", check_type=str)
        if built:
            self.folders.build = built
            self.folders.generators = "build/conan"
        else:
            cmake_layout(self)

    def package_id(self):
        if not self.info.options.compiled:
            self.info.clear()  # the headers are the same whatever they are used with

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["HEARTH_BUILD_COMPILED"] = bool(self.options.compiled)
        toolchain.cache_variables["HEARTH_BUILD_TESTS"] = False
        toolchain.cache_variables["HEARTH_BUILD_EXAMPLES"] = False
        for component in ("archive", "cuda", "distributed", "download", "jpeg", "png", "safetensors", "tiff", "webp"):
            toolchain.cache_variables[f"HEARTH_{component.upper()}"] = bool(self.options.get_safe(component))
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        if self.options.compiled:
            cmake.build(target="hearth_compiled")

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "hearth")
        self.cpp_info.set_property("cmake_find_mode", "none")  # hearthConfig.cmake is in the package

        # The same for other build systems. They get one of the two libraries, for a program takes one. The requirements
        # that a profile takes from the system ([platform_requires]) are not Conan's to name.
        there = {dependency.ref.name for dependency in self.dependencies.direct_host.values()}

        def from_conan(targets):
            return [target for target in targets if target.split("::")[0] in there]

        library = "compiled" if self.options.compiled else "hearth"
        component = self.cpp_info.components[library]
        component.set_property("cmake_target_name", f"hearth::{library}")
        component.set_property("pkg_config_name", "hearth-compiled" if self.options.compiled else "hearth")
        component.bindirs = []
        component.builddirs = [os.path.join("lib", "cmake", "hearth")]
        component.requires = from_conan(["fmt::fmt", "stb::stb", "libtorch::libtorch"])
        if self.options.compiled:
            component.libs = ["hearth"]
            component.defines = ["HEARTH_COMPILED"]
            component.system_libs = ["pthread"]
        else:
            component.libdirs = []
        for name, targets in self.component_targets.items():
            if self.options.get_safe(name):
                if self.options.compiled:
                    component.requires += from_conan(targets)
                part = self.cpp_info.components[name]
                part.set_property("cmake_target_name", f"hearth::{name}")
                part.set_property("pkg_config_name", f"hearth-{name}")
                part.includedirs = part.libdirs = part.bindirs = []
                part.requires = from_conan(targets)
                part.defines = self.component_defines.get(name, [])
