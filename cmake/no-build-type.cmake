# Tells a project that uses hearth, once, that it has no build type: the compiler optimises nothing then, and loading
# images takes five times the time.
get_property(hearth_several_types GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(NOT hearth_several_types AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CXX_FLAGS MATCHES "-O" AND NOT HEARTH_TOLD_OF_BUILD_TYPE)
  message(WARNING "hearth: CMAKE_BUILD_TYPE is empty, so the compiler optimises nothing, and loading images takes five "
                  "times the time. Configure with -D CMAKE_BUILD_TYPE=Release. This is said once.")
  set(HEARTH_TOLD_OF_BUILD_TYPE ON CACHE INTERNAL "hearth has said that there is no build type")
endif()
unset(hearth_several_types)
