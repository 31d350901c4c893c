# All that hearth needs from the system, as Debian has it, where Conan Center is not reached. The versions are what Conan
# shall take them for. LibTorch is the one named here.
[platform_requires]
fmt/9.1.0
stb/0.0
libtorch/2.13.0
libarchive/3.6.2
libcurl/7.88.1
openssl/3.0.15
libjpeg-turbo/2.1.5
nlohmann_json/3.11.2

[platform_tool_requires]
cmake/3.31.0

[conf]
tools.cmake.cmaketoolchain:generator=Ninja
tools.cmake.cmaketoolchain:extra_variables={"Torch_DIR": "@TORCH_DIR@"}
tools.build:compiler_executables={"cpp": "@CXX@"}

