# certfleet_room(NAME PUBLIC … PRIVATE …): the static library of lib/NAME, all its .cpp files.
# certfleet_executable(NAME FOLDER LINK …): the program of FOLDER; its parts but main.cpp are also the
# library FOLDER_parts, so that tests can link them.

# The precompiled header is made once and used by every target: all are compiled alike.
file(WRITE ${CMAKE_BINARY_DIR}/generated/standard.cpp "// The home of the precompiled header.\n")
add_library(standard STATIC ${CMAKE_BINARY_DIR}/generated/standard.cpp)
target_link_libraries(standard PRIVATE certfleet_options Threads::Threads)
target_precompile_headers(standard PRIVATE ${CMAKE_SOURCE_DIR}/cmake/standard.h)

function(certfleet_settings target)
  target_link_libraries(${target} PRIVATE certfleet_options Threads::Threads)
  target_precompile_headers(${target} REUSE_FROM standard)
endfunction()

function(certfleet_room name)
  cmake_parse_arguments(ROOM "" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/lib/${name}/*.cpp)
  add_library(${name} STATIC ${sources})
  certfleet_settings(${name})
  target_link_libraries(${name} PUBLIC ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
endfunction()

function(certfleet_executable name folder)
  cmake_parse_arguments(EXE "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  string(REPLACE "/" "_" parts ${folder}_parts)
  add_library(${parts} STATIC ${sources})
  certfleet_settings(${parts})
  target_link_libraries(${parts} PUBLIC ${EXE_LINK})
  add_executable(${name} ${CMAKE_SOURCE_DIR}/${folder}/main.cpp)
  certfleet_settings(${name})
  target_link_libraries(${name} PRIVATE ${parts})
endfunction()

# certfleet_embed_sql(NAME FILE…): compiles the SQL files into room store as store::sql::NAME().
function(certfleet_embed_sql name)
  set(out ${CMAKE_BINARY_DIR}/generated/sql_${name}.cpp)
  string(REPLACE ";" "," files "${ARGN}")
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${name} "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake VERBATIM)
  target_sources(store PRIVATE ${out})
endfunction()
