# Warnings are errors; ccache, mold and a precompiled header where they are installed.

add_library(certfleet_options INTERFACE)
target_compile_options(certfleet_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Werror)
target_include_directories(certfleet_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)

# -O3 gains nothing where commits and handshakes are what takes time, and costs build time.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
# GCC 12 sees overlaps, overflows and uninitialised values in inlined standard code that are not there (GCC bugs
# 105329, 105651, 105562).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized
                      -Wno-stringop-overread)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # A precompiled header changes its time stamp in each build folder; its content is what counts.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Hardening that costs little; a process that holds private keys gets all of it.
add_compile_definitions(CERTFLEET_VERSION="${PROJECT_VERSION}")
# Poco's packages ask for these; everywhere, so that one precompiled header fits all.
add_compile_definitions(_FILE_OFFSET_BITS=64 _LARGEFILE64_SOURCE _REENTRANT _THREAD_SAFE _XOPEN_SOURCE=500)
add_compile_options(-fstack-protector-strong)
add_link_options(-Wl,-z,relro,-z,now)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

set(CERTFLEET_SANITIZE "" CACHE STRING "address,undefined or thread")
if(CERTFLEET_SANITIZE)
  add_compile_options(-fsanitize=${CERTFLEET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CERTFLEET_SANITIZE})
endif()
