# Everything from Debian 12. Libraries without a CMake package come through pkg-config as interface targets.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(date REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(Poco REQUIRED COMPONENTS Foundation Net NetSSL Crypto Util)

function(certfleet_pkg name module)
  pkg_check_modules(PC_${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE PkgConfig::PC_${name})
endfunction()

certfleet_pkg(sodium libsodium)
certfleet_pkg(pqxx libpqxx)
certfleet_pkg(pq libpq)
certfleet_pkg(zmq libzmq)
certfleet_pkg(ssh libssh)
certfleet_pkg(systemd libsystemd)
certfleet_pkg(idn2 libidn2)
certfleet_pkg(tomlplusplus tomlplusplus)

add_library(cppzmq INTERFACE)   # headers only, over libzmq
target_link_libraries(cppzmq INTERFACE zmq)
