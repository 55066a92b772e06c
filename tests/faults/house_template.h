// An installation that is initialised and has not yet run, made once and then copied: initdb and certfleet init
// take longer than many a test.
#pragma once

#include <filesystem>
#include <string>

namespace certfleet::faults {

// The password of the superuser of each cluster.
inline constexpr const char* superuser_password = "only-for-this-test";

// As many brokers as it has keys for (broker-1.curve, …).
inline constexpr int template_brokers = 2;

// A tar file with the cluster's `data`, stopped, and certfleet init's folder `init`. It lies beside the programs, of
// whose certfleet it was made; whoever needs it first makes it while others wait.
std::filesystem::path house_template(const std::string& bin);

// Copies one of its two folders to `into`, with owners and modes.
void copy_from_template(const std::filesystem::path& file, const std::string& folder,
                        const std::filesystem::path& into);

}  // namespace certfleet::faults
