// The command's own configuration: a TOML file with `database.dsn`, and `brokers` as the daemons have it if
// `certfleet doctor` is to ask them, found by --config, $CERTFLEET_CONFIG,
// ~/.config/certfleet/certfleet.toml, /etc/certfleet/certfleet.toml, in this order. Who has logged in to that
// installation (login_file.h) connects as himself, whatever user the DSN names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lib/bus/dealer.h"

namespace certfleet::cli {

struct Configuration {
  std::filesystem::path file;
  std::string dsn;  // libpq's; its password comes from a passfile
  std::vector<bus::BrokerAddress> brokers{};
};

// `given` is the value of --config, empty if there is none. Failure(usage) in one line that names what was
// looked for.
Configuration find_configuration(const std::string& given);

}  // namespace certfleet::cli
