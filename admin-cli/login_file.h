// A person's login, as `certfleet login` keeps it: for each installation a file that only he can read, below
// $XDG_STATE_HOME/certfleet or ~/.local/state/certfleet. It is a passfile of libpq with who and until when in
// comments, and ends by itself.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lib/base/clock.h"
#include "lib/pki/secret.h"

namespace certfleet::cli {

struct Login {
  std::filesystem::path file;
  std::string user;
  WallTime until;
};

// The login to the installation at `dsn`, if there is one that has not ended. One that has is removed.
std::optional<Login> find_login(const std::string& dsn);

Login save_login(const std::string& dsn, const std::string& user, const pki::Secret& password, WallTime until);

// False if there was none.
bool wipe_login(const std::string& dsn);

}  // namespace certfleet::cli
