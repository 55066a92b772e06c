// What node add and node set take (manual 9.1.1 to 9.1.5), and how it goes into a node.
#pragma once

#include <optional>
#include <string>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "lib/domain/node.h"

namespace certfleet::cli {

// None: leave it.
struct NodeFields {
  std::optional<std::string> service, site, access, kind;
  std::optional<bool> enabled;
  std::optional<std::string> verify_url, verify_address, verify_name;
  std::optional<int> verify_port;
  bool no_verify = false;
  std::optional<std::string> cert_file, key_file, chain_file, work_dir, control;  // apache
  std::optional<std::string> ssl_profile, import_name, partition;                 // bigip
  std::optional<std::string> iis_site, binding, windows_version;                  // iis
  std::optional<bool> windows_key;
};

void declare_node_fields(Verb& verb, NodeFields& f);

// Failure(usage) naming what a new node of its kind still needs, or what its kind does not have.
void require_node_fields(const Context& context, const NodeFields& f);

// A node that becomes one of another kind loses what only the old kind has. Failure(usage) also for an access that
// the kind can't use; (not_found) with near names.
void take_node_fields(const Context& context, store::Tx& tx, domain::Node& node, const NodeFields& f);

}  // namespace certfleet::cli
