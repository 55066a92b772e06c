// What access add and access set take (manual 9.1.6), its secrets sealed before they leave this process.
#pragma once

#include <optional>
#include <string>

#include "admin-cli/commands.h"
#include "admin-cli/secrets.h"

namespace certfleet::cli {

// None: leave it.
struct AccessFields {
  std::optional<std::string> address, login, exec, host_key;
  std::optional<int> port;
  bool ask_password = false;
  SecretSource password;
  std::string key_file;
  bool ask_exec_password = false;
  SecretSource exec_password;

  bool has_password() const { return ask_password || password.input || !password.file.empty(); }
  bool has_exec_password() const { return ask_exec_password || exec_password.input || !exec_password.file.empty(); }
};

void declare_access_fields(Verb& verb, AccessFields& f);

// The secrets in the open, for as long as it takes to seal them; empty ones were not given. Read before anything
// is opened, so that a missing file leaves no half-done work. On standard input the login's password comes first.
struct AccessSecrets {
  pki::Secret password;
  pki::Secret key;
  pki::Secret exec_password;
};
AccessSecrets read_access_secrets(const Context& context, const AccessFields& f);

void take_access_fields(domain::Access& access, const AccessFields& f);
// Into the sealed fields of what is given; the others stay none.
void seal_into(store::Tx& tx, domain::Access& access, const AccessSecrets& secrets);

}  // namespace certfleet::cli
