// How secrets come in: asked without echo, from standard input or from a file, never as an argument; and how
// they leave this process: as sealed boxes only (DESIGN sections 4, 7).
#pragma once

#include <string>
#include <string_view>

#include "admin-cli/context.h"
#include "lib/domain/inventory.h"
#include "lib/pki/secret.h"

namespace certfleet::cli {

// Asks on the terminal; `twice` for one that is set. Failure(usage) without a terminal, naming `option`, by
// which it could come in.
pki::Secret ask_secret(const Context& context, const std::string& question, bool twice, const char* option);

// The next line of standard input, without its end. Failure(usage) if there is none or it is empty.
pki::Secret secret_from_input();

// A file's content without a line break at its end. Failure(usage).
pki::Secret secret_from_file(const std::string& file);

// One secret of a command: from standard input, a file, or by asking.
struct SecretSource {
  bool input = false;
  std::string file;
};
pki::Secret take_secret(const Context& context, const SecretSource& source, const std::string& question,
                        const char* option);

// What a secret must be for its purpose (lib/domain/sealed.h): an SSH private key without a passphrase, which nobody
// could enter at night; an API key as it goes into a header. Failure(usage); `file`: where it came from.
void check_secret(std::string_view purpose, const pki::Secret& secret, const std::string& file);

// Sealed to the installation's active key.
domain::Sealed seal(store::Tx& tx, std::string_view purpose, const pki::Secret& secret);

}  // namespace certfleet::cli
