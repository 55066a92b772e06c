#include "tests/support/temp_dir.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace certfleet::testing {

TempDir::TempDir(std::string_view name) {
  std::string made = std::filesystem::temp_directory_path() / ("certfleet-" + std::string(name) + ".XXXXXX");
  if (::mkdtemp(made.data()) == nullptr) throw std::system_error(errno, std::generic_category(), made);
  path_ = made;
  ::chmod(made.c_str(), 0711);
}

TempDir::~TempDir() {
  std::error_code ignored;  // a server that has just ended may still be removing a file of its own
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace certfleet::testing
