#include "admin-cli/configuration.h"

#include <fmt/format.h>

#include <cstdlib>
#include <vector>

#include "lib/base/config.h"
#include "lib/base/error.h"

namespace certfleet::cli {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::filesystem::path choose(const std::string& given) {
  if (!given.empty()) return given;
  if (auto named = environment("CERTFLEET_CONFIG"); !named.empty()) return named;
  std::vector<std::filesystem::path> places;
  if (auto folder = environment("XDG_CONFIG_HOME"); !folder.empty())
    places.emplace_back(folder + "/certfleet/certfleet.toml");
  else if (auto home = environment("HOME"); !home.empty())
    places.emplace_back(home + "/.config/certfleet/certfleet.toml");
  places.emplace_back("/etc/certfleet/certfleet.toml");
  std::string looked;
  for (const auto& place : places) {
    std::error_code error;
    if (std::filesystem::exists(place, error)) return place;
    looked += (looked.empty() ? "" : ", ") + place.string();
  }
  throw Failure(
      Fault::usage,
      fmt::format("no configuration: give --config FILE or set CERTFLEET_CONFIG (looked for {})", looked));
}

}  // namespace

Configuration find_configuration(const std::string& given) {
  Configuration found;
  found.file = choose(given);
  auto config = Config::load(found.file);
  found.dsn = config.text("database.dsn");
  found.brokers = bus::read_brokers_if_set(config);
  config.refuse_unknown();
  return found;
}

}  // namespace certfleet::cli
