# check_test.cmake: check.cmake refuses what it should, on small trees written below FOLDER. Called with -D FOLDER=… -P.
cmake_minimum_required(VERSION 3.25)

# check(OUTCOME FILE LINE): a tree that keeps to its diagram but for LINE, which FILE holds too; OUTCOME is the sentence
# that check.cmake must end with, or empty where it must pass.
function(check outcome file line)
  file(REMOVE_RECURSE "${FOLDER}")
  file(WRITE "${FOLDER}/page.md" "# A page\n\n```layers\nlow\n  <- { left, right }\n  <- high\n  <- hearth.hpp\n\n"
                                 "left <- right\nhigh without left\n```\n")
  foreach(part IN ITEMS low/a.hpp left/a.hpp right/a.hpp high/a.hpp hearth.hpp version.hpp)
    file(WRITE "${FOLDER}/hearth/${part}" "#pragma once\n")
  endforeach()
  file(APPEND "${FOLDER}/hearth/right/a.hpp" "#include <vector>\n#include <hearth/low/a.hpp>\n#include <hearth/left/a.hpp>\n")
  file(APPEND "${FOLDER}/hearth/high/a.hpp" "#include <hearth/right/a.hpp>\n#include <hearth/version.hpp>\n")
  file(APPEND "${FOLDER}/hearth/hearth.hpp" "#include <hearth/high/a.hpp>\n#include <hearth/left/a.hpp>\n")
  file(APPEND "${FOLDER}/hearth/${file}" "${line}\n")
  execute_process(COMMAND "${CMAKE_COMMAND}" -D "INCLUDE=${FOLDER}" -D "PAGE=${FOLDER}/page.md"
                          -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake"
                  RESULT_VARIABLE result OUTPUT_VARIABLE printed ERROR_VARIABLE printed)
  string(REGEX REPLACE "[ \n]+" " " printed "${printed}")
  if(outcome STREQUAL "" AND NOT result EQUAL 0)
    message(FATAL_ERROR "`${line}` in ${file} should pass:\n${printed}")
  elseif(NOT outcome STREQUAL "" AND (result EQUAL 0 OR NOT printed MATCHES "${outcome}"))
    message(FATAL_ERROR "`${line}` in ${file} should be refused with `${outcome}`:\n${printed}")
  endif()
endfunction()

check("" high/a.hpp "")
check("" high/a.hpp "#include <hearth/low/a.hpp>")
check("" right/b.ipp "#include <hearth/right/a.hpp>")
check("low must not know high" low/a.hpp "#include <hearth/high/a.hpp>")
check("left must not know right" left/a.hpp "#include <hearth/right/a.hpp>")
check("left must not know right" left/a.ipp "  #  include <hearth/right/a.hpp>")
check("high must not know left" high/a.hpp "#include <hearth/left/a.hpp>")
check("high must not know hearth.hpp" high/a.hpp "#include <hearth/hearth.hpp>")
check("version.hpp must not know low" version.hpp "#include <hearth/low/a.hpp>")
check("in angle brackets" low/a.hpp "#include \"../high/a.hpp\"")
check("hearth/other has no place in the diagram" other/a.hpp "")
file(REMOVE_RECURSE "${FOLDER}")
