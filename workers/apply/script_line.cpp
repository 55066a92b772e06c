#include "workers/apply/script_line.h"

#include <fmt/format.h>

#include "workers/apply/quote.h"

namespace certfleet::apply {
namespace {

// Before every script. The folders of administrators are not in every login's PATH.
constexpr std::string_view prelude = R"sh(set -eu
umask 077
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
while IFS= read -r line; do
  [ "$line" != '-----certfleet input-----' ] || break
done
)sh";

}  // namespace

std::string script_line(const Script& script, const std::vector<std::string>& args, Elevation elevation,
                        const std::string& user, bool password) {
  std::vector<std::string> words = {"sh", "-c", fmt::format("{}{}", prelude, script.text),
                                    std::string(script.name)};
  words.insert(words.end(), args.begin(), args.end());
  if (elevation == Elevation::none) return command_line(words);
  if (elevation == Elevation::su)
    return command_line(std::vector<std::string>{"su", "-s", "/bin/sh", "-c", command_line(words), user});
  // -S: the password from standard input, asked for with an empty prompt; -n: fail rather than ask.
  std::vector<std::string> all = password ? std::vector<std::string>{"sudo", "-S", "-p", "", "-u", user, "--"}
                                          : std::vector<std::string>{"sudo", "-n", "-u", user, "--"};
  all.insert(all.end(), words.begin(), words.end());
  return command_line(all);
}

}  // namespace certfleet::apply
