// The command's own configuration: a TOML file with `database.dsn`, found by --config, $CERTFLEET_CONFIG,
// ~/.config/certfleet/certfleet.toml, /etc/certfleet/certfleet.toml, in this order.
#pragma once

#include <filesystem>
#include <string>

namespace certfleet::cli {

struct Configuration {
  std::filesystem::path file;
  std::string dsn;  // libpq's; its password comes from a passfile
};

// `given` is the value of --config, empty if there is none. Failure(usage) in one line that names what was
// looked for.
Configuration find_configuration(const std::string& given);

}  // namespace certfleet::cli
