# Run by CPack when the files of a package are in their folder: gives the one for Debian the documents that its policy
# asks for, and takes out of the library's objects and the programs what nobody needs.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(files "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
file(GLOB_RECURSE license "${files}/usr/share/doc/hearth/LICENSE")
set(documents "${files}/usr/share/doc/${CPACK_DEBIAN_PACKAGE_NAME}")
file(MAKE_DIRECTORY "${documents}")
file(RENAME "${license}" "${documents}/copyright")
file(REMOVE_RECURSE "${files}/usr/share/doc/hearth")

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${documents}/changelog" "${CPACK_DEBIAN_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
execute_process(COMMAND gzip -9 -n "${documents}/changelog" COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE libraries "${files}/usr/lib/*.a")
foreach(library IN LISTS libraries)
  execute_process(COMMAND strip --strip-debug --enable-deterministic-archives "${library}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(GLOB programs "${files}/usr/bin/*")
foreach(program IN LISTS programs)
  execute_process(COMMAND strip "${program}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
