// A new installation, in the database and in a folder.
#pragma once

#include "admin-cli/installation.h"
#include "lib/pki/secret.h"

namespace certfleet::cli {

// Failure(usage) unless names, addresses and zone are good; makes the directory absolute.
InitPlan checked(InitPlan plan);

struct InitResult {
  bool resumed = false;  // an earlier run had committed; this one only tidied up
  std::string warning;   // in one line: a daemon's role can't log in; empty if all is well
};

// Failure(conflict) if the database or the folder already hold an installation. Safe to be interrupted and
// run again at any point: see init_files.h.
InitResult initialise(const InitPlan& plan, const pki::Secret& admin_password);

}  // namespace certfleet::cli
