# Which LibTorch it is, and whether hearth works with it.
set(hearth_torch_oldest 2.9)
set(hearth_torch_newest 2.13)

# hearth_torch_version(RESULT): its version, as find_package learned it, or as its headers say where a target `torch`
# was there already.
function(hearth_torch_version result)
  set(version "${Torch_VERSION}")
  if(NOT version AND TARGET torch)
    get_target_property(folders torch INTERFACE_INCLUDE_DIRECTORIES)
    foreach(folder IN LISTS folders)
      foreach(header IN ITEMS torch/headeronly/version.h torch/version.h)
        if(NOT version AND EXISTS "${folder}/${header}")
          file(STRINGS "${folder}/${header}" lines REGEX "^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+$")
          list(TRANSFORM lines REPLACE ".* " "")
          list(JOIN lines "." version)
        endif()
      endforeach()
    endforeach()
  endif()
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

# hearth_check_torch(VERSION RESULT): RESULT says why hearth cannot be used with that LibTorch, or is empty. One that is
# newer than any that was tried may work: it is used, with a warning, once.
function(hearth_check_torch version result)
  set(${result} "" PARENT_SCOPE)
  set(range "hearth works with LibTorch ${hearth_torch_oldest} to ${hearth_torch_newest}")
  if(version AND version VERSION_LESS hearth_torch_oldest)
    set(${result} "${range}, but found ${version} (Torch_DIR is ${Torch_DIR})" PARENT_SCOPE)
  elseif(version MATCHES "^([0-9]+\\.[0-9]+)" AND CMAKE_MATCH_1 VERSION_GREATER hearth_torch_newest AND
         NOT HEARTH_TOLD_OF_TORCH STREQUAL version)
    message(WARNING "${range}, and nobody has tried ${version} (Torch_DIR is ${Torch_DIR}). It is used all the same. "
                    "This is said once.")
    set(HEARTH_TOLD_OF_TORCH "${version}" CACHE INTERNAL "The LibTorch of which hearth has said that it is too new")
  endif()
endfunction()
